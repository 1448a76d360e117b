"""Responses of stored queries, reused for the same caller until an event mentions what they are
about (docs/decisions/0093-responses-are-reused-until-something-changes.md)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping, Set
from dataclasses import dataclass, replace

import structlog

from trellis.router.answer import Answer
from trellis.router.cache import Cache
from trellis.router.exact_json import dumps
from trellis.schema.changes import ReadChanges, ids_in

log = structlog.get_logger(__name__)

CACHE_BYTES = 16_000_000
"""About a thousand dashboards."""
_ID_BYTES = 120
"""An id as text, 85 bytes, and its place in a set."""

Positions = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Kept:
    """``about`` are the ids in the response, its variables and its caller."""

    answer: Answer
    about: frozenset[str]
    positions: Positions
    expires: float
    weight: int


class ResponseCache:
    """``sources`` read the changes of all subgraphs by name; None if one of them does not support
    it; then nothing is reused."""

    def __init__(self, sources: Mapping[str, ReadChanges] | None) -> None:
        self._sources = sources
        self._kept: Cache[Hashable, _Kept] = Cache(CACHE_BYTES, "responses")

    async def reuse(
        self, key: Hashable, seconds: float, about: Set[str], run: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """The response kept under ``key``, if no event has mentioned an id in it or in ``about``
        since, else that of ``run``; kept for ``seconds`` if it has no errors and no stale data.

        ``key`` must have everything that the response depends on beside the data of subgraphs.
        """
        if self._sources is None:
            return await run()
        kept = self._kept.get(key)
        positions = await self._unchanged(kept) if kept is not None else None
        if kept is not None and positions is not None:
            self._kept.put(key, replace(kept, positions=positions), kept.weight)
            return kept.answer
        before = await self._positions()
        answer = await run()
        is_fresh = answer.executed and not answer.errors and answer.stale_seconds is None
        if before is not None and is_fresh:
            body = answer.body if answer.body is not None else dumps(answer.data)
            ids = ids_in(body.decode(errors="replace")) | about
            weight, expires = len(body) + _ID_BYTES * len(ids), time.monotonic() + seconds
            self._kept.put(key, _Kept(answer, ids, before, expires, weight), weight)
        return answer

    async def _unchanged(self, kept: _Kept) -> Positions | None:
        """The positions up to which nothing has changed; None if something has."""
        if kept.expires <= time.monotonic():
            return None
        found = await self._read(kept.positions)
        if found is None or any(ids is None or ids & kept.about for _, ids in found.values()):
            return None
        return {name: position for name, (position, _) in found.items()}

    async def _positions(self) -> Positions | None:
        found = await self._read({})
        return None if found is None else {name: at for name, (at, _) in found.items()}

    async def _read(
        self, positions: Positions
    ) -> Mapping[str, tuple[str, frozenset[str] | None]] | None:
        """The changes of each subgraph; None if one of them does not support it."""
        sources = self._sources or {}
        try:
            found = await asyncio.gather(
                *(read(positions.get(name)) for name, read in sources.items())
            )
        except Exception as error:  # then the operation is executed, and shows what is wrong
            log.warning("changes_unknown", error=type(error).__name__)
            return None
        return dict(zip(sources, found, strict=True))
