"""What happened to a user, read from the outbox: events stay there after they were delivered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, MetaData, Table, and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.outbox import outbox_of
from schema.paging import Page, PageRequest, decode_cursor, encode_cursor, invalid_cursor


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One event about a user."""

    id: UUID
    topic: str
    payload: Mapping[str, Any]
    occurred_at: datetime


async def events_page(
    session: AsyncSession, metadata: MetaData, user_id: UUID, page: PageRequest
) -> Page[HistoryEntry]:
    """Events in the order in which they happened. Raises ``BadUserInput`` for a bad cursor."""
    outbox = outbox_of(metadata)
    columns = outbox.c.id, outbox.c.event_id, outbox.c.topic, outbox.c.payload
    statement = (
        select(*columns, outbox.c.occurred_at)
        .where(_about(outbox, user_id), outbox.c.id > _position(page.after))
        .order_by(outbox.c.id)
        .limit(page.size + 1)
    )
    rows = (await session.execute(statement)).mappings().all()
    kept = rows[: page.size]
    return Page(
        rows=[
            HistoryEntry(row["event_id"], row["topic"], row["payload"], row["occurred_at"])
            for row in kept
        ],
        cursors=[encode_cursor([row["id"]]) for row in kept],
        has_next=len(rows) > page.size,
        has_previous=page.after is not None,
    )


async def events_count(session: AsyncSession, metadata: MetaData, user_id: UUID) -> int:
    """How many events there are about the user."""
    outbox = outbox_of(metadata)
    counted = select(func.count()).select_from(outbox).where(_about(outbox, user_id))
    return (await session.execute(counted)).scalar_one()


async def forget(session: AsyncSession, metadata: MetaData, user_id: UUID) -> None:
    """Take the delivered events about the user out of the log: they tell who it was."""
    outbox = outbox_of(metadata)
    is_delivered = outbox.c.done_at.is_not(None)
    await session.execute(delete(outbox).where(_about(outbox, user_id), is_delivered))


def _about(outbox: Table, user_id: UUID) -> ColumnElement[bool]:
    about_people = or_(outbox.c.topic.like("user.%"), outbox.c.topic.like("mfa.%"))
    return and_(outbox.c.key == str(user_id), about_people)


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    (position,) = decode_cursor(cursor, 1)
    if not isinstance(position, int) or not 0 <= position < 2**63:
        raise invalid_cursor()
    return position
