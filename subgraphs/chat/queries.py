"""Every SELECT of channels and their members. What the caller may not see does not exist."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from trellis.db.batching import rows_by
from trellis.db.paging import ChildRows, SortColumn, instant
from trellis.schema.identity import Identity
from trellis.subgraphs.chat.models import (
    Channel,
    ChannelKind,
    ChannelMember,
    File,
    MemberRole,
    Person,
    Subscriber,
)

LONGEST_MEMBERS_FIRST = (SortColumn("joined_at", instant), SortColumn("user_id", UUID))


def is_member(caller: Identity) -> ColumnElement[bool]:
    """The condition on ``Channel`` that the caller is in it."""
    if caller.id is None:
        return false()
    # An alias: the statement may join the members for something else.
    mine = aliased(ChannelMember)
    return exists().where(col(mine.channel_id) == col(Channel.id), col(mine.user_id) == caller.id)


def sees_channel(caller: Identity) -> ColumnElement[bool]:
    """The condition on ``Channel``: members, people of the organization of a channel that is not
    private, and administrators except for direct channels."""
    if caller.id is None:
        return false()
    is_group = col(Channel.kind) == ChannelKind.GROUP
    home = col(Channel.organization_id)
    at_home = home == caller.tenant_id if caller.tenant_id else home.is_(None)
    is_open = and_(col(Channel.is_private).is_(False), at_home)
    return or_(
        is_member(caller), and_(is_group, or_(is_open, true() if caller.is_admin else false()))
    )


def visible_to(caller: Identity) -> Select[Channel]:
    return select(Channel).where(sees_channel(caller))


def own_channels(caller: Identity, kind: ChannelKind | None) -> Select[Channel]:
    """The channels that the caller is in."""
    found = select(Channel).where(is_member(caller))
    return found if kind is None else found.where(col(Channel.kind) == kind)


def open_channels(caller: Identity) -> Select[Channel]:
    """What the caller can join: channels in use that are not private."""
    usable = col(Channel.is_private).is_(False), col(Channel.archived_at).is_(None)
    return visible_to(caller).where(*usable, ~is_member(caller))


async def channels_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Channel | None]:
    return await rows_by(session, visible_to(caller), Channel.id, ids)


async def channels_by_course(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Channel | None]:
    return await rows_by(session, visible_to(caller), Channel.course_id, ids)


def channels_of(caller: Identity, order: Sequence[SortColumn]) -> ChildRows[Channel]:
    """The channels that people are in, as far as the caller sees them."""
    joined = visible_to(caller).join(
        ChannelMember, col(ChannelMember.channel_id) == col(Channel.id)
    )
    return ChildRows(joined, Channel, col(ChannelMember.user_id), order)


async def channel_for_update(session: AsyncSession, caller: Identity, id: UUID) -> Channel | None:
    """The channel, held against other writers until the transaction ends."""
    statement = visible_to(caller).where(col(Channel.id) == id).with_for_update(of=Channel)
    return (await session.scalars(statement)).one_or_none()


async def channel(session: AsyncSession, caller: Identity, id: UUID) -> Channel | None:
    return (await session.scalars(visible_to(caller).where(col(Channel.id) == id))).one_or_none()


async def direct_channel(session: AsyncSession, key: str) -> Channel:
    """The channel of two people of whom the caller is one."""
    statement = select(Channel).where(col(Channel.direct_key) == key)
    return (await session.scalars(statement)).one()


# -- members -------------------------------------------------------------------------------------


async def member_for_update(
    session: AsyncSession, channel_id: UUID, user_id: UUID
) -> ChannelMember | None:
    """A member of a channel that the caller sees, held until the transaction ends."""
    statement = _member(channel_id, user_id).with_for_update(of=ChannelMember)
    return (await session.scalars(statement)).one_or_none()


async def member(session: AsyncSession, channel_id: UUID, user_id: UUID) -> ChannelMember | None:
    """A member of a channel that the caller sees."""
    return (await session.scalars(_member(channel_id, user_id))).one_or_none()


def _member(channel_id: UUID, user_id: UUID) -> Select[ChannelMember]:
    return select(ChannelMember).where(
        col(ChannelMember.channel_id) == channel_id, col(ChannelMember.user_id) == user_id
    )


async def own_memberships(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[ChannelMember | None]:
    """The caller in channels."""
    mine = select(ChannelMember).where(col(ChannelMember.user_id) == caller.id)
    return await rows_by(session, mine, ChannelMember.channel_id, ids)


def members_of(caller: Identity, order: Sequence[SortColumn]) -> ChildRows[ChannelMember]:
    """The members of channels that the caller sees."""
    seen = visible_to(caller).with_only_columns(col(Channel.id))
    rows = select(ChannelMember).where(col(ChannelMember.channel_id).in_(seen))
    return ChildRows(rows, ChannelMember, col(ChannelMember.channel_id), order)


async def member_counts(session: AsyncSession, ids: Sequence[UUID]) -> list[int]:
    """Of channels that the caller has seen already."""
    channel = col(ChannelMember.channel_id)
    statement = select(channel, func.count()).where(channel.in_(ids)).group_by(channel)
    counts = {row[0]: row[1] for row in await session.execute(statement)}
    return [counts.get(id, 0) for id in ids]


async def owners(session: AsyncSession, ids: Sequence[UUID]) -> list[UUID | None]:
    """Who owns channels that the caller has seen already."""
    statement = select(ChannelMember.channel_id, ChannelMember.user_id).where(
        col(ChannelMember.channel_id).in_(ids), col(ChannelMember.role) == MemberRole.OWNER
    )
    found = {row[0]: row[1] for row in await session.execute(statement)}
    return [found.get(id) for id in ids]


async def people_of_direct(session: AsyncSession, ids: Sequence[UUID]) -> list[list[UUID]]:
    """The two people of direct channels that the caller has seen already."""
    statement = (
        select(ChannelMember.channel_id, ChannelMember.user_id)
        .where(col(ChannelMember.channel_id).in_(ids))
        .order_by(col(ChannelMember.joined_at), col(ChannelMember.user_id))
    )
    found: dict[UUID, list[UUID]] = {id: [] for id in ids}
    for channel_id, user_id in await session.execute(statement):
        found[channel_id].append(user_id)
    return [found[id] for id in ids]


async def member_ids(session: AsyncSession, channel_id: UUID) -> frozenset[UUID]:
    """The members of a channel that the caller has seen already."""
    of_channel = col(ChannelMember.channel_id) == channel_id
    return frozenset(await session.scalars(select(ChannelMember.user_id).where(of_channel)))


async def successor(session: AsyncSession, channel_id: UUID) -> ChannelMember | None:
    """The new owner of a channel whose owner was deleted: a moderator, otherwise the earliest
    member."""
    is_moderator = col(ChannelMember.role) == MemberRole.MODERATOR
    statement = (
        select(ChannelMember)
        .where(col(ChannelMember.channel_id) == channel_id)
        .order_by(is_moderator.desc(), col(ChannelMember.joined_at), col(ChannelMember.user_id))
        .limit(1)
    )
    return (await session.scalars(statement)).first()


async def owned_count(session: AsyncSession, caller: Identity) -> int:
    """How many channels the caller owns, those of courses left out."""
    statement = (
        select(func.count())
        .select_from(ChannelMember)
        .join(Channel, col(Channel.id) == col(ChannelMember.channel_id))
        .where(
            col(ChannelMember.user_id) == caller.id,
            col(ChannelMember.role) == MemberRole.OWNER,
            col(Channel.course_id).is_(None),
        )
    )
    return (await session.execute(statement)).scalar_one()


async def announced_tier(session: AsyncSession, caller: Identity) -> str | None:
    """What the caller has subscribed to, as far as accounts has announced it."""
    found = await session.get(Subscriber, caller.id)
    return found.tier if found is not None else None


# -- people --------------------------------------------------------------------------------------


def shares_channel(caller: Identity, user_id: object) -> ColumnElement[bool]:
    """Whether somebody is in a channel with the caller; ``user_id`` may be a column."""
    mine, theirs = aliased(ChannelMember), aliased(ChannelMember)
    return exists().where(
        col(mine.user_id) == caller.id,
        col(mine.channel_id) == col(theirs.channel_id),
        col(theirs.user_id) == user_id,
    )


def _is_reachable(caller: Identity) -> ColumnElement[bool]:
    """The condition on ``Person``: of the caller's organization, or in a channel with the
    caller."""
    home = col(Person.organization_id)
    at_home = home == caller.tenant_id if caller.tenant_id else home.is_(None)
    return or_(at_home, shares_channel(caller, col(Person.id)))


async def reachable_people(
    session: AsyncSession, caller: Identity, ids: Collection[UUID]
) -> frozenset[UUID]:
    """Whom of these the caller can write to, or add to channels."""
    wanted = col(Person.id).in_(ids), col(Person.is_active).is_(True), _is_reachable(caller)
    return frozenset(await session.scalars(select(Person.id).where(*wanted)))


async def acquaintances(session: AsyncSession, user_id: UUID) -> frozenset[UUID]:
    """Everybody who is in a channel with somebody, who is among them."""
    mine = select(ChannelMember.channel_id).where(col(ChannelMember.user_id) == user_id)
    statement = select(ChannelMember.user_id).where(col(ChannelMember.channel_id).in_(mine))
    return frozenset(await session.scalars(statement.distinct()))


async def members_called(
    session: AsyncSession, channel_id: UUID, handles: Collection[str]
) -> dict[str, Person]:
    """Who of the members has these handles."""
    of_channel = col(ChannelMember.channel_id) == channel_id
    statement = (
        select(Person)
        .join(ChannelMember, col(ChannelMember.user_id) == col(Person.id))
        .where(of_channel, col(Person.handle).in_(handles), col(Person.is_active).is_(True))
    )
    return {person.handle: person for person in await session.scalars(statement)}


async def own_files(
    session: AsyncSession, caller: Identity, ids: Collection[UUID]
) -> frozenset[UUID]:
    """Which of these files the caller has uploaded."""
    mine = col(File.owner_id) == caller.id, col(File.is_deleted).is_(False)
    return frozenset(await session.scalars(select(File.id).where(col(File.id).in_(ids), *mine)))
