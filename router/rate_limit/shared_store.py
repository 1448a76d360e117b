"""Logs in Redis, and in this process while Redis is away."""

import asyncio
from collections.abc import Sequence

import structlog

from trellis.router.rate_limit.memory_store import MAX_KEYS, MemoryStore
from trellis.router.rate_limit.redis_store import RedisStore, StoreAway
from trellis.router.rate_limit.sliding_log import Charge, Level, uncountable

log = structlog.get_logger(__name__)

_PROBE_SECONDS = (0.1, 0.2, 0.5, 1.0)


class SharedStore:
    """Fills ``Store``. The first request that Redis does not answer in time closes the way there;
    from then on limits are those of this worker, at once, until a probe in the background gets
    an answer. What may only be counted together is refused meanwhile.
    """

    def __init__(
        self,
        shared: RedisStore,
        *,
        keys: int = MAX_KEYS,
        probe_seconds: Sequence[float] = _PROBE_SECONDS,
    ) -> None:
        """``keys`` bounds what this process counts while Redis is away; it is looked for again
        after each of ``probe_seconds``, and after the last of them over and over."""
        self._shared = shared
        self._probe_seconds = probe_seconds
        self._keys = keys
        self._local = MemoryStore(max_keys=keys)
        self._probe: asyncio.Task[None] | None = None

    @property
    def is_away(self) -> bool:
        """Whether each worker counts for itself now."""
        return self._probe is not None

    async def start(self) -> None:
        """Connect ahead of the first request; Redis may be away."""
        try:
            await self._shared.connect()
        except StoreAway as failure:
            self._leave(failure)

    async def take(self, charges: Sequence[Charge]) -> Sequence[Level]:
        if self._probe is None:
            try:
                return await self._shared.take(charges)
            except StoreAway as failure:
                self._leave(failure)
        if any(charge.strict for charge in charges):
            raise uncountable()
        return await self._local.take(charges)

    async def peek(self, charges: Sequence[Charge]) -> Sequence[Level]:
        if self._probe is None:
            try:
                return await self._shared.peek(charges)
            except StoreAway as failure:
                self._leave(failure)
        return await self._local.peek(charges)

    async def aclose(self) -> None:
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.gather(self._probe, return_exceptions=True)
        await self._shared.aclose()

    def _leave(self, failure: StoreAway) -> None:
        if self._probe is None:
            log.warning("rate_limits_are_local", reason=str(failure))
            self._probe = asyncio.create_task(self._return())

    async def _return(self) -> None:
        tries = 0
        while True:
            await asyncio.sleep(self._probe_seconds[min(tries, len(self._probe_seconds) - 1)])
            tries += 1
            try:
                await self._shared.connect()
            except StoreAway:
                continue
            break
        self._local = MemoryStore(max_keys=self._keys)
        self._probe = None
        log.info("rate_limits_are_shared_again")


def shared_store(url: str, *, patience: float, keys: int) -> SharedStore:
    """The store of a Redis that is asked with ``patience`` seconds."""
    return SharedStore(RedisStore(url, patience=patience), keys=keys)
