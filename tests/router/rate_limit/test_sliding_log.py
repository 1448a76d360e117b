"""Never more than the limit in any window, never a refusal without need."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from trellis.router.rate_limit.memory_store import MemoryStore
from trellis.router.rate_limit.sliding_log import EXACT_UP_TO, Charge, SlidingLog, Window

SECOND = 1_000_000

tries = st.lists(st.tuples(st.integers(0, 4 * SECOND), st.integers(1, 4)), max_size=60)


class NaiveLog:
    """The definition itself: every try with its own time."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.taken: list[int] = []

    def used(self, now: int) -> int:
        return sum(1 for time in self.taken if time > now - self.window.microseconds)

    def fits(self, now: int, cost: int) -> bool:
        return self.used(now) + cost <= self.window.limit

    def wait(self, now: int, cost: int) -> int:
        """How long until it fits, found by trying every moment at which one falls out."""
        moments = sorted(time + self.window.microseconds for time in self.taken)
        return next(m - now for m in moments if m >= now and self.fits(m, cost))


@given(tries=tries, limit=st.integers(1, 12), seconds=st.integers(1, 10))
@settings(max_examples=300, deadline=None)
def test_small_limits_are_exact(tries: list[tuple[int, int]], limit: int, seconds: int) -> None:
    window = Window(limit, seconds)
    log, naive, now = SlidingLog(), NaiveLog(window), 0

    for later, cost in tries:
        now += later
        charge = Charge("k", window, cost)
        level = log.level(charge, now)
        assert level.used == naive.used(now)
        assert (level.wait == 0) == naive.fits(now, cost)
        if level.wait == 0:
            log.add(charge, now)
            naive.taken += [now] * cost
        elif cost <= limit:
            assert level.wait == naive.wait(now, cost)
        else:
            assert level.wait == window.microseconds


@given(st.lists(st.integers(0, 30_000), min_size=300, max_size=900))
@settings(max_examples=examples(20), deadline=None)
def test_large_limits_are_never_exceeded_and_waits_are_half_a_percent_longer_at_most(
    pauses: list[int],
) -> None:
    window = Window(EXACT_UP_TO + 50, 2)
    longer = Window(window.limit, 2)
    object.__setattr__(longer, "microseconds", window.microseconds + window.slot)
    log, exact, patient, now = SlidingLog(), NaiveLog(window), NaiveLog(longer), 0
    charge = Charge("k", window, 1)

    for pause in pauses:
        now += pause
        if log.level(charge, now).wait:
            assert not patient.fits(now, 1)
            continue
        assert exact.fits(now, 1)
        log.add(charge, now)
        exact.taken.append(now)
        patient.taken.append(now)
        assert len(log.times) <= EXACT_UP_TO + 2


def test_the_log_of_a_large_limit_stays_small() -> None:
    window = Window(20_000, 3600)
    log, charge = SlidingLog(), Charge("k", window, 1)

    for second in range(0, 7200):
        for _ in range(10):
            if log.level(charge, second * SECOND).wait == 0:
                log.add(charge, second * SECOND)

    assert len(log.times) <= EXACT_UP_TO + 2
    assert 19_800 <= log.level(charge, 7200 * SECOND).used <= 20_000


async def test_a_charge_refused_by_one_window_is_taken_from_none() -> None:
    now = 0
    store = MemoryStore(clock=lambda: now)
    wide, narrow = Window(100, 60), Window(2, 10)

    for _ in range(5):
        await store.take([Charge("wide", wide, 1), Charge("narrow", narrow, 1)])

    levels = await store.peek([Charge("wide", wide, 1), Charge("narrow", narrow, 1)])
    assert [(level.used, level.wait) for level in levels] == [(2, 0), (2, 10 * SECOND)]


async def test_more_attempts_than_remain_take_nothing() -> None:
    store = MemoryStore(clock=lambda: 0)
    window = Window(5, 60)

    await store.take([Charge("k", window, 2)])
    refused = await store.take([Charge("k", window, 4)])
    taken = await store.take([Charge("k", window, 3)])

    assert refused[0].wait == 60 * SECOND
    assert (taken[0].used, taken[0].wait) == (5, 0)


async def test_a_limit_of_zero_admits_nothing() -> None:
    store = MemoryStore(clock=lambda: 0)

    assert (await store.take([Charge("k", Window(0, 60), 1)]))[0].wait == 60 * SECOND


def test_a_log_expires_with_its_last_attempt() -> None:
    log, charge = SlidingLog(), Charge("k", Window(5, 60), 1)
    assert log.is_over(0)

    log.add(charge, 0)
    log.add(charge, 50)

    assert not log.is_over(49)
    assert log.is_over(50)
