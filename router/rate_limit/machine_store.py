"""A store in memory, with the strict logs in the router's own file."""

from collections.abc import Iterator, Sequence

from trellis.router.rate_limit.file_store import FileStore
from trellis.router.rate_limit.memory_store import MemoryStore
from trellis.router.rate_limit.sliding_log import Charge, Level, store_unavailable
from trellis.router.state_file import StateFileAway


class MachineStore:
    """Implements ``Store`` without Redis. Only ``strict`` charges, which protect credentials, are
    written to the file: a transaction for each operation would be too slow.

    While the file is unavailable, operations with strict charges are refused.
    """

    def __init__(self, memory: MemoryStore, file: FileStore) -> None:
        self._memory = memory
        self._file = file

    async def start(self) -> None:
        """Nothing to connect to."""

    async def take(self, charges: Sequence[Charge]) -> Sequence[Level]:
        for charge in charges:
            if charge.strict:
                return await self._take_in_both(charges)
        return await self._memory.take(charges)

    async def peek(self, charges: Sequence[Charge]) -> Sequence[Level]:
        plain, strict = _parts(charges)
        levels = await self._memory.peek(plain)
        return _in_order(charges, levels, await self._ask_file(strict) if strict else [])

    async def aclose(self) -> None:
        await self._file.aclose()

    async def _take_in_both(self, charges: Sequence[Charge]) -> Sequence[Level]:
        plain, strict = _parts(charges)
        levels = await self._memory.peek(plain)
        if any(level.wait for level in levels):
            return _in_order(charges, levels, await self._ask_file(strict))
        shared = await self._ask_file(strict, takes=True)
        if not any(level.wait for level in shared):
            # Concurrent requests may have used up the limits in memory meanwhile. Then this one is
            # refused although the file has counted it, which errs on the safe side.
            levels = await self._memory.take(plain)
        return _in_order(charges, levels, shared)

    async def _ask_file(self, charges: Sequence[Charge], *, takes: bool = False) -> Sequence[Level]:
        try:
            return await (self._file.take(charges) if takes else self._file.peek(charges))
        except StateFileAway as failure:
            raise store_unavailable() from failure


def _parts(charges: Sequence[Charge]) -> tuple[list[Charge], list[Charge]]:
    plain = [charge for charge in charges if not charge.strict]
    return plain, [charge for charge in charges if charge.strict]


def _in_order(
    charges: Sequence[Charge], plain: Sequence[Level], strict: Sequence[Level]
) -> list[Level]:
    """The levels of both parts in the order of ``charges``."""
    of_plain: Iterator[Level] = iter(plain)
    of_strict: Iterator[Level] = iter(strict)
    return [next(of_strict if charge.strict else of_plain) for charge in charges]
