"""The log of events: what is in it, in which order, and when it is seen."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, ClassVar
from uuid import UUID

import pytest
from sqlalchemy import MetaData, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from tests.db.test_relay import write_events
from tests.db.test_unit_of_work import ID, NoteWritten
from trellis.db.engine import Database
from trellis.db.outbox import append, head_of, outbox_of, read_after
from trellis.schema.errors import Unavailable
from trellis.schema.events.event import Event


async def cursors_after(database: Database, metadata: MetaData, position: int) -> list[str]:
    async with database.read() as session:
        found = await read_after(session, outbox_of(metadata), position, 10)
    return [envelope.cursor for envelope in found]


async def head(database: Database, metadata: MetaData) -> int:
    async with database.read() as session:
        return await head_of(session, outbox_of(metadata))


async def write_impatiently(session: AsyncSession, metadata: MetaData) -> None:
    """Append an event, or fail when that means waiting for another transaction."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("set local lock_timeout = '50ms'"))
    await append(session, outbox_of(metadata), [NoteWritten(note_id=ID)], {})


async def test_an_event_is_written_only_after_those_before_it_are_committed(
    database: Database, database_url: str, metadata: MetaData
):
    """Or readers, who go on from the greatest id they have seen, would miss the earlier one."""
    other = Database(database.name, database_url, busy_seconds=0.05)
    try:
        async with database.write() as first:
            await append(first, outbox_of(metadata), [NoteWritten(note_id=ID)], {})
            with pytest.raises(DBAPIError if database.is_postgres else Unavailable) as refusal:
                async with other.write() as second:
                    await write_impatiently(second, metadata)
            if database.is_postgres:
                assert "lock timeout" in str(refusal.value)
            assert await cursors_after(other, metadata, 0) == []
        async with other.write() as second:
            await write_impatiently(second, metadata)
    finally:
        await other.close()

    # On PostgreSQL the number that was drawn in vain is lost; the order is what counts.
    found = [int(cursor) for cursor in await cursors_after(database, metadata, 0)]
    assert len(found) == 2
    assert found == sorted(found)


async def test_events_are_read_in_order_from_a_place_on_and_no_more_than_asked_for(
    database: Database, metadata: MetaData
):
    await write_events(database, metadata, 4)

    async with database.read() as session:
        found = await read_after(session, outbox_of(metadata), 1, 2)
    assert [envelope.cursor for envelope in found] == ["2", "3"]
    assert await head(database, metadata) == 4


async def test_events_that_were_given_up_are_neither_read_nor_the_newest(
    database: Database, metadata: MetaData
):
    table = outbox_of(metadata)
    await write_events(database, metadata, 4)
    async with database.write() as session:
        await session.execute(update(table).where(table.c.id.in_([2, 4])).values(is_dead=True))

    assert await cursors_after(database, metadata, 0) == ["1", "3"]
    assert await head(database, metadata) == 3


async def test_an_empty_log_has_no_newest_event(database: Database, metadata: MetaData):
    assert await head(database, metadata) == 0
    assert await cursors_after(database, metadata, 0) == []


class Mood(StrEnum):
    GOOD = "good"


class Level(Enum):
    LOW = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Event):
    topic: ClassVar[str] = "told"
    value: Any

    @property
    def key(self) -> str:
        return "k"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Mood.GOOD, "good"),
        (Level.LOW, 1),
        (datetime(2026, 1, 5, 9, tzinfo=UTC), "2026-01-05T09:00:00+00:00"),
        (date(2026, 1, 5), "2026-01-05"),
        (ID, str(ID)),
        (Decimal("1.50"), "1.50"),
        ({ID: {Mood.GOOD: (ID, None)}}, {str(ID): {"good": [str(ID), None]}}),
        ([Decimal("2"), True], ["2", True]),
        ({ID}, [str(ID)]),
        (frozenset({Level.LOW}), [1]),
        (None, None),
        ("text", "text"),
    ],
)
def test_a_payload_holds_json_values(value: Any, told: Any):
    assert Told(value=value).payload() == {"value": told}


async def test_events_of_one_transaction_differ_in_id_and_share_moment_and_headers(
    database: Database, metadata: MetaData
):
    events = [Told(value=1), Told(value=[ID])]
    async with database.write() as session:
        await append(session, outbox_of(metadata), events, {"actorId": "a"})

    async with database.read() as session:
        one, two = await read_after(session, outbox_of(metadata), 0, 10)
    assert [one.payload, two.payload] == [{"value": 1}, {"value": [str(ID)]}]
    assert [(e.topic, e.key, e.headers) for e in (one, two)] == [
        ("told", "k", {"actorId": "a"})
    ] * 2
    assert one.occurred_at == two.occurred_at
    assert isinstance(one.id, UUID)
    assert one.id != two.id
