"""Events about channels, messages and presence, in the stream of the subgraph ``chat``.

They say that something was written, never what: texts stay in the subgraph, where they can be
edited and deleted. All events of a channel have its id as their key, so they keep their order.

Messages of a channel are numbered from one without gaps (``sequence``). What is unread for a member
are the messages after the last ``sequence`` of ``channel.member_added`` or ``channel.read`` about
them, or of a message of their own, without those that were deleted.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from trellis.schema.events.event import Event

STREAM = "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """What other subgraphs may store of a channel.

    ``kind`` is group or direct; direct channels have no name. ``course_id`` is set for the channel
    of a course. A channel that is not private is visible to everybody of ``organization_id``, or to
    everybody without an organization if it is null.
    """

    kind: str
    name: str | None
    organization_id: UUID | None
    course_id: UUID | None
    is_private: bool
    is_archived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatEvent(Event):
    """Something that happened in a channel."""

    channel_id: UUID

    @property
    def key(self) -> str:
        return str(self.channel_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelEvent(ChatEvent):
    """Carries the state: keep that with the greatest ``version``."""

    version: int
    state: ChannelState


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCreated(ChannelEvent):
    """Its first members are announced by events of their own, after this one."""

    topic: ClassVar[str] = "channel.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelUpdated(ChannelEvent):
    topic: ClassVar[str] = "channel.updated"
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDeleted(ChannelEvent):
    """Its members and messages are gone with it, without events of their own."""

    topic: ClassVar[str] = "channel.deleted"


CHANNEL_STATES: tuple[type[ChannelEvent], ...] = (ChannelCreated, ChannelUpdated, ChannelDeleted)
"""Every event with the state of a channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipEvent(ChatEvent):
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMemberAdded(MembershipEvent):
    """``role`` is owner, moderator or member; the same person may be announced again with another
    role. Messages up to ``sequence`` do not count as unread."""

    topic: ClassVar[str] = "channel.member_added"
    role: str
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMemberRemoved(MembershipEvent):
    topic: ClassVar[str] = "channel.member_removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRead(MembershipEvent):
    """The member has read everything up to ``sequence``, which only grows."""

    topic: ClassVar[str] = "channel.read"
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TypingStarted(MembershipEvent):
    """The member is typing; ``until`` then, unless it is announced again."""

    topic: ClassVar[str] = "typing.started"
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEvent(ChatEvent):
    message_id: UUID
    author_id: UUID
    sequence: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSent(MessageEvent):
    """``type`` is text, code, file or system; ``thread_id`` is the first message of the thread that
    a reply belongs to. ``attachment_ids`` name files of the subgraph ``files``. ``recipient_ids``
    are the other people of a direct channel; it is empty for group channels."""

    topic: ClassVar[str] = "message.sent"
    type: str
    reply_to_id: UUID | None
    thread_id: UUID | None
    attachment_ids: tuple[UUID, ...] = ()
    recipient_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdited(MessageEvent):
    topic: ClassVar[str] = "message.edited"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeleted(MessageEvent):
    topic: ClassVar[str] = "message.deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMentioned(MessageEvent):
    """A member of the channel is mentioned in a message for the first time; one event for each."""

    topic: ClassVar[str] = "user.mentioned"
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReactionAdded(MessageEvent):
    topic: ClassVar[str] = "message.reaction_added"
    user_id: UUID
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReactionRemoved(MessageEvent):
    topic: ClassVar[str] = "message.reaction_removed"
    user_id: UUID
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceChanged(Event):
    """``status`` is online, away or offline, since ``since``."""

    topic: ClassVar[str] = "presence.changed"
    user_id: UUID
    status: str
    since: datetime

    @property
    def key(self) -> str:
        return str(self.user_id)
