"""Sliding window logs: how many attempts there were in the last seconds.

A log has (time, running total) pairs; those older than the window are removed at the front. So "at
most N in any W seconds" is exact for every interval of W seconds, which is not possible with a
counter per clock hour or a leaky bucket. Logs of large limits combine attempts within one 200th of
the window into one pair, which expires with the youngest of them: the limit is never exceeded, some
callers wait up to half a percent of the window longer, and a log has at most 202 pairs.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from trellis.schema.errors import Unavailable

EXACT_UP_TO = 200
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Window:
    """At most ``limit`` attempts in any ``seconds``. Attempts in the same ``slot`` of so many
    microseconds share a pair; 0: only those in the same microsecond."""

    limit: int
    seconds: int
    microseconds: int = field(init=False)
    slot: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "microseconds", self.seconds * _MICROSECONDS)
        slot = 0 if self.limit <= EXACT_UP_TO else self.microseconds // EXACT_UP_TO
        object.__setattr__(self, "slot", slot)


class Charge(NamedTuple):
    """``cost`` attempts in a window; ``key`` identifies the log and always has the same window. A
    ``strict`` charge is counted exactly over all workers or refused."""

    key: str
    window: Window
    cost: int
    strict: bool = False


class Level(NamedTuple):
    """The state of a log for a charge: the attempts ``used``, the time to ``wait`` until the charge
    fits (0 if it does) and the time to ``reset``, after which nothing is used, in microseconds."""

    used: int
    wait: int
    reset: int


NOTHING_USED = Level(0, 0, 0)


class Store(Protocol):
    """Keeps the logs."""

    async def start(self) -> None:
        """Connect to the server, if there is one."""
        ...

    async def take(self, charges: Sequence[Charge]) -> Sequence[Level]:
        """Take all charges if all of them fit, otherwise none. Returns the levels afterwards, in
        order; every ``wait`` is 0 if the charges were taken. Keys must be different. Raises
        Unavailable if a ``strict`` charge cannot be counted exactly.
        """
        ...

    async def peek(self, charges: Sequence[Charge]) -> Sequence[Level]:
        """The current levels, without taking anything. May raise Unavailable."""
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...


RETRY_SECONDS = 5


def store_unavailable() -> Unavailable:
    """The error for strict charges while the shared store is unavailable."""
    return Unavailable(
        "This cannot be done safely right now. Try again in a few seconds.",
        retry_after=RETRY_SECONDS,
    )


class SlidingLog:
    """One log in memory. ``times`` and ``totals`` are the pairs, with times in microseconds of a
    monotonic clock. ``base`` is the running total of the expired pairs. Callers only read them."""

    __slots__ = ("base", "times", "totals")

    def __init__(
        self, base: int = 0, times: "array[int] | None" = None, totals: "array[int] | None" = None
    ) -> None:
        """An empty log, or one with stored contents."""
        self.base = base
        self.times = array("q") if times is None else times
        self.totals = array("q") if totals is None else totals

    def is_over(self, until: int) -> bool:
        """Whether all attempts were at or before ``until``."""
        return not self.times or self.times[-1] <= until

    def level(self, charge: Charge, now: int) -> Level:
        """The attempts in the window of ``charge``, and when the charge fits."""
        window = charge.window
        times = self.times
        if times and times[0] <= now - window.microseconds:
            self._forget(now - window.microseconds)
        if not times:
            return empty_level(charge)
        used = self.totals[-1] - self.base
        reset = times[-1] + window.microseconds - now
        too_many = used + charge.cost - window.limit
        if too_many <= 0:
            return Level(used, 0, reset)
        if charge.cost > window.limit:
            return Level(used, window.microseconds, reset)
        frees = times[bisect_left(self.totals, self.base + too_many)]
        return Level(used, frees + window.microseconds - now, reset)

    def add(self, charge: Charge, now: int) -> None:
        """Add the charge to the log."""
        times, totals = self.times, self.totals
        if not times:
            times.append(now)
            totals.append(self.base + charge.cost)
            return
        last, slot = times[-1], charge.window.slot
        if last == now or (slot and last // slot == now // slot):
            times[-1] = now
            totals[-1] += charge.cost
        else:
            times.append(now)
            totals.append(totals[-1] + charge.cost)

    def move_back_to(self, now: int) -> None:
        """If the clock was set back, shift all times so that the last attempt is ``now``. Otherwise
        callers would be locked out until the clock has caught up."""
        if self.times and self.times[-1] > now:
            ahead = self.times[-1] - now
            self.times = array("q", [time - ahead for time in self.times])

    def _forget(self, until: int) -> None:
        count = bisect_right(self.times, until)
        self.base = self.totals[count - 1]
        del self.times[:count], self.totals[:count]


def empty_level(charge: Charge) -> Level:
    """The level of an empty log."""
    window = charge.window
    return Level(0, 0 if charge.cost <= window.limit else window.microseconds, 0)


def taken_level(charge: Charge, before: Level) -> Level:
    """The level after a charge that fits was taken."""
    return Level(before.used + charge.cost, 0, charge.window.microseconds)
