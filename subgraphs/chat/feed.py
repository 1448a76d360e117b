"""What happens in a channel, for those who follow it: subscriptions that resume where they ended.

Each event has a position in the stream. A client that resumes after its last event gets what it
missed and nothing twice, however often it reconnects.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Generic, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary, ref

from trellis.db.caller_context import CallerContext
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope
from trellis.db.storage import Storage
from trellis.schema.background import start_reported
from trellis.schema.errors import Unauthenticated
from trellis.schema.events.chat import (
    ChannelDeleted,
    ChannelMemberAdded,
    ChannelMemberRemoved,
    ChannelUpdated,
    MessageSent,
    PresenceChanged,
    TypingStarted,
)
from trellis.subgraphs.chat import message_queries, queries
from trellis.subgraphs.chat.errors import ChannelNotFound
from trellis.subgraphs.chat.loaders import Loaders
from trellis.subgraphs.chat.models import Message
from trellis.subgraphs.chat.presence import being_there

Context = CallerContext[Loaders]
Found = TypeVar("Found")

_LOADED_AT_ONCE = 64
_CURRENT_SECONDS = 1.0  # after that a message is read again: it may have been edited
_RIGHTS = frozenset({ChannelUpdated.topic, ChannelDeleted.topic})
_CHANGES = _RIGHTS | {ChannelMemberAdded.topic, ChannelMemberRemoved.topic}


async def sent_messages(
    context: Context, channel_id: UUID, after: str | None
) -> AsyncGenerator[tuple[Message, str]]:
    """Each message that is sent to the channel, with the event's cursor; use it inside
    ``aclosing``. With ``after``, such a cursor, it begins with what was missed.

    Raises ``ChannelNotFound`` when the channel is gone or the caller may not see it any more.
    """
    sent = _shared(context.storage).sent
    async with aclosing(_events_of(context, channel_id, after)) as events:
        async for event in events:
            if event.topic == MessageSent.topic:
                message = await sent.load(event, UUID(event.payload["message_id"]))
                if message is not None:
                    context.refresh()
                    yield message, event.cursor


async def typing_people(
    context: Context, channel_id: UUID, after: str | None
) -> AsyncGenerator[tuple[TypingStarted, str]]:
    """Others who are typing in the channel. Raises ``ChannelNotFound`` like ``sent_messages``."""
    async with aclosing(_events_of(context, channel_id, after)) as events:
        async for event in events:
            if event.topic == TypingStarted.topic:
                started = TypingStarted.read(event.payload)
                if started.user_id != context.caller.id and started.until > utc_now():
                    yield started, event.cursor


async def presence_changes(
    context: Context, channel_id: UUID | None, after: str | None
) -> AsyncGenerator[tuple[PresenceChanged, str]]:
    """Who comes and goes: of the members of the channel, or of all people who are in a channel with
    the caller. Raises ``ChannelNotFound`` like ``sent_messages``."""
    if context.caller.id is None:
        raise Unauthenticated("Log in to see who is there.")
    people = await context.with_news(lambda: _people(context, channel_id))
    async with (
        being_there(context.storage, context.caller),
        aclosing(context.storage.events(after)) as events,
    ):
        async for event in events:
            if event.topic in _CHANGES:
                people = await _people_after(event, context, channel_id, people)
            elif event.topic == PresenceChanged.topic and UUID(event.key) in people:
                yield PresenceChanged.read(event.payload), event.cursor


async def _events_of(
    context: Context, channel_id: UUID, after: str | None
) -> AsyncGenerator[Envelope]:
    """What happens in a channel as long as the caller sees it. That is looked up when it begins and
    whenever an event may have changed it: all of them are in this stream, in order."""
    if context.caller.id is None:
        raise Unauthenticated("Log in to read along.")
    await context.with_news(lambda: _see_channel(context, channel_id))
    key, me = str(channel_id), str(context.caller.id)
    async with (
        being_there(context.storage, context.caller),
        aclosing(context.storage.events(after)) as events,
    ):
        async for event in events:
            if event.key != key:
                continue
            is_about_me = event.payload.get("user_id") == me
            if event.topic in _RIGHTS or (
                event.topic == ChannelMemberRemoved.topic and is_about_me
            ):
                await _see_channel(context, channel_id)
            yield event


async def _see_channel(context: Context, channel_id: UUID) -> None:
    async with context.storage.read() as session:
        if await queries.channel(session, context.caller, channel_id) is None:
            raise ChannelNotFound(channel_id)


async def _people(context: Context, channel_id: UUID | None) -> frozenset[UUID]:
    async with context.storage.read() as session:
        if channel_id is None:
            assert context.caller.id is not None
            return await queries.acquaintances(session, context.caller.id)
        if await queries.channel(session, context.caller, channel_id) is None:
            raise ChannelNotFound(channel_id)
        return await queries.member_ids(session, channel_id)


async def _people_after(
    event: Envelope, context: Context, channel_id: UUID | None, people: frozenset[UUID]
) -> frozenset[UUID]:
    """Whose presence the caller gets after a change of a channel. Most of what thousands would each
    ask the database is in the event, or asked once for all of them."""
    if channel_id is not None and event.key != str(channel_id):
        return people
    if event.topic == ChannelUpdated.topic and channel_id is None:
        return people  # its members are the same
    # A deleted channel has no events about its members.
    if event.topic in _RIGHTS or UUID(event.payload["user_id"]) == context.caller.id:
        return await _people(context, channel_id)
    user_id = UUID(event.payload["user_id"])
    if channel_id is not None:
        is_near = event.topic == ChannelMemberAdded.topic
    else:
        is_near = context.caller.id in await _shared(context.storage).near.load(event, user_id)
    return people | {user_id} if is_near else people - {user_id}


class OncePerEvent(Generic[Found]):
    """What follows from an event, loaded once for all who hear of it: thousands may, and each would
    read the same rows."""

    def __init__(self, storage: Storage, load: Callable[[Storage, UUID], Awaitable[Found]]) -> None:
        # Not the storage itself, which this is kept beside for as long as it lives.
        self._storage = ref(storage)
        self._load = load
        self._loaded: OrderedDict[str, tuple[float, asyncio.Task[Found]]] = OrderedDict()

    async def load(self, event: Envelope, id: UUID) -> Found:
        """What is there under ``id``, or was a moment ago."""
        now = asyncio.get_running_loop().time()
        known = self._loaded.get(event.cursor)
        if known is not None and now - known[0] < _CURRENT_SECONDS:
            task = known[1]
        else:
            task = start_reported(self._find(id), name="load for subscribers")
            self._loaded[event.cursor] = now, task
            if len(self._loaded) > _LOADED_AT_ONCE:
                self._loaded.popitem(last=False)
        # Whoever leaves does not end it for the others.
        return await asyncio.shield(task)

    async def _find(self, id: UUID) -> Found:
        storage = self._storage()
        assert storage is not None, "whoever asks has it"
        return await self._load(storage, id)


async def _sent_message(storage: Storage, id: UUID) -> Message | None:
    async with storage.read() as session:
        return await message_queries.sent_message(session, id)


async def _acquaintances(storage: Storage, user_id: UUID) -> frozenset[UUID]:
    async with storage.read() as session:
        return await queries.acquaintances(session, user_id)


class Shared:
    """What the subscriptions of one subgraph in this process share: messages that were just sent,
    None for those that were deleted, and who is near somebody who has come or gone."""

    def __init__(self, storage: Storage) -> None:
        self.sent = OncePerEvent(storage, _sent_message)
        self.near = OncePerEvent(storage, _acquaintances)


_kept: WeakKeyDictionary[Storage, Shared] = WeakKeyDictionary()


def _shared(storage: Storage) -> Shared:
    found = _kept.get(storage)
    if found is None:
        found = _kept[storage] = Shared(storage)
    return found
