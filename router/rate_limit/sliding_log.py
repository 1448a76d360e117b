"""The arithmetic of limits: how much was taken in the last so many seconds.

A log holds (time, running total) pairs; what is older than the window falls out at the front. So
"at most N in any W seconds" is exact, wherever the W seconds begin, which no counter per clock
hour and no leaky bucket can say. Logs of large limits put what comes within one 200th of the window
into one pair, which leaves when its youngest does: never too many are let in, some wait up to half
a percent of the window longer, and a log has at most 202 pairs.
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
    """At most ``limit`` in any ``seconds``. ``slot`` is within how many microseconds of one
    another tries may share a pair; 0: only in the same microsecond."""

    limit: int
    seconds: int
    microseconds: int = field(init=False)
    slot: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "microseconds", self.seconds * _MICROSECONDS)
        slot = 0 if self.limit <= EXACT_UP_TO else self.microseconds // EXACT_UP_TO
        object.__setattr__(self, "slot", slot)


class Charge(NamedTuple):
    """``cost`` to be taken from a window; ``key`` names its log. A key has one window. ``strict``
    ones are counted together with those of other workers, or not at all."""

    key: str
    window: Window
    cost: int
    strict: bool = False


class Level(NamedTuple):
    """What a log says about a charge: ``used`` of the window, ``wait`` until the charge fits (0:
    it does) and ``reset`` until nothing is used any more, both in microseconds."""

    used: int
    wait: int
    reset: int


NOTHING_USED = Level(0, 0, 0)


class Store(Protocol):
    """Where logs are kept."""

    async def start(self) -> None:
        """Connect, if there is something to connect to."""
        ...

    async def take(self, charges: Sequence[Charge]) -> Sequence[Level]:
        """Take all charges if every one fits, else none; the levels afterwards, in order.

        Every ``wait`` is 0 when they were taken. No two charges may have one key. Raises
        Unavailable where a ``strict`` one cannot be counted together with those of other workers.
        """
        ...

    async def peek(self, charges: Sequence[Charge]) -> Sequence[Level]:
        """The levels as they are; nothing is taken. May raise Unavailable."""
        ...

    async def aclose(self) -> None:
        """Give back connections."""
        ...


RETRY_SECONDS = 5


def uncountable() -> Unavailable:
    """The refusal of strict charges while what workers share is away."""
    return Unavailable(
        "This cannot be done safely right now. Try again in a few seconds.",
        retry_after=RETRY_SECONDS,
    )


class SlidingLog:
    """One log in memory. ``times`` are microseconds of a clock that never goes back; their number
    is that of the pairs. ``base`` is the running total of what has fallen out. Nobody else changes
    them."""

    __slots__ = ("base", "times", "totals")

    def __init__(
        self, base: int = 0, times: "array[int] | None" = None, totals: "array[int] | None" = None
    ) -> None:
        """An empty log, or one that was kept elsewhere."""
        self.base = base
        self.times = array("q") if times is None else times
        self.totals = array("q") if totals is None else totals

    def is_over(self, until: int) -> bool:
        """Whether nothing in it came after ``until``."""
        return not self.times or self.times[-1] <= until

    def level(self, charge: Charge, now: int) -> Level:
        """What the window of ``charge`` holds now, and when the charge fits."""
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
        """Take the charge."""
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
        """For a clock that may go back: as if the last try had come now, so that the others keep
        their distances and nobody is locked out until the clock is where it was."""
        if self.times and self.times[-1] > now:
            ahead = self.times[-1] - now
            self.times = array("q", [time - ahead for time in self.times])

    def _forget(self, until: int) -> None:
        count = bisect_right(self.times, until)
        self.base = self.totals[count - 1]
        del self.times[:count], self.totals[:count]


def empty_level(charge: Charge) -> Level:
    """The level of a log that holds nothing."""
    window = charge.window
    return Level(0, 0 if charge.cost <= window.limit else window.microseconds, 0)


def taken_level(charge: Charge, before: Level) -> Level:
    """The level once the charge, which fitted, has been taken."""
    return Level(before.used + charge.cost, 0, charge.window.microseconds)
