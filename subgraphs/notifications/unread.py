"""How many messages of a channel somebody has not read: numbers that events of chat carry."""

from uuid import UUID

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import col

from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.chat import (
    ChannelDeleted,
    ChannelMemberAdded,
    ChannelMemberRemoved,
    ChannelRead,
    ChatEvent,
    MessageDeleted,
    MessageSent,
)
from trellis.subgraphs.notifications.models import ChatChannel, ChatMember, DeletedMessage

COUNTED = (
    ChannelMemberAdded,
    ChannelMemberRemoved,
    ChannelRead,
    ChannelDeleted,
    MessageSent,
    MessageDeleted,
)
"""Every event that may change what is unread."""


async def count(uow: UnitOfWork, event: ChatEvent) -> None:
    """Keep what an event says about channels, in whatever order and however often they come."""
    match event:
        case ChannelMemberAdded():
            await _join(uow, event)
        case ChannelMemberRemoved():
            await uow.session.execute(delete(ChatMember).where(*_member(event, event.user_id)))
        case ChannelRead():
            await _read(uow, event, event.user_id, event.sequence)
        case MessageSent():
            await _grow(uow, event)
            await _read(uow, event, event.author_id, event.sequence)
        case MessageDeleted():
            gone = DeletedMessage(channel_id=event.channel_id, sequence=event.sequence)
            await uow.session.merge(gone)
        case ChannelDeleted():
            for table in (ChatMember, DeletedMessage):
                here = col(table.channel_id) == event.channel_id
                await uow.session.execute(delete(table).where(here))
            here = col(ChatChannel.id) == event.channel_id
            await uow.session.execute(delete(ChatChannel).where(here))


async def _join(uow: UnitOfWork, event: ChannelMemberAdded) -> None:
    known = await uow.session.get(ChatMember, (event.channel_id, event.user_id))
    if known is not None:  # with another role
        known.read_sequence = max(known.read_sequence, event.sequence)
        return
    member = ChatMember(
        channel_id=event.channel_id, user_id=event.user_id, read_sequence=event.sequence
    )
    uow.session.add(member)
    await uow.session.flush()


async def _read(uow: UnitOfWork, event: ChatEvent, user_id: UUID, sequence: int) -> None:
    further = col(ChatMember.read_sequence) < sequence
    moved = update(ChatMember).where(*_member(event, user_id), further)
    await uow.session.execute(moved.values(read_sequence=sequence))


async def _grow(uow: UnitOfWork, event: MessageSent) -> None:
    known = await uow.session.get(ChatChannel, event.channel_id)
    if known is None:
        uow.session.add(ChatChannel(id=event.channel_id, latest_sequence=event.sequence))
    else:
        known.latest_sequence = max(known.latest_sequence, event.sequence)
    await uow.session.flush()


def _member(event: ChatEvent, user_id: UUID) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(ChatMember.channel_id) == event.channel_id, col(ChatMember.user_id) == user_id
