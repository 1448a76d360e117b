"""Events, written in the same transaction as the rows they are about, in commit order.

The outbox is a log: ids grow in commit order, so "everything after id n" never misses a row. On
SQLite writers queue up anyway; on PostgreSQL an advisory lock is held from the first event row
to the commit, which serializes only that last moment of a transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import MetaData, Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from trellis.db.locks import hold
from trellis.db.models import utc_now
from trellis.schema.events.event import Event


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event in transit: ``id`` is the same for retries, ``cursor`` is its place in the log."""

    id: UUID
    topic: str
    key: str
    payload: Mapping[str, Any]
    occurred_at: datetime
    headers: Mapping[str, Any] = field(default_factory=dict)
    cursor: str = ""


def outbox_of(metadata: MetaData) -> Table:
    """The outbox table of a subgraph."""
    return metadata.tables["outbox"]


async def append(
    session: AsyncSession, outbox: Table, events: Sequence[Event], headers: Mapping[str, Any]
) -> None:
    """Write events at the end of the session's transaction."""
    await hold(session, "outbox")
    now = utc_now()
    rows = [
        {
            "event_id": uuid4(),
            "topic": event.topic,
            "key": event.key,
            "payload": event.payload(),
            "headers": dict(headers),
            "occurred_at": now,
            "available_at": now,
        }
        for event in events
    ]
    await session.execute(insert(outbox), rows)


async def read_after(
    session: AsyncSession, outbox: Table, position: int, limit: int
) -> list[Envelope]:
    """Committed events after ``position`` in order, at most ``limit``; parked ones left out."""
    statement = (
        select(outbox)
        .where(outbox.c.id > position, outbox.c.is_dead.is_(False))
        .order_by(outbox.c.id)
        .limit(limit)
    )
    rows = (await session.execute(statement)).mappings()
    return [envelope_of(dict(row)) for row in rows]


async def head_of(session: AsyncSession, outbox: Table) -> int:
    """The id of the newest event, relayed or not; zero when there is none."""
    newest = select(func.max(outbox.c.id)).where(outbox.c.is_dead.is_(False))
    return (await session.execute(newest)).scalar_one() or 0


def envelope_of(row: Mapping[Any, Any]) -> Envelope:
    """The envelope of an outbox row."""
    return Envelope(
        id=UUID(str(row["event_id"])),
        topic=row["topic"],
        key=row["key"],
        payload=row["payload"],
        occurred_at=row["occurred_at"],
        headers=row["headers"],
        cursor=str(row["id"]),
    )
