import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from sqlalchemy import MetaData, insert, select, update

from tests.db.test_bus import Stream
from tests.db.test_unit_of_work import ID, NoteWritten
from trellis.db.bus import MemoryBus
from trellis.db.consumer import Consumer
from trellis.db.engine import Database
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope
from trellis.db.readers import Reader
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.errors import Unavailable


@pytest.fixture
async def stream() -> AsyncIterator[Stream]:
    bus = MemoryBus()
    await bus.connect()
    yield Stream(bus)
    await bus.close()


class Notes:
    """A handler that adds one to the note of the event's number, and fails when told to."""

    def __init__(self, metadata: MetaData) -> None:
        self.note = metadata.tables["note"]
        self.failing: dict[int, int] = {}

    async def handle(self, uow: UnitOfWork, envelope: Envelope) -> None:
        number = envelope.payload["n"]
        counted = update(self.note).where(self.note.c.id == number)
        changed = await uow.session.execute(counted.values(count=self.note.c.count + 1))
        if changed.rowcount == 0:  # type: ignore[attr-defined]
            await uow.session.execute(insert(self.note).values(id=number, text="", count=1))
        if self.failing.get(number, 0) > 0:
            self.failing[number] -= 1
            raise LookupError("not yet")

    async def counts(self, database: Database) -> dict[int, int]:
        async with database.read() as session:
            rows = await session.execute(select(self.note.c.id, self.note.c.count))
            return {row[0]: row[1] for row in rows}


@pytest.fixture
def notes(metadata: MetaData) -> Notes:
    return Notes(metadata)


async def test_each_event_is_handled_once_also_by_two_replicas(
    database: Database, metadata: MetaData, stream: Stream, notes: Notes
):
    replicas = [Consumer(stream.name, notes.handle, name="reader") for _ in range(2)]
    for replica in replicas:
        replica.start(database, metadata, stream.bus)
    await stream.write(*range(1, 21))
    await asyncio.gather(*(replica.catch_up(10) for replica in replicas))
    for replica in replicas:
        await replica.stop()

    assert await notes.counts(database) == dict.fromkeys(range(1, 21), 1)


async def test_a_new_start_reads_on_where_the_last_one_ended(
    database: Database, metadata: MetaData, stream: Stream, notes: Notes
):
    for numbers in ([1, 2], [3]):
        consumer = Consumer(stream.name, notes.handle)
        consumer.start(database, metadata, stream.bus)
        await stream.write(*numbers)
        await consumer.catch_up(10)
        await consumer.stop()

    assert await notes.counts(database) == {1: 1, 2: 1, 3: 1}


async def test_what_was_handled_is_not_even_read_again(
    database: Database, metadata: MetaData, stream: Stream, notes: Notes
):
    for numbers, first_asked in (([1, 2], "0"), ([3], "2")):
        stream.log.asked.clear()
        consumer = Consumer(stream.name, notes.handle)
        consumer.start(database, metadata, stream.bus)
        await stream.write(*numbers)
        await consumer.catch_up(10)
        await consumer.stop()
        assert stream.log.asked[0] == first_asked

    position = metadata.tables["consumer_position"]
    async with database.read() as session:
        rows = (await session.execute(select(position))).all()
    assert [tuple(row) for row in rows] == [(f"from-{stream.name}", stream.name, "3")]


async def test_readers_of_different_names_each_handle_everything(
    database: Database, metadata: MetaData, stream: Stream, notes: Notes
):
    readers = [Consumer(stream.name, notes.handle, name=name) for name in ("one", "two")]
    for number, reader in enumerate(readers):
        reader.start(database, metadata, stream.bus)
        await stream.write(number)
        await reader.catch_up(10)
    await readers[0].catch_up(10)
    for reader in readers:
        await reader.stop()

    assert await notes.counts(database) == {0: 2, 1: 2}


async def test_a_reader_moves_no_position_but_its_own(
    database: Database, metadata: MetaData, stream: Stream, notes: Notes
):
    other = Stream(stream.bus)
    slow, quick = (Consumer(stream.name, notes.handle, name=name) for name in ("slow", "quick"))
    elsewhere = Consumer(other.name, notes.handle, name="quick")
    for reader, source in ((elsewhere, other), (slow, stream)):
        reader.start(database, metadata, stream.bus)
        await source.write(1)
        await reader.catch_up(10)
        await reader.stop()
    await stream.write(2, 3)
    quick.start(database, metadata, stream.bus)
    await quick.catch_up(10)
    await quick.stop()

    position = metadata.tables["consumer_position"]
    async with database.read() as session:
        rows = (await session.execute(select(position))).all()
    assert {(row.consumer, row.stream): row.cursor for row in rows} == {
        ("slow", stream.name): "1",
        ("quick", other.name): "1",
        ("quick", stream.name): "3",
    }


async def test_a_store_that_is_away_for_a_while_parks_nothing(
    database: Database, metadata: MetaData, stream: Stream, notes: Notes
):
    """It is not the event's fault: the event is read again, however often that takes."""
    tries = 0

    async def handle(uow: UnitOfWork, envelope: Envelope) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise Unavailable("busy")
        await notes.handle(uow, envelope)

    consumer = Consumer(stream.name, handle)
    consumer.start(database, metadata, stream.bus)
    await stream.write(1)
    await consumer.catch_up(10)
    await consumer.stop()

    assert (tries, await notes.counts(database)) == (2, {1: 1})
    inbox = metadata.tables["inbox"]
    async with database.read() as session:
        assert list(await session.scalars(select(inbox.c.error))) == [None]


async def test_catching_up_waits_no_longer_than_it_is_told_to(
    database: Database, metadata: MetaData, stream: Stream
):
    gate = asyncio.Event()

    async def handle(uow: UnitOfWork, envelope: Envelope) -> None:
        await gate.wait()

    consumer = Consumer(stream.name, handle)
    consumer.start(database, metadata, stream.bus)
    await stream.write(1)
    waiting = asyncio.create_task(consumer.catch_up(10))
    await consumer.catch_up(0.01)
    assert not waiting.done()
    gate.set()
    await waiting
    await consumer.stop()

    position = metadata.tables["consumer_position"]
    async with database.read() as session:
        assert list(await session.scalars(select(position.c.cursor))) == ["1"]


async def test_catching_up_with_a_stream_that_is_away_does_not_fail(
    database: Database, metadata: MetaData, stream: Stream, notes: Notes
):
    class Away(MemoryBus):
        async def head(self, stream: str) -> str:
            raise Unavailable("away")

    consumer = Consumer(stream.name, notes.handle)
    consumer.start(database, metadata, Away())
    async with asyncio.timeout(5):
        await consumer.catch_up(60)
    await consumer.stop()


async def test_a_repeated_event_is_recognized_by_its_id(
    database: Database, metadata: MetaData, stream: Stream, notes: Notes
):
    consumer = Consumer(stream.name, notes.handle)
    consumer.start(database, metadata, stream.bus)
    again = Envelope(uuid4(), "n", "5", {"n": 5}, utc_now())
    for cursor in ("1", "2"):
        sent = Envelope(again.id, "n", "5", {"n": 5}, again.occurred_at, cursor=cursor)
        stream.log.envelopes.append(sent)
        await stream.bus.publish(stream.name, [sent])
    await consumer.catch_up(10)
    await consumer.stop()

    assert await notes.counts(database) == {5: 1}


async def test_a_handler_that_fails_for_a_while_is_tried_again_and_leaves_no_trace(
    database: Database, metadata: MetaData, stream: Stream, notes: Notes
):
    notes.failing = {1: 2}
    consumer = Consumer(stream.name, notes.handle)
    consumer.start(database, metadata, stream.bus)
    await stream.write(1, 2)
    await consumer.catch_up(10)
    await consumer.stop()

    assert await notes.counts(database) == {1: 1, 2: 1}


async def test_a_poison_event_is_parked_with_its_error_and_the_next_one_is_read(
    database: Database,
    metadata: MetaData,
    stream: Stream,
    notes: Notes,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level("CRITICAL", logger="trellis.consumer")
    notes.failing = {1: 99}
    consumer = Consumer(stream.name, notes.handle)
    consumer.start(database, metadata, stream.bus)
    await stream.write(1, 2)
    await consumer.catch_up(15)
    await consumer.stop()

    assert await notes.counts(database) == {2: 1}
    inbox = metadata.tables["inbox"]
    async with database.read() as session:
        parked = await session.execute(select(inbox.c.error).where(inbox.c.error.is_not(None)))
        assert [row[0] for row in parked] == ["LookupError: not yet"]
    assert notes.failing == {1: 94}


async def test_other_topics_are_passed_over_without_a_trace(
    database: Database, metadata: MetaData, stream: Stream, notes: Notes
):
    """Sign-ins are many, and a row for each of them in every reader would say nothing."""
    for topics, position in (({"m"}, "0"), ({"n", "m"}, "2")):
        consumer = Consumer(stream.name, notes.handle, topics=topics)
        consumer.start(database, metadata, stream.bus)
        await stream.write(1)
        await consumer.catch_up(10)
        told = await stream.bus.readers.positions(stream.name)
        assert {reader.topics: int(at) for reader, at in told.items()} == {
            frozenset(topics): len(stream.log.envelopes)
        }
        await consumer.stop()
        assert await stream.bus.readers.positions(stream.name) == {}
        assert await notes.counts(database) == ({1: 2} if position == "2" else {})
        table = metadata.tables["consumer_position"]
        async with database.read() as session:
            stored = (await session.scalars(select(table.c.cursor))).all()
        assert list(stored) == ([position] if position == "2" else [])


async def test_what_a_reader_announces_itself_is_told_at_once(
    database: Database, metadata: MetaData, stream: Stream
):
    told: list[int] = []

    async def handle(uow: UnitOfWork, envelope: Envelope) -> None:
        if envelope.payload["n"] == 2:
            uow.emit(NoteWritten(note_id=ID))

    consumer = Consumer(stream.name, handle)
    consumer.start(database, metadata, stream.bus, lambda: told.append(1))
    await stream.write(1, 2, 3)
    await consumer.catch_up(10)
    await consumer.stop()
    assert told == [1]


async def test_a_reader_goes_on_when_nobody_can_be_told_how_far_it_is(
    database: Database, metadata: MetaData, stream: Stream, notes: Notes
):
    async def away(stream: str, reader: Reader, cursor: str) -> None:
        raise Unavailable("away")

    stream.bus.readers.note = away  # type: ignore[method-assign]
    consumer = Consumer(stream.name, notes.handle)
    consumer.start(database, metadata, stream.bus)
    await stream.write(1, 2)
    await consumer.catch_up(10)
    await consumer.stop()
    assert await notes.counts(database) == {1: 1, 2: 1}


async def test_a_stream_that_began_anew_is_read_from_its_start(
    database: Database, metadata: MetaData, stream: Stream, notes: Notes
):
    for numbers in ([1, 2, 3], [4]):
        stream.log.envelopes.clear()
        consumer = Consumer(stream.name, notes.handle)
        consumer.start(database, metadata, stream.bus)
        await stream.write(*numbers)
        await asyncio.sleep(0)
        await consumer.catch_up(10)
        await consumer.stop()

    assert await notes.counts(database) == {1: 1, 2: 1, 3: 1, 4: 1}
