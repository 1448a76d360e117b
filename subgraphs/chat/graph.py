"""Chat in the graph: the root fields, and the subgraph that the router runs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import RequiresScopes

from trellis.db.jobs import Job
from trellis.db.storage import Storage
from trellis.db.subgraph import MakeSubgraph, define_subgraph
from trellis.schema.dialects import dialect_tags
from trellis.schema.directives import Live
from trellis.schema.inputs import Id, InputProblems, known_id
from trellis.schema.list_sizes import EITHER_WAY
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import load_one
from trellis.subgraphs.chat import feed, models, posting, presence, queries, replicas, seed
from trellis.subgraphs.chat.errors import ChannelNotFound, MessageNotFound, PersonNotFound
from trellis.subgraphs.chat.inputs import (
    MAX_PEOPLE_AT_ONCE,
    CreateChannelInput,
    EditMessageInput,
    SendMessageInput,
    UpdateChannelInput,
    ids,
    reaction,
)
from trellis.subgraphs.chat.loaders import Loaders
from trellis.subgraphs.chat.models import ChannelKind, MemberRole, PresenceStatus, ReactionName
from trellis.subgraphs.chat.settings import SETTINGS, ChatSettings
from trellis.subgraphs.chat.types import (
    READ,
    WRITE,
    Channel,
    Ctx,
    DirectChannel,
    GroupChannel,
    Message,
    Presence,
    Typing,
    channel_of,
    person,
)
from trellis.subgraphs.chat.use_cases import channels, members, messages, reactions, upkeep
from trellis.subgraphs.chat.use_cases.typing import start_typing

_PURGE_SECONDS = 3_600.0


@strawberry.type
class ChannelPayload:
    channel: GroupChannel


@strawberry.type
class DirectChannelPayload:
    channel: DirectChannel


@strawberry.type
class DeleteChannelPayload:
    deleted_channel_id: ID


@strawberry.type
class MarkChannelReadPayload:
    channel: Channel | None


@strawberry.type
class MessagePayload:
    message: Message


@strawberry.type
class DeleteMessagePayload:
    deleted_message_id: ID


@strawberry.type
class StartTypingPayload:
    typing: Typing


@strawberry.type
class SetPresencePayload:
    presence: Presence


@strawberry.type
class Query:
    @strawberry.federation.field(requires_scopes=READ, directives=[EITHER_WAY])
    async def channels(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        skip: int | None = None,
        kind: ChannelKind | None = None,
    ) -> Connection[Channel] | None:
        """The channels that the caller is in, newest first."""
        page = PageRequest.of(first, after, last, before, skip)
        statement = queries.own_channels(info.context.caller, kind)
        return Connection.of(channel_of, await info.context.page(statement, models.Channel, page))

    @strawberry.federation.field(requires_scopes=READ, directives=[EITHER_WAY])
    async def direct_messages(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        skip: int | None = None,
    ) -> Connection[DirectChannel] | None:
        """The caller's channels with one other person, newest first."""
        page = PageRequest.of(first, after, last, before, skip)
        statement = queries.own_channels(info.context.caller, ChannelKind.DIRECT)
        found = await info.context.page(statement, models.Channel, page)
        return Connection.of(DirectChannel.of, found)

    @strawberry.federation.field(requires_scopes=READ, directives=[EITHER_WAY])
    async def channels_to_join(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        skip: int | None = None,
    ) -> Connection[GroupChannel] | None:
        """Channels that are not private and that the caller is not in, newest first."""
        page = PageRequest.of(first, after, last, before, skip)
        statement = queries.open_channels(info.context.caller)
        found = await info.context.page(statement, models.Channel, page)
        return Connection.of(GroupChannel.of, found)

    @strawberry.federation.field(requires_scopes=READ)
    async def channel(self, info: Ctx, id: ID) -> Channel | None:
        row = await load_one(info.context.loaders.channel, id)
        return channel_of(row) if row else None

    @strawberry.federation.field(requires_scopes=READ)
    async def message(self, info: Ctx, id: ID) -> Message | None:
        row = await load_one(info.context.loaders.message, id)
        return Message.of(row) if row else None


@strawberry.type
class Mutation:
    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def create_channel(self, info: Ctx, input: CreateChannelInput) -> ChannelPayload | None:
        """Make a channel that the caller owns."""
        row = await info.context.transact(channels.create_channel, input.checked())
        return ChannelPayload(channel=GroupChannel.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def open_direct_message(self, info: Ctx, user_id: Id) -> DirectChannelPayload | None:
        """The caller's channel with another person, created if it does not exist."""
        problems = InputProblems()
        wanted = problems.id("userId", user_id)
        problems.raise_any()
        row = await info.context.transact(channels.open_direct_channel, wanted)
        return DirectChannelPayload(channel=DirectChannel.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_channel(
        self, info: Ctx, id: ID, input: UpdateChannelInput
    ) -> ChannelPayload | None:
        """For those who moderate the channel."""
        changes, wanted = input.checked(), known_id(id, ChannelNotFound)
        row = await info.context.transact(
            channels.update_channel, wanted, changes, version=input.version
        )
        return ChannelPayload(channel=GroupChannel.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def archive_channel(self, info: Ctx, id: ID) -> ChannelPayload | None:
        """Let the channel be read only; for its owner. CONFLICT when it is archived already."""
        wanted = known_id(id, ChannelNotFound)
        row = await info.context.transact(channels.archive_channel, wanted)
        return ChannelPayload(channel=GroupChannel.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def restore_channel(self, info: Ctx, id: ID) -> ChannelPayload | None:
        """Let an archived channel be written to again; for its owner."""
        wanted = known_id(id, ChannelNotFound)
        row = await info.context.transact(channels.restore_channel, wanted)
        return ChannelPayload(channel=GroupChannel.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def delete_channel(self, info: Ctx, id: ID) -> DeleteChannelPayload | None:
        """Remove the channel with all that is in it; for its owner."""
        wanted = known_id(id, ChannelNotFound)
        await info.context.transact(channels.delete_channel, wanted)
        return DeleteChannelPayload(deleted_channel_id=ID(str(wanted)))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def join_channel(self, info: Ctx, id: ID) -> ChannelPayload | None:
        """Become a member of a channel that is not private."""
        wanted = known_id(id, ChannelNotFound)
        row = await info.context.transact(members.join_channel, wanted)
        return ChannelPayload(channel=GroupChannel.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def leave_channel(self, info: Ctx, id: ID) -> DeleteChannelPayload | None:
        """Stop being a member. CONFLICT for the owner."""
        wanted = known_id(id, ChannelNotFound)
        await info.context.transact(members.leave_channel, wanted)
        return DeleteChannelPayload(deleted_channel_id=ID(str(wanted)))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def add_channel_members(
        self, info: Ctx, id: ID, user_ids: list[ID]
    ) -> ChannelPayload | None:
        """For those who moderate the channel; people of their organization."""
        problems, wanted = InputProblems(), known_id(id, ChannelNotFound)
        people = ids(problems, "userIds", user_ids, MAX_PEOPLE_AT_ONCE)
        problems.raise_any()
        row = await info.context.transact(members.add_members, wanted, people)
        return ChannelPayload(channel=GroupChannel.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def remove_channel_member(self, info: Ctx, id: ID, user_id: ID) -> ChannelPayload | None:
        """For those who moderate the channel. CONFLICT for its owner."""
        wanted, who = known_id(id, ChannelNotFound), known_id(user_id, PersonNotFound)
        row = await info.context.transact(members.remove_member, wanted, who)
        return ChannelPayload(channel=GroupChannel.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def set_channel_role(
        self, info: Ctx, id: ID, user_id: ID, role: MemberRole
    ) -> ChannelPayload | None:
        """For the owner, who becomes a moderator by transferring the ownership."""
        wanted, who = known_id(id, ChannelNotFound), known_id(user_id, PersonNotFound)
        row = await info.context.transact(members.set_role, wanted, who, role)
        return ChannelPayload(channel=GroupChannel.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def mark_channel_read(
        self, info: Ctx, id: ID, message_id: ID | None = None
    ) -> MarkChannelReadPayload | None:
        """Note that the caller has read everything up to a message, or all there is."""
        wanted = known_id(id, ChannelNotFound)
        last = known_id(message_id, MessageNotFound) if message_id is not None else None
        await info.context.transact(members.mark_read, wanted, last)
        row = await info.context.loaders.channel.load(wanted)
        return MarkChannelReadPayload(channel=channel_of(row) if row else None)

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def send_message(self, info: Ctx, input: SendMessageInput) -> MessagePayload | None:
        """Write into a channel that the caller is in. CONFLICT while it is archived."""
        row = await posting.send(info.context, *input.checked())
        return MessagePayload(message=Message.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def edit_message(
        self, info: Ctx, id: ID, input: EditMessageInput
    ) -> MessagePayload | None:
        """For its author."""
        changes, wanted = input.checked(), known_id(id, MessageNotFound)
        row = await posting.edit(info.context, wanted, changes, version=input.version)
        return MessagePayload(message=Message.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def delete_message(self, info: Ctx, id: ID) -> DeleteMessagePayload | None:
        """For its author and those who moderate the channel."""
        wanted = known_id(id, MessageNotFound)
        await info.context.transact(messages.delete_message, wanted)
        return DeleteMessagePayload(deleted_message_id=ID(str(wanted)))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def add_message_reaction(
        self, info: Ctx, id: ID, type: ReactionName
    ) -> MessagePayload | None:
        """Of the caller to a message; the same again changes nothing."""
        sign, wanted = reaction(type), known_id(id, MessageNotFound)
        row = await info.context.transact(reactions.add_reaction, wanted, sign)
        return MessagePayload(message=Message.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def remove_message_reaction(
        self, info: Ctx, id: ID, type: ReactionName
    ) -> MessagePayload | None:
        wanted = known_id(id, MessageNotFound)
        row = await info.context.transact(reactions.remove_reaction, wanted, type)
        return MessagePayload(message=Message.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def start_typing(self, info: Ctx, channel_id: ID) -> StartTypingPayload | None:
        """Let others in the channel know that the caller is typing; again every few seconds, as
        long as that is so."""
        wanted = known_id(channel_id, ChannelNotFound)
        started = await info.context.transact(start_typing, wanted)
        typing = Typing(
            channel_id=ID(str(wanted)), user=person(started.user_id), until=started.until
        )
        return StartTypingPayload(typing=typing)

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def set_presence(self, info: Ctx, status: PresenceStatus) -> SetPresencePayload | None:
        """Say whether the caller is there. Who holds a subscription of chat is there by that;
        others call it again within 30 seconds."""
        row = await presence.declare(info.context, status)
        return SetPresencePayload(presence=Presence.of(row))


@strawberry.type
class Subscription:
    @strawberry.subscription(directives=[RequiresScopes(scopes=READ), Live(resumed_by=["after"])])
    async def message_sent(
        self, info: Ctx, channel_id: ID, after: str | None = None
    ) -> AsyncGenerator[Message | None, None]:
        """Each message that is sent to the channel, in its order, each once.

        Ends with NOT_FOUND when the channel is gone or the caller may not see it any more. With
        ``after`` (an ``eventCursor``) it begins with what was missed.
        """
        wanted = known_id(channel_id, ChannelNotFound)
        async with aclosing(feed.sent_messages(info.context, wanted, after)) as rows:
            async for row, cursor in rows:
                yield Message.of(row, event_cursor=cursor)

    @strawberry.subscription(directives=[RequiresScopes(scopes=READ), Live(resumed_by=["after"])])
    async def presence_changed(
        self, info: Ctx, channel_id: ID | None = None, after: str | None = None
    ) -> AsyncGenerator[Presence | None, None]:
        """Who comes and goes, of the people who are in a channel with the caller, or of those in
        one channel.

        With ``after`` (an ``eventCursor``) it begins with what was missed.
        """
        wanted = known_id(channel_id, ChannelNotFound) if channel_id is not None else None
        async with aclosing(feed.presence_changes(info.context, wanted, after)) as changes:
            async for change, cursor in changes:
                yield Presence(
                    user=person(change.user_id),
                    status=PresenceStatus(change.status),
                    since=change.since,
                    event_cursor=cursor,
                )

    @strawberry.subscription(directives=[RequiresScopes(scopes=READ), Live(resumed_by=["after"])])
    async def typing_started(
        self, info: Ctx, channel_id: ID, after: str | None = None
    ) -> AsyncGenerator[Typing | None, None]:
        """Others who are typing in the channel. Ends with NOT_FOUND like messageSent.

        With ``after`` (an ``eventCursor``) it begins with those who have begun since then and are
        still typing.
        """
        wanted = known_id(channel_id, ChannelNotFound)
        async with aclosing(feed.typing_people(info.context, wanted, after)) as people:
            async for started, cursor in people:
                yield Typing(
                    channel_id=ID(str(wanted)),
                    user=person(started.user_id),
                    until=started.until,
                    event_cursor=cursor,
                )


async def _purge(storage: Storage) -> None:
    await upkeep.purge_texts(storage, ChatSettings.from_environment().deleted_kept)


JOBS = (
    Job(
        "presence in chat",
        presence.RENEW_SECONDS,
        presence.keep_presence,
        check=ChatSettings.from_environment,
    ),
    Job("removal of deleted texts", _PURGE_SECONDS, _purge),
)


def define(jobs: tuple[Job, ...]) -> MakeSubgraph:
    """How to make the subgraph with what it does again and again while it runs."""
    return define_subgraph(
        "chat",
        models.Base,
        Query,
        Mutation,
        Subscription,
        loaders=Loaders,
        replicas=replicas.REPLICAS,
        seed=seed.write_demo_data,
        jobs=jobs,
        env_settings=SETTINGS,
        types=[GroupChannel, DirectChannel],
        tags=dialect_tags(),
    )


make_subgraph = define(JOBS)

subgraph = make_subgraph()
