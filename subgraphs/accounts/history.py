"""What happened to a user, read from the outbox: events stay there after they were delivered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, MetaData, Table, and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from trellis.db.outbox import outbox_of
from trellis.schema.inputs import as_uuid
from trellis.schema.paging import Page, PageRequest, decode_cursor, encode_cursor, invalid_cursor

_ABOUT_PEOPLE = ("user", "mfa", "subscription", "api_key")
# What another domain is told so that it can write to people: nothing that has happened to them.
_CONTACTS = "contact"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One event about a user."""

    id: UUID
    topic: str
    payload: Mapping[str, Any]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class HistoryFilters:
    """Which events are wanted: of these types, from ``since`` on and before ``until``."""

    event_types: Sequence[str] | None = None
    since: datetime | None = None
    until: datetime | None = None


async def events_page(
    session: AsyncSession,
    metadata: MetaData,
    user_id: UUID,
    filters: HistoryFilters,
    page: PageRequest,
) -> Page[HistoryEntry]:
    """Events in the order in which they happened. Raises ``BadUserInput`` for a bad cursor."""
    outbox = outbox_of(metadata)
    position = await _position(session, outbox, user_id, page.after)
    statement = (
        select(outbox.c.event_id, outbox.c.topic, outbox.c.payload, outbox.c.occurred_at)
        .where(*_matching(outbox, user_id, filters), outbox.c.id > position)
        .order_by(outbox.c.id)
        .offset(page.skip or None)
        .limit(page.size + 1)
    )
    rows = (await session.execute(statement)).mappings().all()
    kept = rows[: page.size]
    return Page(
        rows=[
            HistoryEntry(row["event_id"], row["topic"], row["payload"], row["occurred_at"])
            for row in kept
        ],
        # Not the place in the log, which tells how much happens to everybody.
        cursors=[encode_cursor([row["event_id"]]) for row in kept],
        has_next=len(rows) > page.size,
        has_previous=page.after is not None or page.skip > 0,
    )


async def events_count(
    session: AsyncSession, metadata: MetaData, user_id: UUID, filters: HistoryFilters
) -> int:
    """How many such events there are about the user."""
    outbox = outbox_of(metadata)
    wanted = _matching(outbox, user_id, filters)
    counted = select(func.count()).select_from(outbox).where(*wanted)
    return (await session.execute(counted)).scalar_one()


async def all_events(
    session: AsyncSession, metadata: MetaData, user_id: UUID, most: int
) -> list[dict[str, Any]]:
    """The newest events about the user, as JSON values."""
    outbox = outbox_of(metadata)
    statement = select(outbox.c.topic, outbox.c.payload, outbox.c.headers, outbox.c.occurred_at)
    about = (
        statement.where(_about(outbox, user_id, _CONTACTS)).order_by(outbox.c.id.desc()).limit(most)
    )
    return [
        {**row, "occurred_at": row["occurred_at"].isoformat()}
        for row in (await session.execute(about)).mappings()
    ]


async def forget(session: AsyncSession, metadata: MetaData, user_id: UUID) -> None:
    """Delete the delivered events about the user from the log: they identify the person. The event
    about the deletion stays, for readers that start later."""
    outbox = outbox_of(metadata)
    is_delivered = outbox.c.done_at.is_not(None)
    tells_who = outbox.c.topic != "user.deleted"
    await session.execute(
        delete(outbox).where(_about(outbox, user_id, _CONTACTS), is_delivered, tells_who)
    )


def _about(outbox: Table, user_id: UUID, *more: str) -> ColumnElement[bool]:
    kinds = (*_ABOUT_PEOPLE, *more)
    about_people = or_(*(outbox.c.topic.like(f"{kind}.%") for kind in kinds))
    return and_(outbox.c.key == str(user_id), about_people)


def _matching(
    outbox: Table, user_id: UUID, filters: HistoryFilters
) -> Iterator[ColumnElement[bool]]:
    yield _about(outbox, user_id)
    if filters.event_types is not None:
        yield outbox.c.topic.in_(filters.event_types)
    if filters.since is not None:
        yield outbox.c.occurred_at >= filters.since
    if filters.until is not None:
        yield outbox.c.occurred_at < filters.until


async def _position(session: AsyncSession, outbox: Table, user_id: UUID, cursor: str | None) -> int:
    """Where the event stands that the cursor names; it must be one of the user's."""
    if cursor is None:
        return 0
    (text,) = decode_cursor(cursor, 1)
    event_id = as_uuid(text) if isinstance(text, str) else None
    wanted = select(outbox.c.id).where(outbox.c.event_id == event_id, _about(outbox, user_id))
    position = (await session.execute(wanted)).scalar_one_or_none() if event_id else None
    if position is None:
        raise invalid_cursor()
    return position
