from sqlalchemy import MetaData, select, update

from tests.db.test_relay import RecordingBus, write_events
from trellis.db.engine import Database
from trellis.db.outbox import outbox_of
from trellis.db.parked import parked_events, send_again
from trellis.db.relay import Relay


async def test_a_parked_event_is_sent_again_under_its_old_id(
    database: Database, metadata: MetaData
):
    table, bus = outbox_of(metadata), RecordingBus()
    await write_events(database, metadata, 3)
    async with database.write() as session:
        parked = update(table).where(table.c.id == 2).values(is_dead=True, error="ValueError: x")
        await session.execute(parked)
    relay = Relay(database, table, bus)
    assert await relay.relay_once() == 2

    [event] = await parked_events(database)
    assert (event.topic, event.error) == ("note.written", "ValueError: x")
    assert await send_again(database) == 1
    assert await relay.relay_once() == 1

    assert [e.cursor for e in bus.received] == ["1", "3", "4"]
    assert bus.received[-1].id == event.id
    assert await parked_events(database) == []


async def test_parked_events_are_listed_and_sent_again_in_their_old_order(
    database: Database, metadata: MetaData
):
    table, bus = outbox_of(metadata), RecordingBus()
    await write_events(database, metadata, 5)
    told = ("event_id", "topic", "key", "payload", "headers", "occurred_at")
    async with database.write() as session:
        for id in (4, 1, 3):
            parked = update(table).where(table.c.id == id)
            await session.execute(parked.values(is_dead=True, attempts=5, error=f"no {id}"))
        old = select(*(table.c[name] for name in told)).where(table.c.is_dead)
        before = (await session.execute(old.order_by(table.c.id))).all()

    assert [event.error for event in await parked_events(database)] == ["no 1", "no 3", "no 4"]
    assert await send_again(database) == 3
    again = select(table).where(table.c.id > 5).order_by(table.c.id)
    async with database.read() as session:
        rows = (await session.execute(again)).mappings().all()
        assert list(await session.scalars(select(table.c.id).order_by(table.c.id))) == [
            2, 5, 6, 7, 8,
        ]  # fmt: skip
    assert [tuple(row[name] for name in told) for row in rows] == [tuple(row) for row in before]
    assert [(r["attempts"], r["is_dead"], r["error"], r["done_at"]) for r in rows] == [
        (0, False, None, None)
    ] * 3
    assert await Relay(database, table, bus).relay_once() == 5
    assert await send_again(database) == 0
