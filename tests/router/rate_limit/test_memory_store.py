"""Memory has a bound, and forgets what is over first."""

import pytest

from trellis.router.rate_limit.memory_store import MAX_KEYS, MemoryStore
from trellis.router.rate_limit.sliding_log import Charge, Window

MINUTE, TEN_SECONDS = Window(100, 60), Window(50, 10)
SECOND = 1_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


async def test_at_most_a_hundred_thousand_keys_are_kept() -> None:
    store = MemoryStore(clock=lambda: 0)

    for number in range(MAX_KEYS + 500):
        await store.take([Charge(f"k{number}", MINUTE, 1)])

    assert len(store) == store.pairs == MAX_KEYS
    levels = await store.peek([Charge("k0", MINUTE, 1), Charge(f"k{MAX_KEYS}", MINUTE, 1)])
    assert [level.used for level in levels] == [0, 1]


async def test_pairs_are_limited_over_all_keys() -> None:
    clock = Clock()
    store = MemoryStore(max_pairs=50, clock=clock)

    for number in range(300):
        clock.now += 1
        await store.take([Charge(f"k{number % 10}", MINUTE, 1)])

    assert store.pairs <= 50


async def test_the_number_of_pairs_equals_that_in_the_logs() -> None:
    clock = Clock()
    store = MemoryStore(clock=clock)
    for number in range(30):
        clock.now += SECOND
        await store.take([Charge(f"k{number % 3}", MINUTE, 1)])
    assert store.pairs == 30

    clock.now += 45 * SECOND  # those of the first 15 seconds are over
    await store.peek([Charge("k0", MINUTE, 1)])
    assert store.pairs == 25
    await store.take([Charge("k1", MINUTE, 1)])
    assert store.pairs == 21
    await store.take([Charge("k2", MINUTE, 1)])
    assert store.pairs == 17


async def test_the_most_recently_used_logs_are_kept() -> None:
    store = MemoryStore(max_keys=2, clock=lambda: 0)

    for key in ("a", "b", "a", "c"):
        await store.take([Charge(key, MINUTE, 1)])

    levels = await store.peek([Charge(key, MINUTE, 1) for key in "abc"])
    assert [level.used for level in levels] == [2, 0, 1]


@pytest.mark.parametrize("window", [MINUTE, TEN_SECONDS])
async def test_expired_logs_are_removed_when_others_are_added(window: Window) -> None:
    clock = Clock()
    store = MemoryStore(clock=clock)
    for number in range(1_000):
        await store.take([Charge(f"old{number}", window, 1)])

    clock.now = window.microseconds + SECOND
    for number in range(501):
        await store.take([Charge(f"new{number}", window, 1)])

    assert len(store) == 501
