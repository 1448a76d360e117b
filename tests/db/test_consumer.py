import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from sqlalchemy import MetaData, insert, select, update

from db.bus import MemoryBus
from db.consumer import Consumer
from db.engine import Database
from db.models import utc_now
from db.outbox import Envelope
from db.unit_of_work import UnitOfWork
from tests.db.test_bus import Stream


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
