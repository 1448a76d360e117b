"""Joining and leaving channels, who may do what in them, and what was read."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select as select_columns
from sqlmodel import col

from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.chat import ChannelMemberRemoved, ChannelRead
from trellis.schema.identity import Identity
from trellis.subgraphs.chat import message_queries, queries
from trellis.subgraphs.chat.errors import (
    BoundElsewhere,
    ChannelArchived,
    NotPermitted,
    OwnerStays,
    PersonNotFound,
    TooManyMembers,
)
from trellis.subgraphs.chat.event_fields import member_added
from trellis.subgraphs.chat.models import Channel, ChannelMember, MemberRole
from trellis.subgraphs.chat.rights import (
    hold_membership,
    hold_open_group,
    require_moderator,
    require_owner,
)

MAX_MEMBERS = 10_000
"""Of one channel: more than anybody reads along with; each gets every message."""


async def join_channel(uow: UnitOfWork, caller: Identity, id: UUID) -> Channel:
    """Become a member of a channel that is not private, or that the caller administers."""
    assert caller.id is not None
    channel = await hold_open_group(uow, caller, id)
    await _add(uow, channel, [caller.id])
    return channel


async def add_members(
    uow: UnitOfWork, caller: Identity, id: UUID, user_ids: Sequence[UUID]
) -> Channel:
    """Add people whom the caller can write to: for moderators of the channel."""
    channel = await hold_open_group(uow, caller, id)
    await require_moderator(uow, caller, channel)
    reachable = await queries.reachable_people(uow.session, caller, user_ids)
    for user_id in user_ids:
        if user_id not in reachable:
            raise PersonNotFound(user_id)
    await _add(uow, channel, list(dict.fromkeys(user_ids)))
    return channel


async def leave_channel(uow: UnitOfWork, caller: Identity, id: UUID) -> Channel:
    """Stop being a member; without effect for others. The owner cannot."""
    assert caller.id is not None
    channel = await hold_open_group(uow, caller, id)
    member = await queries.member_for_update(uow.session, id, caller.id)
    if member is not None:
        if member.role is MemberRole.OWNER:
            raise OwnerStays
        await drop(uow, member)
    return channel


async def remove_member(uow: UnitOfWork, caller: Identity, id: UUID, user_id: UUID) -> Channel:
    """Remove a member from a channel: for whoever moderates it, except for its owner."""
    channel = await hold_open_group(uow, caller, id)
    await require_moderator(uow, caller, channel)
    member = await queries.member_for_update(uow.session, id, user_id)
    if member is not None:
        if member.role is MemberRole.OWNER:
            raise OwnerStays
        await drop(uow, member)
    return channel


async def set_role(
    uow: UnitOfWork, caller: Identity, id: UUID, user_id: UUID, role: MemberRole
) -> Channel:
    """Say what a member may do: for the owner, who becomes a moderator by naming another one."""
    channel = await hold_open_group(uow, caller, id)
    await require_owner(uow, caller, channel)
    member = await queries.member_for_update(uow.session, id, user_id)
    if member is None:
        raise PersonNotFound(user_id)
    if member.role is role:
        return channel
    if member.role is MemberRole.OWNER:
        raise NotPermitted("somebody who is made the owner instead")
    if role is MemberRole.OWNER:
        [owner_id] = await queries.owners(uow.session, [id])
        if owner_id is not None:
            owner = await queries.member_for_update(uow.session, id, owner_id)
            assert owner is not None
            owner.role = MemberRole.MODERATOR
            uow.emit(member_added(owner))
    member.role = role
    await uow.session.flush()
    uow.emit(member_added(member))
    return channel


async def mark_read(
    uow: UnitOfWork, caller: Identity, channel_id: UUID, message_id: UUID | None
) -> ChannelMember:
    """Note that the caller has read everything up to a message, or all there is. A marker only
    moves forward."""
    member = await hold_membership(uow, caller, channel_id)
    if message_id is None:
        newest = select_columns(col(Channel.latest_sequence)).where(col(Channel.id) == channel_id)
        sequence: int = (await uow.session.execute(newest)).scalar_one()
    else:
        [place] = await message_queries.places_by_id(uow.session, caller, [message_id])
        if place is None or place[0] != channel_id:
            raise BoundElsewhere("messageId")
        sequence = place[1]
    if sequence > member.read_sequence:
        member.read_sequence = sequence
        await uow.session.flush()
        uow.emit(ChannelRead(channel_id=channel_id, user_id=member.user_id, sequence=sequence))
    return member


async def drop(uow: UnitOfWork, member: ChannelMember) -> None:
    """Remove a member of a channel that is held."""
    gone = ChannelMemberRemoved(channel_id=member.channel_id, user_id=member.user_id)
    await uow.session.delete(member)
    await uow.session.flush()
    uow.emit(gone)


async def _add(uow: UnitOfWork, channel: Channel, user_ids: Collection[UUID]) -> None:
    """Add those who are not in a channel that is held, so that nobody else does it at once."""
    if channel.archived_at is not None:
        raise ChannelArchived
    known = await queries.member_ids(uow.session, channel.id)
    new = [id for id in user_ids if id not in known]
    if len(known) + len(new) > MAX_MEMBERS:
        raise TooManyMembers(MAX_MEMBERS)
    for id in new:
        await add(uow, channel, id)


async def add(
    uow: UnitOfWork, channel: Channel, user_id: UUID, role: MemberRole = MemberRole.MEMBER
) -> None:
    """Add somebody who is not in a channel that is held; nothing in it is unread for them."""
    member = ChannelMember(
        channel_id=channel.id, user_id=user_id, role=role, read_sequence=channel.latest_sequence
    )
    uow.session.add(member)
    await uow.session.flush()
    uow.emit(member_added(member))
