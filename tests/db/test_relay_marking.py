"""What happens when events are published and the database goes away before they are marked."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import MetaData, update
from sqlalchemy.ext.asyncio import AsyncSession

from tests.db.test_relay import RecordingBus, entries, write_events
from trellis.db.engine import Database
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope, outbox_of
from trellis.db.relay import Relay
from trellis.schema.errors import Unavailable


class UnmarkedDatabase(Database):
    """Does not answer the next ``outages`` times that somebody writes."""

    outages = 0

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncSession]:
        if self.outages:
            self.outages -= 1
            raise Unavailable("The data store is busy.")
        async with super().write() as session:
            yield session


class AwayAfterwards(RecordingBus):
    """The database goes away as soon as the events are out."""

    def __init__(self, database: UnmarkedDatabase, outages: int) -> None:
        super().__init__()
        self.database, self.outages = database, outages

    async def publish(self, stream: str, envelopes: Sequence[Envelope]) -> None:
        await super().publish(stream, envelopes)
        self.database.outages = self.outages


async def test_events_that_are_out_are_marked_as_soon_as_the_database_is_back(
    database: Database, database_url: str, metadata: MetaData
):
    failing = UnmarkedDatabase(database.name, database_url)
    bus = AwayAfterwards(failing, outages=2)
    relay = Relay(failing, outbox_of(metadata), bus)
    await write_events(database, metadata, 2)

    assert await relay.relay_once() == 2
    assert (await relay.relay_once(), bus.calls) == (0, 1)
    assert [entry.lease_until for entry in (await entries(database, metadata)).values()] == [
        None,
        None,
    ]


async def test_a_database_that_stays_away_is_given_up_and_the_events_go_out_again(
    database: Database, database_url: str, metadata: MetaData
):
    failing, table = UnmarkedDatabase(database.name, database_url), outbox_of(metadata)
    bus = AwayAfterwards(failing, outages=4)
    relay = Relay(failing, table, bus)
    await write_events(database, metadata, 1)

    with pytest.raises(Unavailable):
        await relay.relay_once()
    bus.outages = 0
    assert await relay.relay_once() == 0  # held by the lease
    async with database.write() as session:
        await session.execute(update(table).values(lease_until=utc_now()))
    assert await relay.relay_once() == 1
    assert [envelope.cursor for envelope in bus.received] == ["1", "1"]


@pytest.fixture(autouse=True)
def _quiet_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL", logger="trellis.relay")
