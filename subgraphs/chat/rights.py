"""Who may do what in a channel that they see."""

from uuid import UUID

from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.identity import Identity
from trellis.subgraphs.chat import queries
from trellis.subgraphs.chat.errors import (
    ChannelNotFound,
    DirectChannelFixed,
    KeptByCourse,
    NotAMember,
    NotPermitted,
)
from trellis.subgraphs.chat.models import Channel, ChannelKind, ChannelMember, MemberRole, Message

MODERATOR = "moderator"
"""The role of people who moderate whatever channels they see, beside administrators."""

_MANAGERS = frozenset({MemberRole.OWNER, MemberRole.MODERATOR})


async def hold_channel(uow: UnitOfWork, caller: Identity, id: UUID) -> Channel:
    """The channel, held against other writers. Raises ``ChannelNotFound``."""
    channel = await queries.channel_for_update(uow.session, caller, id)
    if channel is None:
        raise ChannelNotFound(id)
    return channel


async def hold_group(uow: UnitOfWork, caller: Identity, id: UUID) -> Channel:
    """The same for what direct channels do not have: settings and changing members."""
    channel = await hold_channel(uow, caller, id)
    if channel.kind is ChannelKind.DIRECT:
        raise DirectChannelFixed
    return channel


async def hold_open_group(uow: UnitOfWork, caller: Identity, id: UUID) -> Channel:
    """The same for a channel whose members are chosen by people."""
    channel = await hold_group(uow, caller, id)
    if channel.course_id is not None:
        raise KeptByCourse
    return channel


async def hold_membership(uow: UnitOfWork, caller: Identity, channel_id: UUID) -> ChannelMember:
    """The caller in a channel, held against other writers, so that the caller stays in it until
    the transaction ends. Raises ``ChannelNotFound`` or ``NotAMember``."""
    assert caller.id is not None
    await require_seen(uow, caller, channel_id)
    member = await queries.member_for_update(uow.session, channel_id, caller.id)
    if member is None:
        raise NotAMember
    return member


async def require_seen(uow: UnitOfWork, caller: Identity, channel_id: UUID) -> None:
    """Raises ``ChannelNotFound`` unless the caller sees the channel."""
    if await queries.channel(uow.session, caller, channel_id) is None:
        raise ChannelNotFound(channel_id)


async def require_moderator(uow: UnitOfWork, caller: Identity, channel: Channel) -> None:
    """Raises ``NotPermitted`` unless the caller may change what is in the channel: its owner, its
    moderators, people with the role of a moderator, administrators."""
    if not await moderates(uow, caller, channel):
        raise NotPermitted("the owner, moderators and administrators")


async def moderates(uow: UnitOfWork, caller: Identity, channel: Channel) -> bool:
    """See ``moderates_as``."""
    assert caller.id is not None
    member = await queries.member(uow.session, channel.id, caller.id)
    return moderates_as(caller, channel, member)


def moderates_as(caller: Identity, channel: Channel, member: ChannelMember | None) -> bool:
    """Whether the caller, who is ``member`` of a channel that they see, looks after what is in it,
    which in direct channels nobody does."""
    if channel.kind is ChannelKind.DIRECT:
        return False
    is_manager = member is not None and member.role in _MANAGERS
    return is_manager or caller.is_admin or MODERATOR in caller.roles


async def require_owner(uow: UnitOfWork, caller: Identity, channel: Channel) -> None:
    """Raises ``NotPermitted`` unless the caller owns the channel or is an administrator."""
    assert caller.id is not None
    if caller.is_admin:
        return
    member = await queries.member(uow.session, channel.id, caller.id)
    if member is None or member.role is not MemberRole.OWNER:
        raise NotPermitted("the owner and administrators")


def is_author(caller: Identity, message: Message) -> bool:
    return message.author_id == caller.id
