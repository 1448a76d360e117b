"""A store in Redis, which counts in this process while Redis is unavailable."""

import asyncio
from collections.abc import Sequence

import structlog

from trellis.router.rate_limit.memory_store import MAX_KEYS, MemoryStore
from trellis.router.rate_limit.redis_store import RedisStore, StoreUnavailable
from trellis.router.rate_limit.sliding_log import Charge, Level, store_unavailable
from trellis.schema.background import keep_running

log = structlog.get_logger(__name__)

_PROBE_SECONDS = (0.1, 0.2, 0.5, 1.0)


class SharedStore:
    """Implements ``Store``. After the first request that Redis does not answer in time, this worker
    counts in its own memory, without waiting, until a probe in the background succeeds. Strict
    charges are refused meanwhile.
    """

    def __init__(
        self,
        shared: RedisStore,
        *,
        keys: int = MAX_KEYS,
        probe_seconds: Sequence[float] = _PROBE_SECONDS,
    ) -> None:
        """``keys`` limits what this process counts while Redis is unavailable. ``probe_seconds``
        are the intervals between probes; the last one is repeated."""
        self._shared = shared
        self._probe_seconds = probe_seconds
        self._keys = keys
        self._local = MemoryStore(max_keys=keys)
        self._probe: asyncio.Task[None] | None = None

    @property
    def is_local(self) -> bool:
        """Whether this worker counts in its own memory at present."""
        return self._probe is not None

    async def start(self) -> None:
        """Connect before the first request. Redis may be unavailable."""
        try:
            await self._shared.connect()
        except StoreUnavailable as failure:
            self._count_locally(failure)

    async def take(self, charges: Sequence[Charge]) -> Sequence[Level]:
        if self._probe is None:
            try:
                return await self._shared.take(charges)
            except StoreUnavailable as failure:
                self._count_locally(failure)
        if any(charge.strict for charge in charges):
            raise store_unavailable()
        return await self._local.take(charges)

    async def peek(self, charges: Sequence[Charge]) -> Sequence[Level]:
        if self._probe is None:
            try:
                return await self._shared.peek(charges)
            except StoreUnavailable as failure:
                self._count_locally(failure)
        return await self._local.peek(charges)

    async def aclose(self) -> None:
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.gather(self._probe, return_exceptions=True)
        await self._shared.aclose()

    def _count_locally(self, failure: StoreUnavailable) -> None:
        if self._probe is None:
            log.warning("rate_limits_are_local", reason=str(failure))
            self._probe = keep_running(
                self._probe_until_available, name="probe of the store of rate limits"
            )

    async def _probe_until_available(self) -> None:
        tries = 0
        while True:
            await asyncio.sleep(self._probe_seconds[min(tries, len(self._probe_seconds) - 1)])
            tries += 1
            try:
                await self._shared.connect()
            except StoreUnavailable:
                continue
            break
        self._local = MemoryStore(max_keys=self._keys)
        self._probe = None
        log.info("rate_limits_are_shared_again")


def shared_store(url: str, *, timeout: float, keys: int) -> SharedStore:
    """A store in the Redis at ``url``, with ``timeout`` seconds for each request."""
    return SharedStore(RedisStore(url, timeout=timeout), keys=keys)
