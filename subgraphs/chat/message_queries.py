"""Every SELECT of messages and what belongs to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import Select, case, func
from sqlalchemy import select as select_columns
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.batching import lists_by, rows_by
from trellis.db.paging import ChildRows, SortColumn, integer
from trellis.schema.identity import Identity
from trellis.subgraphs.chat.models import (
    Channel,
    Message,
    MessageMention,
    MessageReaction,
    MessageRevision,
)
from trellis.subgraphs.chat.queries import sees_channel

NEWEST_FIRST = (SortColumn("sequence", integer, descending=True),)
OLDEST_FIRST = (SortColumn("sequence", integer),)

MOST_PEOPLE = 100
"""Of a kind of reaction, of whom the ids are listed."""


@dataclass(frozen=True, slots=True)
class Between:
    """Messages of a channel after one of a number and before one of another; None is no bound."""

    after: int | None = None
    before: int | None = None


def _in_seen_channels(caller: Identity) -> Select[Message]:
    joined = select(Message).join(Channel, col(Channel.id) == col(Message.channel_id))
    return joined.where(sees_channel(caller))


def visible_to(caller: Identity) -> Select[Message]:
    """Messages of channels that the caller sees, those that were deleted left out."""
    return _in_seen_channels(caller).where(col(Message.deleted_at).is_(None))


async def messages_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Message | None]:
    return await rows_by(session, visible_to(caller), Message.id, ids)


def messages_of(caller: Identity, within: Between | Literal["deleted"]) -> ChildRows[Message]:
    """The messages of channels, newest first. Who may see deleted ones is up to the caller."""
    channel = col(Message.channel_id)
    if within == "deleted":
        gone = _in_seen_channels(caller).where(col(Message.deleted_at).is_not(None))
        return ChildRows(gone, Message, channel, NEWEST_FIRST)
    found = visible_to(caller)
    if within.after is not None:
        found = found.where(col(Message.sequence) > within.after)
    if within.before is not None:
        found = found.where(col(Message.sequence) < within.before)
    return ChildRows(found, Message, channel, NEWEST_FIRST)


def replies_of(caller: Identity, order: Sequence[SortColumn]) -> ChildRows[Message]:
    """All messages of the threads that messages begin."""
    return ChildRows(visible_to(caller), Message, col(Message.thread_id), order)


async def latest_messages(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Message | None]:
    """The newest message of each channel."""
    newest = (
        select_columns(func.max(col(Message.sequence)))
        .where(col(Message.channel_id) == col(Channel.id), col(Message.deleted_at).is_(None))
        .correlate(Channel)
        .scalar_subquery()
    )
    statement = visible_to(caller).where(col(Message.sequence) == newest)
    return await rows_by(session, statement, Message.channel_id, ids)


async def places_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[tuple[UUID, int] | None]:
    """Channel and number of messages, also of those that were deleted: where a list begins or
    ends."""
    wanted = _in_seen_channels(caller).where(col(Message.id).in_(ids))
    columns = col(Message.id), col(Message.channel_id), col(Message.sequence)
    rows = await session.execute(wanted.with_only_columns(*columns))
    found = {row[0]: (row[1], row[2]) for row in rows}
    return [found.get(id) for id in ids]


async def message_for_update(session: AsyncSession, caller: Identity, id: UUID) -> Message | None:
    """The message, held against other writers until the transaction ends; it can be answered."""
    seen = visible_to(caller).where(col(Message.id) == id)
    statement = seen.with_for_update(of=Message, key_share=True)
    return (await session.scalars(statement)).one_or_none()


async def message_to_react(session: AsyncSession, caller: Identity, id: UUID) -> Message | None:
    """The message, kept from being deleted until the transaction ends; others may react, too."""
    seen = visible_to(caller).where(col(Message.id) == id)
    statement = seen.with_for_update(of=Message, read=True, key_share=True)
    return (await session.scalars(statement)).one_or_none()


async def message(session: AsyncSession, caller: Identity, id: UUID) -> Message | None:
    return (await session.scalars(visible_to(caller).where(col(Message.id) == id))).one_or_none()


async def sent_message(session: AsyncSession, id: UUID) -> Message | None:
    """For those who are known to see its channel; None when it was deleted."""
    there = col(Message.id) == id, col(Message.deleted_at).is_(None)
    return (await session.scalars(select(Message).where(*there))).one_or_none()


# -- what belongs to messages that the caller has seen already -------------------------------------


async def reply_counts(session: AsyncSession, ids: Sequence[UUID]) -> list[int]:
    thread = col(Message.thread_id)
    counted = await session.execute(
        select(thread, func.count())
        .where(thread.in_(ids), col(Message.deleted_at).is_(None))
        .group_by(thread)
    )
    counts: dict[UUID | None, int] = {row[0]: row[1] for row in counted}
    return [counts.get(id, 0) for id in ids]


async def revisions_by_message(
    session: AsyncSession, ids: Sequence[UUID]
) -> list[list[MessageRevision]]:
    """The texts that messages had before, oldest first."""
    rows = select(MessageRevision).order_by(col(MessageRevision.number))
    return await lists_by(session, rows, MessageRevision.message_id, ids)


async def latest_revision(session: AsyncSession, message_id: UUID) -> int:
    """The number of the newest of these texts, zero without one: older ones go one by one."""
    of_message = col(MessageRevision.message_id) == message_id
    newest = select_columns(func.max(col(MessageRevision.number))).where(of_message)
    return (await session.execute(newest)).scalar_one() or 0


async def mentions_by_message(
    session: AsyncSession, ids: Sequence[UUID]
) -> list[list[MessageMention]]:
    """Who is mentioned, in the order of the text."""
    current = col(MessageMention.is_earlier).is_(False)
    rows = select(MessageMention).where(current).order_by(col(MessageMention.place))
    return await lists_by(session, rows, MessageMention.message_id, ids)


@dataclass(frozen=True, slots=True)
class ReactionsOfAType:
    """All reactions of one type to a message."""

    message_id: UUID
    type: str
    count: int
    has_mine: bool


async def reactions_by_message(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[list[ReactionsOfAType]]:
    """By type, in the order of their first reactions."""
    kinds = col(MessageReaction.message_id), col(MessageReaction.type)
    mine = func.max(case((col(MessageReaction.user_id) == caller.id, 1), else_=0))
    counted = await session.execute(
        select(*kinds, func.count(), mine)
        .where(col(MessageReaction.message_id).in_(ids))
        .group_by(*kinds)
        .order_by(func.min(col(MessageReaction.created_at)), col(MessageReaction.type))
    )
    found: dict[UUID, list[ReactionsOfAType]] = {id: [] for id in ids}
    for message_id, type, count, has_mine in counted:
        found[message_id].append(ReactionsOfAType(message_id, type, count, bool(has_mine)))
    return [found[id] for id in ids]


async def people_by_reaction(
    session: AsyncSession, keys: Sequence[tuple[UUID, str]]
) -> list[list[UUID]]:
    """The people with that reaction to that message, earliest first: ``MOST_PEOPLE`` of them."""
    kinds = col(MessageReaction.message_id), col(MessageReaction.type)
    order = col(MessageReaction.created_at), col(MessageReaction.user_id)
    place = func.row_number().over(partition_by=kinds, order_by=order).label("place")
    numbered = (
        select(*kinds, col(MessageReaction.user_id), place)
        .where(col(MessageReaction.message_id).in_({id for id, _ in keys}))
        .subquery()
    )
    rows = await session.execute(
        select_columns(numbered).where(numbered.c.place <= MOST_PEOPLE).order_by(numbered.c.place)
    )
    found: dict[tuple[UUID, str], list[UUID]] = {key: [] for key in keys}
    for message_id, type, user_id, _ in rows:
        found.setdefault((message_id, type), []).append(user_id)
    return [found[key] for key in keys]


async def reaction_types(session: AsyncSession, message_id: UUID) -> frozenset[str]:
    of_message = col(MessageReaction.message_id) == message_id
    return frozenset(await session.scalars(select(MessageReaction.type).where(of_message)))
