"""Events written in the same transaction as the rows they speak of, in commit order.

The outbox is a log: ids grow in commit order, so "everything after id n" never misses a row. On
SQLite writers queue up anyway; on PostgreSQL an advisory lock is held from the first event row
to the commit, which serializes only that last moment of a transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import MetaData, Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from trellis.db.locks import hold
from trellis.db.models import utc_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened, in the past tense; a subclass names its topic and its aggregate's key."""

    topic: ClassVar[str]

    @property
    def key(self) -> str:
        """The id of the thing it happened to: events of one key keep their order."""
        raise NotImplementedError

    def payload(self) -> dict[str, Any]:
        """The fields as JSON values, under their Python names."""
        return {f.name: _json_value(getattr(self, f.name)) for f in fields(self)}


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event on its way: ``id`` survives retries, ``cursor`` is its place in the log."""

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
    """Write events at the very end of the session's transaction."""
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
    """An outbox row as the bus carries it."""
    return Envelope(
        id=UUID(str(row["event_id"])),
        topic=row["topic"],
        key=row["key"],
        payload=row["payload"],
        occurred_at=row["occurred_at"],
        headers=row["headers"],
        cursor=str(row["id"]),
    )


def _json_value(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (UUID, Decimal)):
        return str(value)
    if isinstance(value, Mapping):
        return {str(_json_value(k)): _json_value(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_json_value(item) for item in value]
    return value
