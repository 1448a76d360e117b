"""Sending, editing and deleting messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.chat import (
    MessageDeleted,
    MessageEdited,
    MessageSent,
    UserMentioned,
)
from trellis.schema.identity import Identity
from trellis.subgraphs.chat import message_queries, queries
from trellis.subgraphs.chat.errors import (
    ChannelArchived,
    FileNotYours,
    MessageChanged,
    MessageNotFound,
    NotPermitted,
    ReplyElsewhere,
)
from trellis.subgraphs.chat.event_fields import about_message
from trellis.subgraphs.chat.mentions import add_mentions, find_mentions
from trellis.subgraphs.chat.models import (
    Channel,
    ChannelKind,
    ChannelMember,
    Message,
    MessageMention,
    MessageRevision,
    MessageType,
)
from trellis.subgraphs.chat.rights import (
    hold_membership,
    is_author,
    moderates,
    require_seen,
)
from trellis.subgraphs.people_scope.mentions import Mentioned


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A checked request for a message that the moderator has accepted."""

    content: str
    type: MessageType = MessageType.TEXT
    language: str | None = None
    reply_to_id: UUID | None = None
    attachments: Sequence[UUID] = ()


async def send_message(
    uow: UnitOfWork, caller: Identity, channel_id: UUID, new: NewMessage
) -> Message:
    """Write a message into a channel that the caller is in; with ``reply_to_id`` into the thread of
    that message. The author has then read everything before it."""
    assert caller.id is not None
    await require_seen(uow, caller, channel_id)
    # The channel before its member, in the order in which members are removed.
    sequence = await _next_sequence(uow, channel_id)
    member = await hold_membership(uow, caller, channel_id)
    reply_to = await _answered(uow, caller, channel_id, new.reply_to_id)
    await _require_own_files(uow, caller, new.attachments)
    mentioned = await find_mentions(uow.session, channel_id, new.content)
    message = Message(
        channel_id=channel_id,
        sequence=sequence,
        author_id=caller.id,
        type=new.type,
        content=new.content,
        language=new.language,
        reply_to_id=new.reply_to_id,
        thread_id=None if reply_to is None else reply_to.thread_id or reply_to.id,
    )
    uow.session.add(message)
    await uow.session.flush()
    add_mentions(uow.session, message.id, mentioned)
    await _announce(uow, message, member, new.attachments)
    _announce_mentions(uow, message, mentioned)
    return message


async def edit_message(
    uow: UnitOfWork,
    caller: Identity,
    id: UUID,
    changes: Mapping[str, Any],
    *,
    version: int | None = None,
) -> Message:
    """Give a message of the caller another ``content``, and ``language`` if it is code; what was
    there before stays in its history. Raises ``MessageChanged`` unless it still has ``version``, if
    that is given."""
    message = await _visible(uow, caller, id)
    if not is_author(caller, message) or message.type is MessageType.SYSTEM:
        raise NotPermitted("the author")
    await hold_membership(uow, caller, message.channel_id)
    await _require_in_use(uow, message.channel_id)
    if version is not None and message.version != version:
        raise MessageChanged(message.version)
    content, language = changes["content"], changes.get("language", message.language)
    if message.type is not MessageType.CODE:
        content, language = content.strip(), None
    if (content, language) == (message.content, message.language):
        return message
    mentioned = await find_mentions(uow.session, message.channel_id, content)
    before = await _replace_mentions(uow, message, mentioned)
    replaced = MessageRevision(
        message_id=id,
        number=await message_queries.latest_revision(uow.session, id) + 1,
        content=message.content,
        language=message.language,
    )
    uow.session.add(replaced)
    message.content, message.language, message.edited_at = content, language, utc_now()
    await uow.session.flush()
    uow.emit(MessageEdited(**about_message(message)))
    _announce_mentions(uow, message, [one for one in mentioned if one.user_id not in before])
    return message


async def delete_message(uow: UnitOfWork, caller: Identity, id: UUID) -> Message:
    """Take a message away: for its author and those who moderate the channel, who can still look
    it up for a while."""
    assert caller.id is not None
    message = await _visible(uow, caller, id)
    if not is_author(caller, message):
        channel = await uow.session.get_one(Channel, message.channel_id)
        if not await moderates(uow, caller, channel):
            raise NotPermitted("the author, moderators and administrators")
    message.deleted_at, message.deleted_by = utc_now(), caller.id
    await uow.session.flush()
    uow.emit(MessageDeleted(**about_message(message)))
    return message


async def write_system_message(
    uow: UnitOfWork, caller: Identity, channel: Channel, content: str
) -> None:
    """Say in a channel what the caller has done to it."""
    assert caller.id is not None
    message = Message(
        channel_id=channel.id,
        sequence=await _next_sequence(uow, channel.id),
        author_id=caller.id,
        type=MessageType.SYSTEM,
        content=content,
    )
    uow.session.add(message)
    await uow.session.flush()
    await uow.session.refresh(channel, ["latest_sequence", "updated_at"])
    member = await queries.member_for_update(uow.session, channel.id, caller.id)
    await _announce(uow, message, member, ())


async def _next_sequence(uow: UnitOfWork, channel_id: UUID) -> int:
    """The number of the next message. The row of the channel is held from now on, so messages are
    committed and announced in the order of their numbers. Raises ``ChannelArchived``."""
    in_use = col(Channel.id) == channel_id, col(Channel.archived_at).is_(None)
    latest = col(Channel.latest_sequence)
    statement = (
        update(Channel).where(*in_use).values(latest_sequence=latest + 1).returning(latest)
    ).execution_options(synchronize_session=False)
    sequence: int | None = (await uow.session.execute(statement)).scalar_one_or_none()
    if sequence is None:
        raise ChannelArchived
    return sequence


async def _announce(
    uow: UnitOfWork,
    message: Message,
    sender: ChannelMember | None,
    attachments: Sequence[UUID],
) -> None:
    recipients: Sequence[UUID] = ()
    channel = await uow.session.get_one(Channel, message.channel_id)
    if channel.kind is ChannelKind.DIRECT:
        people = await queries.member_ids(uow.session, channel.id)
        recipients = tuple(sorted(people - {message.author_id}))
    uow.emit(
        MessageSent(
            **about_message(message),
            type=message.type.value,
            reply_to_id=message.reply_to_id,
            thread_id=message.thread_id,
            attachment_ids=tuple(attachments),
            recipient_ids=tuple(recipients),
        )
    )
    if sender is not None:
        sender.read_sequence = message.sequence
        await uow.session.flush()


def _announce_mentions(uow: UnitOfWork, message: Message, mentioned: Sequence[Mentioned]) -> None:
    for one in mentioned:
        if one.user_id != message.author_id:
            uow.emit(UserMentioned(**about_message(message), user_id=one.user_id))


async def _answered(
    uow: UnitOfWork, caller: Identity, channel_id: UUID, id: UUID | None
) -> Message | None:
    """The message that is answered, kept from being deleted until the transaction ends."""
    if id is None:
        return None
    message = await message_queries.message_to_react(uow.session, caller, id)
    if message is None or message.channel_id != channel_id:
        raise ReplyElsewhere
    return message


async def _require_own_files(uow: UnitOfWork, caller: Identity, ids: Sequence[UUID]) -> None:
    known = await queries.own_files(uow.session, caller, ids) if ids else frozenset[UUID]()
    for id in ids:
        if id not in known:
            raise FileNotYours(id)


async def _require_in_use(uow: UnitOfWork, channel_id: UUID) -> None:
    channel = await uow.session.get_one(Channel, channel_id)
    if channel.archived_at is not None:
        raise ChannelArchived


async def _visible(uow: UnitOfWork, caller: Identity, id: UUID) -> Message:
    """The message, held for update. Raises ``MessageNotFound`` unless the caller sees it."""
    message = await message_queries.message_for_update(uow.session, caller, id)
    if message is None:
        raise MessageNotFound(id)
    return message


async def _replace_mentions(
    uow: UnitOfWork, message: Message, mentioned: Sequence[Mentioned]
) -> frozenset[UUID]:
    """Who was mentioned until now. They are kept beside the earlier text, whose handles have to go
    when one of them does."""
    of_message = col(MessageMention.message_id) == message.id
    known = (await uow.session.scalars(select(MessageMention).where(of_message))).all()
    before = frozenset(row.user_id for row in known if not row.is_earlier)
    now = {one.user_id for one in mentioned}
    for row in known:
        row.is_earlier = True
        if row.user_id in now:
            await uow.session.delete(row)
    await uow.session.flush()
    add_mentions(uow.session, message.id, mentioned)
    return before
