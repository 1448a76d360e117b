"""Every SELECT of notifications for callers. What the caller may not see does not exist."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, false, func, or_
from sqlalchemy import select as select_columns
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.batching import rows_by
from trellis.db.paging import NEWEST_FIRST, ChildRows
from trellis.schema.identity import Identity
from trellis.subgraphs.notifications.models import (
    Channel,
    ChatChannel,
    ChatMember,
    Contact,
    DeletedMessage,
    Notification,
    NotificationKind,
    Preference,
    Project,
    ProjectMember,
    PushSubscription,
)
from trellis.subgraphs.project_scope.scope import ProjectScope

PROJECTS = ProjectScope(Project, ProjectMember)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationFilters:
    """Only those that fit all members given."""

    unread: bool | None = None
    type: str | None = None
    kinds: tuple[NotificationKind, ...] | None = None


def visible_to(caller: Identity) -> Select[Notification]:
    """Everybody sees their own, as long as they see the project that it is about."""
    if caller.id is None:
        return select(Notification).where(false())
    joined = select(Notification).outerjoin(
        Project, col(Project.id) == col(Notification.project_id)
    )
    return joined.where(
        col(Notification.user_id) == caller.id,
        col(Notification.in_app).is_(True),
        or_(col(Notification.project_id).is_(None), PROJECTS.may_see(caller)),
    )


def matching(caller: Identity, filters: NotificationFilters) -> Select[Notification]:
    """The caller's notifications that match all filters."""
    conditions = []
    if filters.unread is not None:
        is_unread = col(Notification.read_at).is_(None)
        conditions.append(is_unread if filters.unread else ~is_unread)
    if filters.type is not None:
        conditions.append(col(Notification.type) == filters.type)
    if filters.kinds is not None:
        conditions.append(col(Notification.kind).in_(filters.kinds))
    return visible_to(caller).where(*conditions)


async def notifications_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Notification | None]:
    return await rows_by(session, visible_to(caller), Notification.id, ids)


def notifications_of(caller: Identity, filters: NotificationFilters) -> ChildRows[Notification]:
    """The notifications of people: the caller's own, and of others none."""
    rows = matching(caller, filters)
    return ChildRows(rows, Notification, col(Notification.user_id), NEWEST_FIRST)


async def unread_counts(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[int | None]:
    """How many the caller has not read; None for others."""
    if caller.id not in ids:
        return [None] * len(ids)
    unread = matching(caller, NotificationFilters(unread=True)).with_only_columns(func.count())
    count: int = (await session.execute(unread)).scalar_one()
    return [count if id == caller.id else None for id in ids]


async def notification_for_update(
    session: AsyncSession, caller: Identity, id: UUID
) -> Notification | None:
    """The notification, held against other writers until the transaction ends."""
    wanted = visible_to(caller).where(col(Notification.id) == id)
    return (await session.scalars(wanted.with_for_update(of=Notification))).one_or_none()


async def unread_for_update(
    session: AsyncSession, caller: Identity, until: datetime, *, most: int
) -> Sequence[Notification]:
    """The oldest of those the caller has not read, held until the transaction ends."""
    wanted = (
        matching(caller, NotificationFilters(unread=True))
        .where(col(Notification.created_at) <= until)
        .order_by(col(Notification.created_at), col(Notification.id))
        .limit(most)
        .with_for_update(of=Notification)
    )
    return (await session.scalars(wanted)).all()


Switches = Mapping[tuple[Channel, NotificationKind], bool]


async def own_preferences(session: AsyncSession, caller: Identity) -> Switches:
    """What the caller has chosen so far."""
    mine = select(Preference).where(col(Preference.user_id) == caller.id)
    return {(row.channel, row.kind): row.is_enabled for row in await session.scalars(mine)}


async def own_contact(session: AsyncSession, caller: Identity) -> Contact | None:
    """How the caller can be reached."""
    return await session.get(Contact, caller.id) if caller.id is not None else None


def own_push_subscriptions(caller: Identity) -> Select[PushSubscription]:
    """The browsers of the caller."""
    if caller.id is None:
        return select(PushSubscription).where(false())
    return select(PushSubscription).where(col(PushSubscription.user_id) == caller.id)


async def unread_by_channel(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[int | None]:
    """How many messages the caller has not read, by channel; None where the caller is no member."""
    mine = col(ChatMember.user_id) == caller.id, col(ChatMember.channel_id).in_(ids)
    read = col(ChatMember.read_sequence)
    after_it = and_(
        col(DeletedMessage.channel_id) == col(ChatMember.channel_id),
        col(DeletedMessage.sequence) > read,
    )
    statement = (
        select_columns(
            col(ChatMember.channel_id),
            func.coalesce(func.max(col(ChatChannel.latest_sequence)), read) - read,
            func.count(col(DeletedMessage.sequence)),
        )
        .select_from(ChatMember)
        .outerjoin(ChatChannel, col(ChatChannel.id) == col(ChatMember.channel_id))
        .outerjoin(DeletedMessage, after_it)
        .where(*mine)
        .group_by(col(ChatMember.channel_id), read)
    )
    rows = await session.execute(statement)
    found = {id: max(sent - deleted, 0) for id, sent, deleted in rows}
    return [found.get(id) for id in ids]
