import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import MetaData, event, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tests.db.test_unit_of_work import ID, NoteWritten
from tests.support.postgres_locks import somebody_waits
from trellis.db.bus import MemoryBus
from trellis.db.engine import Database
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope, outbox_of
from trellis.db.relay import OutboxLog, Relay
from trellis.db.unit_of_work import begin
from trellis.schema.errors import Unavailable

BACK_OFF = (0.1, 0.5, 2.0, 5.0)
"""Seconds between the tries of an event, and between those of a bus that is away."""


class RecordingBus(MemoryBus):
    """Keeps what it gets; ``failures`` are raised first, one per call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.received: list[Envelope] = []
        self.failures: list[Exception] = []
        self.poison: set[str] = set()

    async def publish(self, stream: str, envelopes: Sequence[Envelope]) -> None:
        self.calls += 1
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


class Entry(NamedTuple):
    """What the relay notes about an event."""

    attempts: int
    is_dead: bool
    available_at: datetime
    lease_until: datetime | None
    error: str | None


async def entries(database: Database, metadata: MetaData) -> dict[int, Entry]:
    columns = outbox_of(metadata).c
    wanted = select(columns.id, *(columns[name] for name in Entry._fields)).order_by(columns.id)
    async with database.read() as session:
        return {row[0]: Entry._make(row[1:]) for row in await session.execute(wanted)}


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


async def test_a_bus_that_is_away_is_left_alone_for_longer_and_longer(
    database: Database, metadata: MetaData
):
    bus = RecordingBus()
    relay = Relay(database, outbox_of(metadata), bus)
    await write_events(database, metadata, 1)

    async def fail_for(seconds: float) -> None:
        bus.failures = [Unavailable("away")]
        before = utc_now()
        assert await relay.relay_once() == 0
        after = utc_now()
        pause = timedelta(seconds=seconds)
        again_at = [*(await entries(database, metadata)).values()][-1].available_at
        assert before + pause <= again_at <= after + pause
        await no_more_waiting(database, metadata)

    for seconds in (*BACK_OFF, BACK_OFF[-1], BACK_OFF[-1]):
        await fail_for(seconds)
    assert await relay.relay_once() == 1
    await write_events(database, metadata, 1)
    await fail_for(BACK_OFF[0])


async def test_an_event_that_is_to_wait_holds_back_all_others(
    database: Database, metadata: MetaData
):
    table, bus = outbox_of(metadata), RecordingBus()
    relay = Relay(database, table, bus)
    await write_events(database, metadata, 2)
    later = utc_now() + timedelta(hours=1)
    async with database.write() as session:
        await session.execute(update(table).where(table.c.id == 2).values(available_at=later))

    assert await relay.relay_once() == 0
    assert bus.calls == 0
    await no_more_waiting(database, metadata)
    assert await relay.relay_once() == 2


async def test_a_bus_that_was_away_takes_no_tries_from_a_bad_event(
    database: Database, metadata: MetaData
):
    bus = RecordingBus()
    relay = Relay(database, outbox_of(metadata), bus)
    await write_events(database, metadata, 2)
    for _ in range(5):
        bus.failures = [Unavailable("away")]
        await relay.relay_once()
        await no_more_waiting(database, metadata)
    told = await entries(database, metadata)
    assert [(one.attempts, one.lease_until, one.error) for one in told.values()] == [
        (0, None, "away")
    ] * 2

    bus.poison = {"1"}
    for tries in range(1, 6):
        await relay.relay_once()
        told = await entries(database, metadata)
        assert (told[1].attempts, told[1].is_dead) == (tries, tries == 5)
        await no_more_waiting(database, metadata)


async def test_events_behind_a_bad_one_keep_all_their_tries_and_go_out_once_it_is_parked(
    database: Database, metadata: MetaData
):
    bus = RecordingBus()
    relay = Relay(database, outbox_of(metadata), bus)
    await write_events(database, metadata, 3)
    bus.poison = {"2"}

    for tries in range(1, 6):
        await no_more_waiting(database, metadata)
        before = utc_now()
        assert await relay.relay_once() == (1 if tries == 1 else 0)
        after = utc_now()
        told = await entries(database, metadata)
        pause = timedelta(seconds=BACK_OFF[min(tries, 4) - 1])
        assert before + pause <= told[2].available_at <= after + pause
        assert (told[2].attempts, told[2].is_dead) == (tries, tries == 5)
        assert (told[3].attempts, told[3].lease_until, told[3].error) == (0, None, None)

    # At once: the parked one, which would have waited for seconds, is in nobody's way.
    assert await relay.relay_once() == 1
    assert [envelope.cursor for envelope in bus.received] == ["1", "3"]


async def test_a_batch_that_goes_well_one_by_one_parks_and_delays_nothing(
    database: Database, metadata: MetaData
):
    bus = RecordingBus()
    relay = Relay(database, outbox_of(metadata), bus)
    await write_events(database, metadata, 3)
    bus.failures = [ValueError("too large together")]

    assert await relay.relay_once() == 3
    assert [envelope.cursor for envelope in bus.received] == ["1", "2", "3"]
    assert await relay.relay_once() == 0
    told = await entries(database, metadata)
    assert [(one.is_dead, one.lease_until, one.error) for one in told.values()] == [
        (False, None, None)
    ] * 3


async def test_two_hundred_events_go_out_at_once(database: Database, metadata: MetaData):
    relay = Relay(database, outbox_of(metadata), RecordingBus())
    await write_events(database, metadata, 401)

    assert [await relay.relay_once() for _ in range(4)] == [200, 200, 1, 0]


async def test_a_long_error_is_kept_in_part(database: Database, metadata: MetaData):
    bus = RecordingBus()
    await write_events(database, metadata, 1)
    bus.failures = [ValueError("x" * 3_000)] * 2

    await Relay(database, outbox_of(metadata), bus).relay_once()

    told = await entries(database, metadata)
    assert told[1].error == "ValueError: " + "x" * 1_988


async def test_a_claim_lasts_ten_seconds(database: Database, metadata: MetaData):
    await write_events(database, metadata, 1)
    before = utc_now()
    await Relay(database, outbox_of(metadata), RecordingBus())._claim()
    after = utc_now()

    [claimed] = (await entries(database, metadata)).values()
    assert claimed.lease_until is not None
    assert before <= claimed.lease_until - timedelta(seconds=10) <= after
    assert claimed.attempts == 1


class GatedDatabase(Database):
    """Says when a transaction is about to commit, and commits when ``gate`` is open."""

    def __init__(self, name: str, url: str) -> None:
        super().__init__(name, url)
        self.about_to_commit, self.gate = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncSession]:
        async with super().write() as session:
            yield session
            self.about_to_commit.set()
            await self.gate.wait()


async def test_of_two_relays_that_claim_at_the_same_moment_one_goes_away_empty(
    database: Database, database_url: str, metadata: MetaData
):
    if not database.is_postgres:
        pytest.skip("SQLite has one writer at a time")
    await write_events(database, metadata, 3)
    slow = GatedDatabase(database.name, database_url)
    first, second = (Relay(one, outbox_of(metadata), RecordingBus()) for one in (slow, database))
    try:
        claims = [asyncio.create_task(first._claim())]
        await slow.about_to_commit.wait()
        claims.append(asyncio.create_task(second._claim()))
        await somebody_waits(database)
        slow.gate.set()
        claimed = [[row["id"] for row in await claim] for claim in claims]
    finally:
        await slow.close()

    assert claimed == [[1, 2, 3], []]


async def test_what_was_relayed_or_handled_a_month_ago_is_forgotten_once_an_hour(
    database: Database, metadata: MetaData, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("trellis.db.relay._FORGET_FIRST_SECONDS", 0)
    table, inbox = outbox_of(metadata), metadata.tables["inbox"]
    relay = Relay(database, table, RecordingBus())
    now = utc_now()
    old, young = now - timedelta(days=30, minutes=1), now - timedelta(days=30) + timedelta(hours=1)
    await write_events(database, metadata, 4)

    async def left() -> tuple[list[int], list[str]]:
        async with database.read() as session:
            events = await session.scalars(select(table.c.id).order_by(table.c.id))
            handled = await session.scalars(select(inbox.c.consumer).order_by(inbox.c.consumer))
            return list(events), list(handled)

    async with database.write() as session:
        for id, done_at in ((1, old), (2, young)):
            await session.execute(update(table).where(table.c.id == id).values(done_at=done_at))
        undone = update(table).where(table.c.id > 2).values(occurred_at=old, available_at=old)
        await session.execute(undone)
        rows = [("old", old), ("young", young)]
        names = ("consumer", "handled_at")
        await session.execute(
            insert(inbox), [dict(zip(names, row, strict=True), event_id=ID) for row in rows]
        )
    await relay._forget_old()
    assert await left() == ([2, 3, 4], ["young"])

    async with database.write() as session:
        await session.execute(update(table).where(table.c.id == 2).values(done_at=old))
        await session.execute(update(inbox).values(handled_at=old))
    await relay._forget_old()
    assert await left() == ([2, 3, 4], ["young"])


async def test_whoever_waits_for_the_relay_goes_on_when_all_is_published_or_time_is_up(
    database: Database, metadata: MetaData
):
    class SlowBus(RecordingBus):
        gate = asyncio.Event()

        async def publish(self, stream: str, envelopes: Sequence[Envelope]) -> None:
            await self.gate.wait()
            await super().publish(stream, envelopes)

    bus = SlowBus()
    relay = Relay(database, outbox_of(metadata), bus)
    relay.start()
    try:
        await relay.settle(10)  # nothing to do at first
        async with begin(database, outbox_of(metadata), on_commit=relay.wake) as uow:
            uow.emit(NoteWritten(note_id=ID))
        await relay.settle(0.01)
        assert bus.received == []
        bus.gate.set()
        await relay.settle(10)
        assert [envelope.cursor for envelope in bus.received] == ["1"]
    finally:
        await relay.stop()


async def test_a_relay_outlives_whatever_goes_wrong_once(database: Database, metadata: MetaData):
    class Moody(Relay):
        failures: list[Exception]

        async def relay_once(self, *, is_woken: bool = False) -> int:
            if self.failures:
                raise self.failures.pop()
            return await super().relay_once(is_woken=is_woken)

    bus = RecordingBus()
    relay = Moody(database, outbox_of(metadata), bus)
    relay.failures = [KeyError("a fault of ours"), Unavailable("down")]
    await write_events(database, metadata, 1)
    relay.start()
    try:
        async with asyncio.timeout(10):
            while not bus.received:
                relay.wake()
                await asyncio.sleep(0.01)
    finally:
        await relay.stop()
    assert [envelope.cursor for envelope in bus.received] == ["1"]


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


async def test_what_was_written_while_the_relay_waited_for_its_turn_is_published(
    database: Database, metadata: MetaData
):
    """Or with writers in a queue nothing would be published before all of them are done."""
    if database.is_postgres:
        pytest.skip("PostgreSQL has no single writer")
    relay = Relay(database, outbox_of(metadata), RecordingBus())
    async with begin(database, outbox_of(metadata)) as uow:
        waiting = asyncio.create_task(relay.relay_once(is_woken=True))
        await asyncio.sleep(0.05)
        uow.emit(NoteWritten(note_id=ID))
    assert await waiting == 1


async def test_of_each_commit_three_transactions_publish_it(database: Database, metadata: MetaData):
    """One takes it, one notes that it is out, and one looks for more. Nobody looks first."""
    bus = MemoryBus()
    relay = Relay(database, outbox_of(metadata), bus)
    relay.start()
    begun: list[object] = []
    event.listen(database.engine.sync_engine, "begin", begun.append)
    try:
        await relay.settle(5)
        for _ in range(3):
            begun.clear()
            async with begin(database, outbox_of(metadata), on_commit=relay.wake) as uow:
                uow.emit(NoteWritten(note_id=ID))
            await relay.settle(5)
            assert len(begun) == 1 + 3
    finally:
        await relay.stop()


async def test_the_log_reads_on_from_a_cursor(database: Database, metadata: MetaData):
    await write_events(database, metadata, 5)
    log = OutboxLog(database, outbox_of(metadata))

    assert [e.cursor for e in await log.read_after("2", 2)] == ["3", "4"]
    assert await log.head() == "5"


async def test_looking_again_without_a_commit_asks_the_database_nothing(
    database: Database, metadata: MetaData
):
    if database.is_postgres:
        pytest.skip("PostgreSQL is asked each time")
    table = outbox_of(metadata)
    await write_events(database, metadata, 2)
    log, relay = OutboxLog(database, table), Relay(database, table, MemoryBus())
    assert await relay.relay_once() == 2
    assert await relay.relay_once() == 0
    assert await log.head() == "2"
    statements: list[str] = []
    event.listen(
        database.engine.sync_engine,
        "before_cursor_execute",
        lambda *arguments: statements.append(arguments[2]),
    )

    assert (await relay.relay_once(), await log.head()) == (0, "2")
    assert statements == []

    await write_events(database, metadata, 1)
    assert (await relay.relay_once(), await log.head()) == (1, "3")


@pytest.fixture(autouse=True)
def _quiet_logs(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("trellis.relay", "trellis.background"):
        caplog.set_level("CRITICAL", logger=name)
