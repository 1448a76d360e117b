"""What databases and outboxes count."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import MetaData, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from tests.db.test_relay import RecordingBus, write_events
from tests.support.metrics import Figures, figures_here
from trellis.db.engine import Database
from trellis.db.models import utc_now
from trellis.db.outbox import outbox_of
from trellis.db.relay import Relay
from trellis.db.unit_of_work import begin
from trellis.schema.metrics import ServiceMetrics


def statements(database: Database) -> dict[str, float]:
    found = figures_here()
    name = "database_queries_duration_seconds_count"
    return {
        kind: found.of(name, service=database.name, statement=kind)
        for kind in ("select", "insert", "update", "delete")
    }


def of_outbox(database: Database, name: str) -> float:
    return figures_here().of(name, service=database.name)


async def test_statements_are_timed_by_kind(database: Database, metadata: MetaData):
    note, before = metadata.tables["note"], statements(database)
    async with database.write() as session:
        await session.execute(insert(note).values(id=1, text="a"))
        await session.execute(update(note).values(text="b"))
    async with database.read() as session:
        await session.execute(select(note))
        await session.execute(select(note))
    after = statements(database)
    assert {kind: after[kind] - before[kind] for kind in after} == {
        "select": 2,
        "insert": 1,
        "update": 1,
        "delete": 0,
    }


async def test_a_statement_that_fails_is_timed_too(database: Database):
    before = statements(database)["select"]
    with pytest.raises(DBAPIError):
        async with database.read() as session:
            await session.execute(text("select * from nothing"))
    assert statements(database)["select"] == before + 1


async def test_connections_are_counted_while_they_are_in_use(database: Database):
    def active() -> float:
        return of_outbox(database, "database_connections_active")

    async with database.read() as first, database.read() as second:
        await asyncio.gather(first.execute(text("select 1")), second.execute(text("select 1")))
        assert active() == 2
    assert active() == 0


async def test_nothing_is_counted_that_is_not_committed(database: Database, metadata: MetaData):
    counter = ServiceMetrics(database.name).counter("test_committed_total", "Commits.")
    outbox = outbox_of(metadata)

    async with begin(database, outbox) as uow:
        uow.on_commit(counter.inc)
        assert of_outbox(database, "test_committed_total") == 0
    assert of_outbox(database, "test_committed_total") == 1

    async def fail() -> None:
        async with begin(database, outbox) as uow:
            uow.on_commit(counter.inc)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert of_outbox(database, "test_committed_total") == 1


def published(database: Database) -> tuple[float, Figures]:
    found = figures_here()
    return found.of("events_published_total", service=database.name), found


async def test_published_events_are_counted_once_by_topic(database: Database, metadata: MetaData):
    bus = RecordingBus()
    relay = Relay(database, outbox_of(metadata), bus)
    await write_events(database, metadata, 3)
    bus.failures = [RuntimeError("once")]  # one by one, then
    assert await relay.relay_once() == 3
    await write_events(database, metadata, 2)
    assert await relay.relay_once() == 2
    count, found = published(database)
    assert count == 5
    assert found.of("events_published_total", service=database.name, topic="note.written") == 5


async def test_how_long_the_oldest_event_waits(database: Database, metadata: MetaData):
    outbox = outbox_of(metadata)
    relay = Relay(database, outbox, RecordingBus())
    await write_events(database, metadata, 2)
    async with database.write() as session:
        long_ago = utc_now() - timedelta(minutes=5)
        await session.execute(update(outbox).where(outbox.c.id == 1).values(occurred_at=long_ago))
    await relay.relay_once()
    assert 300 <= of_outbox(database, "outbox_oldest_event_seconds") < 330
    await relay.relay_once()
    assert of_outbox(database, "outbox_oldest_event_seconds") == 0


async def test_an_event_that_is_given_up_is_counted(database: Database, metadata: MetaData):
    bus, outbox = RecordingBus(), outbox_of(metadata)
    relay = Relay(database, outbox, bus)
    await write_events(database, metadata, 1)
    bus.poison = {"1"}
    for _ in range(6):
        await relay.relay_once()
        async with database.write() as session:
            await session.execute(update(outbox).values(available_at=utc_now()))
    assert of_outbox(database, "events_parked_total") == 1
    assert of_outbox(database, "events_published_total") == 0
