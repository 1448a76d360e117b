import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest
from sqlalchemy import MetaData, func, select, update

from db.bus import MemoryBus
from db.engine import Database
from db.models import utc_now
from db.outbox import Envelope, outbox_of
from db.relay import OutboxLog, Relay
from db.unit_of_work import begin
from schema.errors import Unavailable
from tests.db.test_unit_of_work import ID, NoteWritten


class RecordingBus(MemoryBus):
    """Keeps what it gets; ``failures`` are raised first, one per call."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[Envelope] = []
        self.failures: list[Exception] = []
        self.poison: set[str] = set()

    async def publish(self, stream: str, envelopes: Sequence[Envelope]) -> None:
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop()
        if any(e.cursor in self.poison for e in envelopes):
            raise ValueError("cannot be packed")
        self.received += envelopes


async def write_events(database: Database, metadata: MetaData, count: int) -> None:
    async with begin(database, outbox_of(metadata)) as uow:
        for _ in range(count):
            uow.emit(NoteWritten(note_id=ID))


async def no_more_waiting(database: Database, metadata: MetaData) -> None:
    table = outbox_of(metadata)
    async with database.write() as session:
        await session.execute(update(table).values(available_at=utc_now()))


async def test_two_relays_deliver_every_event_once_and_in_order(
    database: Database, metadata: MetaData
):
    bus = RecordingBus()
    relays = [Relay(database, outbox_of(metadata), bus) for _ in range(2)]
    await write_events(database, metadata, 450)

    for _ in range(6):
        await asyncio.gather(*(relay.relay_once() for relay in relays))

    assert [int(e.cursor) for e in bus.received] == list(range(1, 451))


async def test_what_a_killed_relay_had_claimed_goes_out_when_its_lease_ends(
    database: Database, metadata: MetaData
):
    table, bus = outbox_of(metadata), RecordingBus()
    await write_events(database, metadata, 3)
    killed, other = (Relay(database, table, bus) for _ in range(2))
    assert len(await killed._claim()) == 3

    assert await other.relay_once() == 0
    async with database.write() as session:
        await session.execute(update(table).values(lease_until=utc_now()))

    assert await other.relay_once() == 3


async def test_a_bus_that_is_away_costs_no_try(database: Database, metadata: MetaData):
    table, bus = outbox_of(metadata), RecordingBus()
    relay = Relay(database, table, bus)
    await write_events(database, metadata, 2)
    bus.failures = [Unavailable("away") for _ in range(7)]

    for _ in range(7):
        assert await relay.relay_once() == 0
        await no_more_waiting(database, metadata)

    assert await relay.relay_once() == 2
    async with database.read() as session:
        dead = select(func.count()).where(table.c.is_dead)
        assert (await session.execute(dead)).scalar_one() == 0


async def test_a_poison_event_is_parked_after_five_tries_and_the_rest_goes_on(
    database: Database, metadata: MetaData
):
    table, bus = outbox_of(metadata), RecordingBus()
    bus.poison = {"2"}
    relay = Relay(database, table, bus)
    await write_events(database, metadata, 4)

    for _ in range(6):
        await relay.relay_once()
        await no_more_waiting(database, metadata)

    assert [e.cursor for e in bus.received] == ["1", "3", "4"]
    async with database.read() as session:
        parked = select(table.c.id, table.c.attempts, table.c.error).where(table.c.is_dead)
        assert (await session.execute(parked)).all() == [(2, 5, "ValueError: cannot be packed")]


async def test_a_running_relay_feeds_a_subscriber_after_each_commit(
    database: Database, metadata: MetaData
):
    bus = MemoryBus()
    await bus.connect()
    relay = Relay(database, outbox_of(metadata), bus)
    relay.start()
    try:
        async with aclosing(bus.subscribe(database.name, after="0")) as events:
            async with begin(database, outbox_of(metadata), on_commit=relay.wake) as uow:
                uow.emit(NoteWritten(note_id=ID))
            first = await asyncio.wait_for(anext(events), 5)
        assert (first.topic, first.cursor) == ("note.written", "1")
    finally:
        await relay.stop()
        await bus.close()


async def test_the_log_reads_on_from_a_cursor(database: Database, metadata: MetaData):
    await write_events(database, metadata, 5)
    log = OutboxLog(database, outbox_of(metadata))

    assert [e.cursor for e in await log.read_after("2", 2)] == ["3", "4"]
    assert await log.head() == "5"


@pytest.fixture(autouse=True)
def _quiet_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL", logger="trellis.relay")
