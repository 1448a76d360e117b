"""A store in the memory of this process."""

import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Sequence

from trellis.router.rate_limit.sliding_log import (
    Charge,
    Level,
    SlidingLog,
    empty_level,
    taken_level,
)

MAX_KEYS = 100_000
MAX_PAIRS = 1_000_000
_SWEEP = 2


def monotonic_microseconds() -> int:
    return time.monotonic_ns() // 1_000


class MemoryStore:
    """Implements ``Store``, limited in keys and in pairs over all logs: about 60 MB when full.

    The logs of windows with equal lengths are kept in the order of their last use, which is the
    order in which they expire. Each new log removes up to two expired ones; if the store is full,
    the least recently used log is removed.
    """

    def __init__(
        self,
        *,
        max_keys: int = MAX_KEYS,
        max_pairs: int = MAX_PAIRS,
        clock: Callable[[], int] = monotonic_microseconds,
    ) -> None:
        self._max_keys = max_keys
        self._max_pairs = max_pairs
        self._clock = clock
        self._logs: dict[int, OrderedDict[str, SlidingLog]] = defaultdict(OrderedDict)
        self._count = 0
        self._pairs = 0

    def __len__(self) -> int:
        return self._count

    @property
    def pairs(self) -> int:
        """The number of pairs in all logs."""
        return self._pairs

    async def start(self) -> None:
        """Nothing to connect to."""

    async def take(self, charges: Sequence[Charge]) -> Sequence[Level]:
        now = self._clock()
        levels = [self._level(charge, now) for charge in charges]
        for _, wait, _ in levels:
            if wait:
                return levels
        for charge in charges:
            self._add(charge, now)
        return list(map(taken_level, charges, levels))

    async def peek(self, charges: Sequence[Charge]) -> Sequence[Level]:
        now = self._clock()
        return [self._level(charge, now) for charge in charges]

    async def aclose(self) -> None:
        """Nothing to close."""

    def _level(self, charge: Charge, now: int) -> Level:
        log = self._logs[charge.window.microseconds].get(charge.key)
        if log is None:
            return empty_level(charge)
        before = len(log.times)
        level = log.level(charge, now)
        self._pairs += len(log.times) - before
        return level

    def _add(self, charge: Charge, now: int) -> None:
        window = charge.window.microseconds
        logs = self._logs[window]
        log = logs.get(charge.key)
        if log is None:
            self._sweep(logs, now - window)
            log = logs[charge.key] = SlidingLog()
            self._count += 1
        else:
            logs.move_to_end(charge.key)
        before = len(log.times)
        log.add(charge, now)
        self._pairs += len(log.times) - before
        while self._count > self._max_keys or self._pairs > self._max_pairs:
            self._drop_first(max(self._logs.values(), key=len))

    def _sweep(self, logs: OrderedDict[str, SlidingLog], until: int) -> None:
        for _ in range(_SWEEP):
            if not logs or not next(iter(logs.values())).is_over(until):
                return
            self._drop_first(logs)

    def _drop_first(self, logs: OrderedDict[str, SlidingLog]) -> None:
        _, log = logs.popitem(last=False)
        self._count -= 1
        self._pairs -= len(log.times)
