"""What waits for one client is bounded in items and in bytes."""

import asyncio

import pytest

from trellis.router.config import StreamLimits
from trellis.router.delivery.queue import Backlog, DeliveryQueue, TooSlow


def queue(
    items: int = 100,
    size: int = 100,
    slow_seconds: float = 0.01,
    backlog: Backlog | None = None,
    most: int = 1_000_000,
) -> DeliveryQueue[bytes]:
    limits = StreamLimits(
        queue=items, queue_bytes=size, slow_seconds=slow_seconds, backlog_bytes=most
    )
    return DeliveryQueue(limits, weigh=len, backlog=backlog or Backlog())


async def test_items_come_in_the_order_in_which_they_were_put():
    waiting = queue()
    for item in (b"a", b"b", b"c"):
        await waiting.put(item)
    assert [await waiting.get() for _ in range(3)] == [b"a", b"b", b"c"]


async def test_a_client_that_leaves_its_items_is_too_slow():
    waiting = queue(items=2)
    await waiting.put(b"a")
    await waiting.put(b"b")
    with pytest.raises(TooSlow):
        await waiting.put(b"c")
    assert await waiting.get() == b"a"
    await waiting.put(b"d")
    assert [await waiting.get(), await waiting.get()] == [b"b", b"d"]


async def test_a_client_that_leaves_its_bytes_is_too_slow_though_items_are_few():
    waiting = queue(size=10)
    await waiting.put(b"x" * 6)
    await waiting.put(b"x" * 6)  # there was room for some of it
    with pytest.raises(TooSlow):
        await waiting.put(b"x")
    assert len(await waiting.get()) == 6
    await waiting.put(b"x" * 4)
    with pytest.raises(TooSlow):
        await waiting.put(b"x")


async def test_what_is_larger_than_the_bound_passes_alone():
    waiting = queue(size=10)
    await waiting.put(b"x" * 1_000)
    with pytest.raises(TooSlow):
        await waiting.put(b"")
    assert len(await waiting.get()) == 1_000
    await waiting.put(b"y")
    assert await waiting.get() == b"y"


async def test_whoever_waits_for_room_goes_on_when_the_client_reads():
    waiting = queue(items=1, slow_seconds=60)
    await waiting.put(b"0")
    putting = [asyncio.create_task(waiting.put(b"%d" % number)) for number in range(1, 5)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in putting)

    assert [await waiting.get() for _ in range(5)] == [b"0", b"1", b"2", b"3", b"4"]
    await asyncio.gather(*putting)


async def test_all_who_wait_for_bytes_get_through_one_after_the_other():
    waiting = queue(size=4, slow_seconds=60)
    await waiting.put(b"full")
    sizes = (3, 9, 1, 4, 2)
    putting = [asyncio.create_task(waiting.put(b"x" * size)) for size in sizes]
    await asyncio.sleep(0)

    assert await waiting.get() == b"full"
    assert [len(await waiting.get()) for _ in sizes] == list(sizes)
    await asyncio.gather(*putting)


async def test_silence_is_filled_with_beats_and_an_item_ends_it():
    waiting = queue()
    beats: list[int] = []

    async def beat() -> None:
        beats.append(len(beats))
        if len(beats) == 3:
            await waiting.put(b"news")

    assert await waiting.get_beating(0.001, beat) == b"news"
    assert beats == [0, 1, 2]


async def test_an_item_that_is_there_needs_no_beat():
    waiting = queue()
    await waiting.put(b"news")

    async def beat() -> None:
        raise AssertionError("there was something to send")

    assert await waiting.get_beating(60, beat) == b"news"


async def test_above_the_backlog_of_all_who_has_not_read_is_let_go_at_once():
    backlog = Backlog()
    one, other = (queue(backlog=backlog, most=20, slow_seconds=60) for _ in range(2))
    await one.put(b"x" * 15)
    await other.put(b"x" * 15)  # its client has read everything so far
    for waiting in (one, other):
        with pytest.raises(TooSlow):
            await waiting.put(b"x")
    assert len(await one.get()) == 15
    await one.put(b"x" * 20)


async def test_the_backlog_counts_what_is_held_back_until_it_is_given_up_or_dropped():
    backlog = Backlog()
    waiting = queue(size=4, backlog=backlog)
    await waiting.put(b"full")
    putting = asyncio.create_task(waiting.put(b"x" * 10))
    await asyncio.sleep(0)
    assert backlog.bytes == 14
    with pytest.raises(TooSlow):
        await putting
    assert backlog.bytes == 4

    cancelled = asyncio.create_task(waiting.put(b"x" * 10))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    waiting.clear()
    assert backlog.bytes == 0
