from sqlalchemy import MetaData, update

from db.engine import Database
from db.outbox import outbox_of
from db.parked import parked_events, send_again
from db.relay import Relay
from tests.db.test_relay import RecordingBus, write_events


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
