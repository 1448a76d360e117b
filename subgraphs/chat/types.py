"""The types of chat in the graph, and what chat adds to people and courses."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID, Info

from trellis.db.caller_context import CallerContext
from trellis.db.paging import NEWEST_FIRST
from trellis.schema.inputs import as_uuid
from trellis.schema.list_sizes import EITHER_WAY, FORWARD, list_size
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import Reference, load_by_id, load_one
from trellis.subgraphs.chat import models
from trellis.subgraphs.chat.errors import BoundElsewhere, NotPermitted
from trellis.subgraphs.chat.loaders import Loaders
from trellis.subgraphs.chat.message_queries import (
    MOST_PEOPLE,
    OLDEST_FIRST,
    Between,
    ReactionsOfAType,
)
from trellis.subgraphs.chat.models import ChannelKind, MemberRole, MessageType, PresenceStatus
from trellis.subgraphs.chat.queries import LONGEST_MEMBERS_FIRST
from trellis.subgraphs.chat.rights import moderates_as

READ = [["read:channels"]]
WRITE = [["write:channels"]]

# How long lists without a size of their own usually are.
_FEW = list_size(3)
_PAIR = list_size(2)
_PEOPLE = list_size(20)

_CURSOR = (
    "The position of this event in the stream; only in subscriptions. Pass it as `after` to "
    "resume without missing events."
)

Ctx = Info[CallerContext[Loaders], None]


@strawberry.federation.type(keys=["id"])
class User:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ,
        directives=[FORWARD],
        description="Their channels that the caller may see, newest first.",
    )
    async def channels(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> "Connection[Channel] | None":
        page, lists = PageRequest.of(first, after), info.context.loaders.channels
        return Connection.of(channel_of, await lists.load_for(NEWEST_FIRST, self.id, page))

    @strawberry.federation.field(
        requires_scopes=READ,
        description="Their presence; null if they have never been online or share no channel with "
        "the caller.",
    )
    async def presence(self, info: Ctx) -> "Presence | None":
        row = await load_one(info.context.loaders.presence, self.id)
        return Presence.of(row) if row else None


@strawberry.federation.type(requires_scopes=READ)
class Presence:
    user: User | None
    status: PresenceStatus
    since: datetime
    event_cursor: str | None = strawberry.field(default=None, description=_CURSOR)

    @classmethod
    def of(cls, row: models.Presence) -> Self:
        return cls(user=person(row.user_id), status=row.status, since=row.since)


@strawberry.federation.type(keys=["id"])
class Course:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ,
        description="The channel of the course, for those enrolled and the instructor; null for "
        "others.",
    )
    async def channel(self, info: Ctx) -> "GroupChannel | None":
        row = await load_one(info.context.loaders.course_channel, self.id)
        return GroupChannel.of(row) if row else None


@strawberry.type(description="A member of a channel.")
class ChannelMember:
    user: User | None
    role: MemberRole
    joined_at: datetime

    @classmethod
    def of(cls, row: models.ChannelMember) -> Self:
        return cls(user=person(row.user_id), role=row.role, joined_at=row.joined_at)


@strawberry.federation.interface(keys=["id"], description="A conversation: a group, or two people.")
class Channel:
    id: ID
    kind: ChannelKind
    name: str | None = strawberry.field(description="Null for direct channels.")
    description: str | None
    is_private: bool = strawberry.field(description="Visible to members only.")
    archived_at: datetime | None = strawberry.field(description="When it was archived.")
    created_at: datetime
    updated_at: datetime
    version: int = strawberry.field(
        description="Send it with an update to detect concurrent changes."
    )
    latest_sequence: int = strawberry.field(
        description="The sequence number of the newest message."
    )

    @strawberry.field(description="Whether it is archived and read-only.")
    def is_archived(self) -> bool:
        return self.archived_at is not None

    @strawberry.field
    async def member_count(self, info: Ctx) -> int:
        return await info.context.loaders.member_counts.load(UUID(self.id))

    @strawberry.federation.field(
        directives=[FORWARD], description="In the order in which they joined."
    )
    async def members(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> Connection[ChannelMember] | None:
        page, lists = PageRequest.of(first, after), info.context.loaders.members
        found = await lists.load_for(LONGEST_MEMBERS_FIRST, self.id, page)
        return Connection.of(ChannelMember.of, found)

    @strawberry.field(
        description="The role of the caller in it; null unless the caller is a member."
    )
    async def my_role(self, info: Ctx) -> MemberRole | None:
        row = await info.context.loaders.own_membership.load(UUID(self.id))
        return row.role if row else None

    @strawberry.field(
        description="The sequence number of the newest message that the caller has read; null "
        "unless the caller is a member."
    )
    async def read_sequence(self, info: Ctx) -> int | None:
        row = await info.context.loaders.own_membership.load(UUID(self.id))
        return row.read_sequence if row else None

    @strawberry.field
    async def latest_message(self, info: Ctx) -> "Message | None":
        row = await info.context.loaders.latest_message.load(UUID(self.id))
        return Message.of(row) if row else None

    @strawberry.federation.field(
        directives=[EITHER_WAY],
        description="Newest first; with ids of messages of the channel, only those before or "
        "after them.",
    )
    async def messages(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        before_message: ID | None = None,
        after_message: ID | None = None,
    ) -> "Connection[Message] | None":
        page = PageRequest.of(first, after, last, before)
        within = Between(
            after=await self._place(info, "afterMessage", after_message),
            before=await self._place(info, "beforeMessage", before_message),
        )
        found = await info.context.loaders.messages.load_for(within, self.id, page)
        return Connection.of(Message.of, found)

    async def _place(self, info: Ctx, field: str, id: ID | None) -> int | None:
        if id is None:
            return None
        place = await load_one(info.context.loaders.place, id)
        if place is None or place[0] != as_uuid(self.id):
            raise BoundElsewhere(field)
        return place[1]

    @classmethod
    def of(cls, row: models.Channel) -> Self:
        return cls(
            id=ID(str(row.id)),
            kind=row.kind,
            name=row.name,
            description=row.description,
            is_private=row.is_private,
            archived_at=row.archived_at,
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
            latest_sequence=row.latest_sequence,
        )

    @classmethod
    async def resolve_references(
        cls, info: Ctx, references: list[Reference]
    ) -> list["Channel | None"]:
        """Of the interface, which is what subgraphs refer to that add fields to all channels."""
        rows = await load_by_id(info.context.loaders.channel, references)
        return [channel_of(row) if row else None for row in rows]


@strawberry.federation.type(
    keys=["id"],
    requires_scopes=READ,
    description="A channel with a name, for any number of people.",
)
class GroupChannel(Channel):
    course: Course | None = strawberry.field(
        default=None, description="The course that the channel belongs to; null for others."
    )

    @strawberry.field(description="Null where the account of the owner was deleted.")
    async def owner(self, info: Ctx) -> User | None:
        found = await info.context.loaders.owners.load(UUID(self.id))
        return person(found) if found else None

    @strawberry.federation.field(
        directives=[FORWARD],
        description="Deleted messages, newest first; for moderators of the channel. Their texts "
        "are removed after a retention period.",
    )
    async def deleted_messages(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> "Connection[Message] | None":
        if not await moderates(info, UUID(self.id)):
            raise NotPermitted("the owner, moderators and administrators")
        page, lists = PageRequest.of(first, after), info.context.loaders.messages
        return Connection.of(Message.of, await lists.load_for("deleted", self.id, page))

    @classmethod
    def of(cls, row: models.Channel) -> Self:
        found = super().of(row)
        found.course = Course(id=ID(str(row.course_id))) if row.course_id else None
        return found


@strawberry.federation.type(
    keys=["id"], requires_scopes=READ, description="A channel between two people."
)
class DirectChannel(Channel):
    @strawberry.federation.field(
        directives=[_PAIR], description="Both members; one if the account of the other was deleted."
    )
    async def participants(self, info: Ctx) -> list[User | None] | None:
        ids = await info.context.loaders.people_of_direct.load(UUID(self.id))
        return [person(id) for id in ids]

    @strawberry.field(name="with", description="The other member.")
    async def partner(self, info: Ctx) -> User | None:
        ids = await info.context.loaders.people_of_direct.load(UUID(self.id))
        return next((person(id) for id in ids if id != info.context.caller.id), None)


def channel_of(row: models.Channel) -> Channel:
    """The row as what it is."""
    kind = GroupChannel if row.kind is ChannelKind.GROUP else DirectChannel
    return kind.of(row)


@strawberry.type(description="A member whose @username appears in the text.")
class MessageMention:
    user: User | None
    handle: str = strawberry.field(description="The username at the time of writing.")

    @classmethod
    def of(cls, row: models.MessageMention) -> Self:
        return cls(user=person(row.user_id), handle=row.handle)


@strawberry.type(description="The text of a message before an edit.")
class MessageRevision:
    content: str
    language: str | None
    replaced_at: datetime

    @classmethod
    def of(cls, row: models.MessageRevision) -> Self:
        return cls(content=row.content, language=row.language, replaced_at=row.replaced_at)


@strawberry.type(description="All reactions of one type to a message.")
class MessageReaction:
    message_id: strawberry.Private[UUID]
    type: str = strawberry.field(description="The name of an emoji, such as thumbs_up.")
    count: int
    has_mine: bool = strawberry.field(description="Whether the caller has this reaction.")

    @strawberry.field(
        directives=[list_size(MOST_PEOPLE)],
        description=f"The users who reacted, earliest first; at most {MOST_PEOPLE}.",
    )
    async def user_ids(self, info: Ctx) -> list[ID]:
        return [ID(str(id)) for id in await self._people(info)]

    @strawberry.federation.field(directives=[_PEOPLE], description="The same as userIds.")
    async def users(self, info: Ctx) -> list[User | None] | None:
        return [person(id) for id in await self._people(info)]

    async def _people(self, info: Ctx) -> list[UUID]:
        return await info.context.loaders.reacting_people.load((self.message_id, self.type))

    @classmethod
    def of(cls, group: ReactionsOfAType) -> Self:
        return cls(
            message_id=group.message_id,
            type=group.type,
            count=group.count,
            has_mine=group.has_mine,
        )


@strawberry.federation.type(keys=["id"], requires_scopes=READ)
class Message:
    id: ID
    channel_id: ID
    sequence: int = strawberry.field(
        description="Its sequence number in the channel, starting with 1."
    )
    author: User | None
    type: MessageType
    content: str
    language: str | None = strawberry.field(description="The language of code.")
    reply_to_id: ID | None
    thread_id: ID | None = strawberry.field(
        description="The first message of the thread; null for that message itself, and for "
        "messages in no thread."
    )
    edited_at: datetime | None
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int = strawberry.field(
        description="Send it with an edit to detect concurrent changes."
    )
    deleted_by_id: strawberry.Private[UUID | None] = None
    event_cursor: str | None = strawberry.field(default=None, description=_CURSOR)

    @strawberry.field
    async def channel(self, info: Ctx) -> Channel | None:
        row = await load_one(info.context.loaders.channel, self.channel_id)
        return channel_of(row) if row else None

    @strawberry.field(description="Who deleted it.")
    def deleted_by(self) -> User | None:
        return person(self.deleted_by_id) if self.deleted_by_id else None

    @strawberry.field(description="The message it replies to; null if that was deleted.")
    async def reply_to(self, info: Ctx) -> "Message | None":
        row = await load_one(info.context.loaders.message, self.reply_to_id or "")
        return Message.of(row) if row else None

    @strawberry.federation.field(
        directives=[EITHER_WAY],
        description="The replies of the thread that it started, oldest first.",
    )
    async def replies(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> "Connection[Message] | None":
        page, lists = PageRequest.of(first, after, last, before), info.context.loaders.replies
        return Connection.of(Message.of, await lists.load_for(OLDEST_FIRST, self.id, page))

    @strawberry.field
    async def reply_count(self, info: Ctx) -> int:
        return await info.context.loaders.reply_counts.load(UUID(self.id))

    @strawberry.federation.field(
        directives=[_FEW], description="By type, in the order of their first reactions."
    )
    async def reactions(self, info: Ctx) -> list[MessageReaction]:
        groups = await info.context.loaders.reactions.load(UUID(self.id))
        return [MessageReaction.of(group) for group in groups]

    @strawberry.federation.field(directives=[_FEW], description="In the order of the text.")
    async def mentions(self, info: Ctx) -> list[MessageMention]:
        rows = await info.context.loaders.mentions.load(UUID(self.id))
        return [MessageMention.of(row) for row in rows]

    @strawberry.federation.field(
        directives=[_FEW],
        description="Its previous texts, oldest first; for its author and moderators of the "
        "channel, empty for others. They are removed after a retention period.",
    )
    async def revisions(self, info: Ctx) -> list[MessageRevision]:
        is_mine = self.author is not None and self.author.id == str(info.context.caller.id)
        if not is_mine and not await moderates(info, UUID(self.channel_id)):
            return []
        rows = await info.context.loaders.revisions.load(UUID(self.id))
        return [MessageRevision.of(row) for row in rows]

    @classmethod
    def of(cls, row: models.Message, *, event_cursor: str | None = None) -> Self:
        return cls(
            id=ID(str(row.id)),
            channel_id=ID(str(row.channel_id)),
            sequence=row.sequence,
            author=person(row.author_id),
            type=row.type,
            content=row.content,
            language=row.language,
            reply_to_id=ID(str(row.reply_to_id)) if row.reply_to_id else None,
            thread_id=ID(str(row.thread_id)) if row.thread_id else None,
            edited_at=row.edited_at,
            deleted_at=row.deleted_at,
            deleted_by_id=row.deleted_by,
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
            event_cursor=event_cursor,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.message, references)
        return [cls.of(row) if row else None for row in rows]


@strawberry.federation.type(requires_scopes=READ, description="A person who is typing.")
class Typing:
    channel_id: ID
    user: User | None
    until: datetime = strawberry.field(
        description="When the indication expires, unless it is repeated."
    )
    event_cursor: str | None = strawberry.field(default=None, description=_CURSOR)


def person(id: UUID) -> User:
    return User(id=ID(str(id)))


async def moderates(info: Ctx, channel_id: UUID) -> bool:
    """Whether the caller looks after what is in a channel, as far as they see it."""
    row = await info.context.loaders.channel.load(channel_id)
    if row is None:
        return False
    member = await info.context.loaders.own_membership.load(channel_id)
    return moderates_as(info.context.caller, row, member)
