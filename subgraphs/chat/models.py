"""The tables of chat."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid4

import pydantic
from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from trellis.db.models import Timestamped, Versioned, enum_column, new_metadata, utc_now
from trellis.db.personal_data import PersonId
from trellis.schema.directives import Constraint
from trellis.subgraphs.people_scope.people import PersonCopy

# How long texts may be, for columns and inputs alike.
MAX_NAME = 100
ChannelName = Annotated[str, pydantic.Field(max_length=MAX_NAME)]
Description = Annotated[str | None, pydantic.Field(max_length=1_000)]
MAX_CONTENT = 4_000
MessageText = Annotated[str, pydantic.Field(max_length=MAX_CONTENT)]
Language = Annotated[str | None, pydantic.Field(max_length=40)]
REACTION_PATTERN = r"^[a-z0-9_+-]{1,32}$"
ReactionName = Annotated[str, Constraint(pattern=REACTION_PATTERN, max_length=32)]
MAX_ATTACHMENTS = 10


class ChannelKind(StrEnum):
    GROUP = "group"
    DIRECT = "direct"


class MemberRole(StrEnum):
    OWNER = "owner"
    MODERATOR = "moderator"
    MEMBER = "member"


class MessageType(StrEnum):
    """``FILE`` is a message that comes with files and no type of its own, ``SYSTEM`` one that says
    what was done to the channel."""

    TEXT = "text"
    CODE = "code"
    FILE = "file"
    SYSTEM = "system"


class PresenceStatus(StrEnum):
    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


class Base(SQLModel):
    metadata = new_metadata()


class Person(PersonCopy, Base, table=True):
    """Who can be written to and mentioned: ``handle`` is the user name in lower case."""

    handle: str = Field(max_length=64, index=True)


class Subscriber(Base, table=True):
    """What somebody has subscribed to, as accounts announces it; without a row the least tier."""

    __tablename__ = "subscriber"  # type: ignore[assignment]

    user_id: PersonId = Field(primary_key=True)
    tier: str = Field(max_length=32)


class Course(Base, table=True):
    """A course of the subgraph ``learning``. One that was deleted stays, so that a late event
    cannot revive its channel."""

    __tablename__ = "course"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    version: int
    is_deleted: bool = False


class File(Base, table=True):
    """Whose a file of the subgraph ``files`` is: nobody else attaches it."""

    __tablename__ = "file"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    owner_id: PersonId
    version: int
    is_deleted: bool = False


class Channel(Versioned, Timestamped, Base, table=True):
    """``latest_sequence`` is the number of the newest message: sending one increments it, which
    locks the row until the commit. So the messages of a channel have one order.

    ``direct_key`` are the two people of a direct channel, of which there is one for each pair.
    """

    __tablename__ = "channel"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: ChannelKind = Field(sa_type=enum_column(ChannelKind))  # type: ignore[arg-type]
    name: str | None = Field(default=None, max_length=MAX_NAME)
    description: Description = None
    organization_id: UUID | None = None
    course_id: UUID | None = Field(default=None, unique=True)
    direct_key: str | None = Field(default=None, max_length=73, unique=True)
    is_private: bool = True
    archived_at: datetime | None = None
    latest_sequence: int = 0

    __table_args__ = (Index("ix_channel_of_organization", "organization_id", "is_private"),)


class ChannelMember(Base, table=True):
    """``read_sequence`` is the number of the newest message that the member has read."""

    __tablename__ = "channel_member"  # type: ignore[assignment]

    channel_id: UUID = Field(primary_key=True, foreign_key="channel.id", ondelete="CASCADE")
    user_id: PersonId = Field(primary_key=True, index=True)
    role: MemberRole = Field(sa_type=enum_column(MemberRole))  # type: ignore[arg-type]
    read_sequence: int = 0
    joined_at: datetime = Field(default_factory=utc_now)


class Message(Versioned, Timestamped, Base, table=True):
    """One that was deleted stays with its text for those who moderate the channel, until the
    retention of deleted texts ends."""

    __tablename__ = "message"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    channel_id: UUID = Field(foreign_key="channel.id", ondelete="CASCADE")
    sequence: int
    author_id: PersonId
    type: MessageType = Field(sa_type=enum_column(MessageType))  # type: ignore[arg-type]
    content: MessageText
    language: Language = None
    reply_to_id: UUID | None = None
    thread_id: UUID | None = None
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: PersonId | None = None

    __table_args__ = (
        UniqueConstraint("channel_id", "sequence"),
        Index("ix_message_of_thread", "thread_id", "sequence"),
        Index("ix_message_deleted", "deleted_at"),
    )


class MessageRevision(Base, table=True):
    """A text that a message had before it was edited; ``number`` counts from one."""

    __tablename__ = "message_revision"  # type: ignore[assignment]

    message_id: UUID = Field(primary_key=True, foreign_key="message.id", ondelete="CASCADE")
    number: int = Field(primary_key=True)
    content: MessageText
    language: Language = None
    replaced_at: datetime = Field(default_factory=utc_now)

    __table_args__ = (Index("ix_message_revision_replaced", "replaced_at"),)


class MessageMention(Base, table=True):
    """A member whose handle is in the text; ``place`` is the order in which they are there. One who
    ``is_earlier`` is in no text but those that were replaced, as long as these are kept."""

    __tablename__ = "message_mention"  # type: ignore[assignment]

    message_id: UUID = Field(primary_key=True, foreign_key="message.id", ondelete="CASCADE")
    user_id: PersonId = Field(primary_key=True, index=True)
    handle: str = Field(max_length=64)
    place: int
    is_earlier: bool = False


class MessageReaction(Base, table=True):
    """The key is what makes a reaction the only one of its kind by a person."""

    __tablename__ = "message_reaction"  # type: ignore[assignment]

    message_id: UUID = Field(primary_key=True, foreign_key="message.id", ondelete="CASCADE")
    type: str = Field(primary_key=True, max_length=32)
    user_id: PersonId = Field(primary_key=True, index=True)
    created_at: datetime = Field(default_factory=utc_now)


class Typing(Base, table=True):
    """Until when a member was announced as typing."""

    __tablename__ = "typing"  # type: ignore[assignment]

    channel_id: UUID = Field(primary_key=True, foreign_key="channel.id", ondelete="CASCADE")
    user_id: PersonId = Field(primary_key=True, index=True)
    until: datetime


class Presence(Base, table=True):
    """What was announced last about whether somebody is there; without a row they never were."""

    __tablename__ = "presence"  # type: ignore[assignment]

    user_id: PersonId = Field(primary_key=True)
    status: PresenceStatus = Field(sa_type=enum_column(PresenceStatus))  # type: ignore[arg-type]
    since: datetime

    __table_args__ = (Index("ix_presence_status", "status"),)


class PresenceLease(Base, table=True):
    """That somebody is connected to a worker, or has said so, until a moment: see ``leases``."""

    __tablename__ = "presence_lease"  # type: ignore[assignment]

    user_id: PersonId = Field(primary_key=True)
    holder: str = Field(primary_key=True, max_length=36)
    expires_at: datetime = Field(index=True)
