"""The same behaviour of both buses: within a process and through Redis."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from trellis.db import bus as bus_module
from trellis.db.bus import QUEUE_SIZE, EventBus, FanOut, MemoryBus, SubscriberQueue, order_of
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope
from trellis.db.readers import Reader
from trellis.db.redis_bus import RedisBus
from trellis.schema.errors import BadUserInput, Unavailable


class ListLog:
    """A log in a list: what an outbox is to the memory bus."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.asked: list[str] = []

    async def read_after(self, cursor: str, limit: int) -> Sequence[Envelope]:
        self.asked.append(cursor)
        return self.envelopes[int(cursor) : int(cursor) + limit]

    async def head(self) -> str:
        return str(len(self.envelopes))


class Stream:
    """One stream of a bus, written to by number."""

    def __init__(self, bus: EventBus) -> None:
        self.bus = bus
        self.name = f"s{uuid4().hex[:8]}"
        self.log = ListLog()
        bus.attach(self.name, self.log)

    async def write(self, *numbers: int) -> None:
        fresh = [
            Envelope(uuid4(), "n", str(n), {"n": n}, utc_now(), cursor=str(place))
            for place, n in enumerate(numbers, len(self.log.envelopes) + 1)
        ]
        self.log.envelopes += fresh
        await self.bus.publish(self.name, fresh)


@pytest.fixture(params=["memory", "redis"])
def redis_or_none(request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("redis_url") if request.param == "redis" else None


@pytest.fixture
async def stream(redis_or_none: str | None) -> AsyncIterator[Stream]:
    bus: EventBus = RedisBus(redis_or_none) if redis_or_none else MemoryBus()
    await bus.connect()
    yield Stream(bus)
    await bus.close()


async def take(events: AsyncIterator[Envelope], count: int) -> list[int]:
    async with asyncio.timeout(10):
        return [(await anext(events)).payload["n"] for _ in range(count)]


async def every_task_waits() -> None:
    """Let the tasks of this process run until they wait for something to happen."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_subscriber_from_the_start_gets_everything_once_and_in_order(stream: Stream):
    await stream.write(1, 2, 3)
    async with aclosing(stream.bus.subscribe(stream.name, after="0")) as events:
        assert await take(events, 3) == [1, 2, 3]
        await stream.write(4, 5)
        assert await take(events, 2) == [4, 5]


async def test_a_subscriber_without_cursor_gets_what_comes(stream: Stream):
    await stream.write(1, 2)
    async with aclosing(stream.bus.subscribe(stream.name)) as events:
        waiting = asyncio.create_task(take(events, 2))
        await asyncio.sleep(0.2)
        await stream.write(3, 4)
        assert await waiting == [3, 4]


async def test_a_subscriber_resumes_after_the_cursor_of_an_event(stream: Stream):
    await stream.write(1, 2, 3)
    async with aclosing(stream.bus.subscribe(stream.name, after="0")) as events:
        second = [await anext(events), await anext(events)][1]
    async with aclosing(stream.bus.subscribe(stream.name, after=second.cursor)) as events:
        assert await take(events, 1) == [3]


async def test_who_follows_the_log_gets_everything_once_and_in_order(stream: Stream):
    await stream.write(1, 2, 3)
    async with aclosing(stream.bus.follow_log(stream.name, after="0")) as events:
        first = await anext(events)
        assert await take(events, 2) == [2, 3]
        waiting = asyncio.create_task(take(events, 2))
        await every_task_waits()
        await stream.write(4, 5)
        stream.bus.log_grew(stream.name)
        assert await waiting == [4, 5]
    async with aclosing(stream.bus.follow_log(stream.name, after=first.cursor)) as events:
        assert await take(events, 4) == [2, 3, 4, 5]


async def test_what_another_process_commits_is_found_in_the_log(monkeypatch: pytest.MonkeyPatch):
    """Its relay publishes it there, so nothing here is told."""
    monkeypatch.setattr(bus_module, "_LOOK_EVERY_SECONDS", 0.01)
    stream = Stream(MemoryBus())
    async with aclosing(stream.bus.follow_log(stream.name, after="0")) as events:
        waiting = asyncio.create_task(take(events, 1))
        await every_task_waits()
        stream.log.envelopes.append(Envelope(uuid4(), "n", "7", {"n": 7}, utc_now(), cursor="1"))
        assert await waiting == [7]


async def test_the_followers_of_a_stream_share_one_look_for_what_others_commit(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(bus_module, "_LOOK_EVERY_SECONDS", 0.01)
    stream = Stream(MemoryBus())
    reads = 0
    read_after = stream.log.read_after

    async def counted(cursor: str, limit: int) -> Sequence[Envelope]:
        nonlocal reads
        reads += 1
        return await read_after(cursor, limit)

    monkeypatch.setattr(stream.log, "read_after", counted)
    async with (
        aclosing(stream.bus.follow_log(stream.name, after="0")) as first,
        aclosing(stream.bus.follow_log(stream.name, after="0")) as second,
    ):
        waiting = [asyncio.create_task(take(events, 1)) for events in (first, second)]
        await asyncio.sleep(0.1)  # ten looks
        assert reads <= 2 * 2  # of each follower its own, and after the first look
        stream.log.envelopes.append(Envelope(uuid4(), "n", "7", {"n": 7}, utc_now(), cursor="1"))
        assert await asyncio.gather(*waiting) == [[7], [7]]


async def test_a_log_that_grew_is_looked_at_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bus_module, "_LOOK_EVERY_SECONDS", 60)
    stream = Stream(MemoryBus())
    async with aclosing(stream.bus.follow_log(stream.name, after="0")) as events:
        waiting = asyncio.create_task(take(events, 1))
        await every_task_waits()
        stream.log.envelopes.append(Envelope(uuid4(), "n", "7", {"n": 7}, utc_now(), cursor="1"))
        stream.bus.log_grew(stream.name)
        assert await waiting == [7]


READERS = [Reader("a/from-s"), Reader("b/from-s", frozenset({"n", "m"})), Reader("c", frozenset())]


async def test_the_board_tells_how_far_each_reader_of_a_stream_has_come(stream: Stream):
    board = stream.bus.readers
    assert await board.positions(stream.name) == {}
    for reader in READERS:
        await board.note(stream.name, reader, "0")
    await board.note(stream.name, READERS[1], "17-1")
    await board.note("another", READERS[0], "99-0")
    told = await board.positions(stream.name)
    assert told == {READERS[0]: "0", READERS[1]: "17-1", READERS[2]: "0"}


async def test_who_waits_for_readers_hears_of_each_step(stream: Stream):
    board, name = stream.bus.readers, stream.name
    for step in ("1-0", "2-0"):
        waiting = asyncio.create_task(board.moved(name))
        await every_task_waits()
        await board.note(name, READERS[0], step)
        async with asyncio.timeout(5):
            await waiting
        assert await board.positions(name) == {READERS[0]: step}


async def test_a_process_that_is_slow_to_tell_takes_nothing_back(redis_url: str):
    bus = RedisBus(redis_url, prefix=f"{uuid4()}:")
    try:
        for told in ("0", "1700000000000-9", "1700000000000-10", "1700000000000-9", "5-99"):
            await bus.readers.note("s", READERS[1], told)
        assert await bus.readers.positions("s") == {READERS[1]: "1700000000000-10"}
        await bus.readers.note("s", READERS[1], "1700000000001-0")
        assert await bus.readers.positions("s") == {READERS[1]: "1700000000001-0"}
        # A new release takes other topics; where it has come to is the same.
        await bus.readers.note("s", Reader(READERS[1].name), "1700000000001-0")
        assert await bus.readers.positions("s") == {Reader(READERS[1].name): "1700000000001-0"}
    finally:
        await bus.close()


async def test_a_board_whose_server_is_gone_is_unavailable():
    bus = RedisBus("redis://127.0.0.1:9/0")
    for asked in (bus.readers.positions("s"), bus.readers.note("s", READERS[0], "1-0")):
        with pytest.raises(Unavailable):
            await asked
    await bus.close()


async def test_streams_do_not_mix(stream: Stream):
    other = Stream(stream.bus)
    async with aclosing(stream.bus.subscribe(stream.name, after="0")) as events:
        await other.write(9)
        await stream.write(1)
        assert await take(events, 1) == [1]


async def test_who_does_not_read_holds_nobody_up_and_misses_nothing(stream: Stream):
    count = 5 * QUEUE_SIZE
    async with (
        aclosing(stream.bus.subscribe(stream.name, after="0")) as slow,
        aclosing(stream.bus.subscribe(stream.name, after="0")) as quick,
    ):
        await stream.write(0)
        assert await take(slow, 1) == await take(quick, 1) == [0]
        reading = asyncio.create_task(take(quick, count))
        for first in range(1, count + 1, 20):
            await stream.write(*range(first, first + 20))
        assert await reading == list(range(1, count + 1))

        assert await take(slow, count) == list(range(1, count + 1))


async def test_an_envelope_arrives_as_it_was_sent(stream: Stream):
    await stream.write(7)
    [sent] = stream.log.envelopes
    [received] = await stream.bus.read_after(stream.name, "0", 10)

    assert (received.id, received.topic, received.key) == (sent.id, "n", "7")
    assert (received.payload, received.occurred_at) == (sent.payload, sent.occurred_at)
    assert received.cursor == await stream.bus.head(stream.name)


async def test_who_keeps_up_is_fed_without_a_look_into_the_log():
    bus = MemoryBus()
    await bus.connect()
    stream = Stream(bus)
    async with aclosing(bus.subscribe(stream.name, after="0")) as events:
        for number in range(3 * QUEUE_SIZE):
            waiting = asyncio.create_task(take(events, 1))
            await every_task_waits()
            await stream.write(number)
            assert await waiting == [number]
    assert stream.log.asked == ["0"]
    await bus.close()


async def test_whoever_waits_for_a_feed_that_had_a_gap_is_woken_to_read_the_log():
    fan_out = FanOut()
    queue = fan_out.join()
    fan_out.everyone_lags()
    async with asyncio.timeout(5):
        await queue.wait()
    assert (queue.lags, queue.take()) == (True, [])

    left = fan_out.join()
    fan_out.leave(left)
    fan_out.everyone_lags()
    assert not left.lags


async def test_many_subscribers_are_woken_some_at_a_time_and_each_has_every_event():
    fan_out, woken = FanOut(), list[int]()

    async def listen(number: int) -> list[str]:
        queue = fan_out.join()
        await queue.wait()
        woken.append(number)
        await asyncio.sleep(0.05)  # more comes while it works
        return [one.cursor for one in queue.take()]

    listening = [asyncio.create_task(listen(number)) for number in range(500)]
    await asyncio.sleep(0)
    for cursor in ("1", "2"):
        fan_out.deliver(Envelope(uuid4(), "n", "k", {}, utc_now(), cursor=cursor))
    rounds = list[int]()
    while len(woken) < len(listening):
        before = len(woken)
        await asyncio.sleep(0)
        rounds.append(len(woken) - before)
    assert max(rounds) <= 20
    assert await asyncio.gather(*listening) == [["1", "2"]] * 500


def test_a_queue_gives_each_event_once_and_forgets_them_all_when_there_is_one_too_many():
    queue = SubscriberQueue()
    envelopes = [
        Envelope(uuid4(), "n", str(n), {}, utc_now(), cursor=str(n)) for n in range(QUEUE_SIZE + 1)
    ]
    for envelope in envelopes[:QUEUE_SIZE]:
        queue.put(envelope)
    assert (queue.take(), queue.take(), queue.lags) == (envelopes[:QUEUE_SIZE], [], False)
    for envelope in envelopes:
        queue.put(envelope)
    assert (queue.take(), queue.lags) == ([], True)
    queue.put(envelopes[0])  # to be read from the log
    assert queue.take() == []


async def test_a_closed_bus_leaves_no_task_behind(redis_or_none: str | None):
    before = asyncio.all_tasks()
    bus: EventBus = RedisBus(redis_or_none) if redis_or_none else MemoryBus()
    await bus.connect()
    stream = Stream(bus)
    async with aclosing(bus.subscribe(stream.name, after="0")) as events:
        await stream.write(1)
        assert await take(events, 1) == [1]
        assert asyncio.all_tasks() > before
    await bus.close()
    await every_task_waits()  # broadcaster cancels its listener and does not wait for it
    assert asyncio.all_tasks() == before


async def test_a_bus_that_is_connected_again_feeds_as_before(redis_or_none: str | None):
    bus: EventBus = RedisBus(redis_or_none) if redis_or_none else MemoryBus()
    for _ in range(2):
        await bus.connect()
        stream = Stream(bus)
        stream.name = "again"
        bus.attach(stream.name, stream.log)
        async with aclosing(bus.subscribe(stream.name)) as events:
            waiting = asyncio.create_task(take(events, 1))
            await asyncio.sleep(0.2)
            await stream.write(1)
            assert await waiting == [1]
        await bus.close()


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1-2-3", "１", "1e3", "9" * 19, "9" * 5000])
def test_text_that_is_no_cursor_is_refused(cursor: str):
    with pytest.raises(BadUserInput):
        order_of(cursor)


@pytest.mark.parametrize(
    ("cursor", "order"),
    [("0", (0,)), ("1-2", (1, 2)), ("007", (7,)), ("9" * 18, (10**18 - 1,))],
)
def test_cursors_are_ordered_by_their_numbers(cursor: str, order: tuple[int, ...]):
    assert order_of(cursor) == order


async def test_a_redis_that_is_away_is_unavailable():
    bus = RedisBus("redis://127.0.0.1:9")
    with pytest.raises(Unavailable):
        await bus.publish("s", [Envelope(uuid4(), "n", "1", {}, utc_now())])
    with pytest.raises(Unavailable):
        await bus.head("s")
    with pytest.raises(Unavailable):
        await bus.read_after("s", "0", 10)
    await bus.close()


async def test_a_reader_of_a_redis_that_stays_away_pauses_longer_each_time(
    caplog: pytest.LogCaptureFixture,
):
    bus = RedisBus("redis://127.0.0.1:9")

    async def join() -> None:
        async with aclosing(bus.subscribe("s")) as events:
            await anext(events)

    with caplog.at_level("WARNING", logger="trellis.bus"):
        async with asyncio.timeout(30):
            joining = asyncio.create_task(join())
            while len(caplog.messages) < 3:  # noqa: ASYNC110 - a log has no event to wait for
                await asyncio.sleep(0.01)
    joining.cancel()
    await asyncio.gather(joining, return_exceptions=True)
    await bus.close()
    assert caplog.messages[:3] == [
        f"event stream s: Unavailable; again in {pause} s" for pause in (0.1, 0.5, 1.0)
    ]


async def test_a_subscriber_lives_through_a_lost_redis_connection(redis_url: str):
    bus, killer = RedisBus(redis_url), RedisBus(redis_url)
    stream = Stream(bus)
    async with aclosing(bus.subscribe(stream.name, after="0")) as events:
        await stream.write(1)
        assert await take(events, 1) == [1]
        await killer._redis.client_kill_filter(_type="normal", skipme=True)
        await asyncio.sleep(0.05)
        await stream.write(2)
        assert await take(events, 1) == [2]
    await bus.close()
    await killer.close()


async def test_a_reader_that_meets_what_it_cannot_read_is_begun_again(redis_url: str):
    bus = RedisBus(redis_url)
    stream = Stream(bus)
    foreign = Redis.from_url(redis_url, protocol=2)
    try:
        async with aclosing(bus.subscribe(stream.name, "0")) as events:
            await stream.write(1)
            assert await take(events, 1) == [1]
            await foreign.xadd(f"trellis:events:{stream.name}", {"nothing": b"known"})
            with pytest.raises(KeyError):  # whoever listens hears of it
                await take(events, 1)
        async with aclosing(bus.subscribe(stream.name, await bus.head(stream.name))) as events:
            await stream.write(2)
            assert await take(events, 1) == [2]
    finally:
        await foreign.aclose()
        await bus.close()
