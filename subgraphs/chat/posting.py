"""What people write on its way through the moderator, who is asked outside of transactions: it may
take seconds, for which no other transaction should wait."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from trellis.db.caller_context import CallerContext
from trellis.schema.errors import Unauthenticated
from trellis.subgraphs.chat import message_queries, queries
from trellis.subgraphs.chat.errors import (
    ChannelArchived,
    ChannelNotFound,
    MessageNotFound,
    NotAMember,
    NotPermitted,
)
from trellis.subgraphs.chat.loaders import Loaders
from trellis.subgraphs.chat.models import Message, MessageType
from trellis.subgraphs.chat.moderation import Draft, moderate, moderator_of
from trellis.subgraphs.chat.rights import is_author
from trellis.subgraphs.chat.settings import ChatSettings
from trellis.subgraphs.chat.use_cases.messages import NewMessage, edit_message, send_message

Context = CallerContext[Loaders]


async def send(context: Context, channel_id: UUID, new: NewMessage) -> Message:
    """Send a message that the moderator accepts. What the caller may not send is not shown to it.

    Raises ``ContentRefused`` and what ``send_message`` raises.
    """
    author = _author(context)
    await context.with_news(lambda: _require_member(context, channel_id))
    draft = Draft(content=new.content, type=new.type, channel_id=channel_id, author_id=author)
    context.end_dry_run()  # a moderator may be a service of others
    await moderate(moderator_of(ChatSettings.from_environment()), draft)
    return await context.transact(send_message, channel_id, new)


async def edit(
    context: Context, id: UUID, changes: Mapping[str, Any], *, version: int | None = None
) -> Message:
    """Edit a message of the caller: its content, and maybe its language. Raises
    ``ContentRefused`` and what ``edit_message`` raises."""
    author = _author(context)
    async with context.storage.read() as session:
        message = await message_queries.message(session, context.caller, id)
    if message is None:
        raise MessageNotFound(id)
    if not is_author(context.caller, message) or message.type is MessageType.SYSTEM:
        raise NotPermitted("the author")
    draft = Draft(
        content=changes["content"],
        type=message.type,
        channel_id=message.channel_id,
        author_id=author,
    )
    context.end_dry_run()  # a moderator may be a service of others
    await moderate(moderator_of(ChatSettings.from_environment()), draft)
    return await context.transact(edit_message, id, changes, version=version)


def _author(context: Context) -> UUID:
    if context.caller.id is None:
        raise Unauthenticated("Log in to change anything.")
    return context.caller.id


async def _require_member(context: Context, channel_id: UUID) -> None:
    assert context.caller.id is not None
    async with context.storage.read() as session:
        channel = await queries.channel(session, context.caller, channel_id)
        if channel is None:
            raise ChannelNotFound(channel_id)
        if await queries.member(session, channel_id, context.caller.id) is None:
            raise NotAMember
    if channel.archived_at is not None:
        raise ChannelArchived
