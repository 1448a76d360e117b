"""What the events of chat say about channels and messages."""

from typing import TypedDict
from uuid import UUID

from trellis.schema.events.chat import ChannelMemberAdded, ChannelState
from trellis.subgraphs.chat.models import Channel, ChannelMember, Message


class AboutChannel(TypedDict):
    """The fields of ``ChannelEvent``."""

    channel_id: UUID
    version: int
    state: ChannelState


class AboutMessage(TypedDict):
    """The fields of ``MessageEvent``."""

    channel_id: UUID
    message_id: UUID
    author_id: UUID
    sequence: int
    version: int


def about(channel: Channel) -> AboutChannel:
    state = ChannelState(
        kind=channel.kind.value,
        name=channel.name,
        organization_id=channel.organization_id,
        course_id=channel.course_id,
        is_private=channel.is_private,
        is_archived=channel.archived_at is not None,
    )
    return {"channel_id": channel.id, "version": channel.version, "state": state}


def about_message(message: Message) -> AboutMessage:
    return {
        "channel_id": message.channel_id,
        "message_id": message.id,
        "author_id": message.author_id,
        "sequence": message.sequence,
        "version": message.version,
    }


def member_added(member: ChannelMember) -> ChannelMemberAdded:
    return ChannelMemberAdded(
        channel_id=member.channel_id,
        user_id=member.user_id,
        role=member.role.value,
        sequence=member.read_sequence,
    )
