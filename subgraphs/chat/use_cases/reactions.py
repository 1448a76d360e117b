"""Reacting to a message with a sign."""

from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.db.upsert import insert_into
from trellis.schema.events.chat import MessageReactionAdded, MessageReactionRemoved
from trellis.schema.identity import Identity
from trellis.subgraphs.chat import message_queries
from trellis.subgraphs.chat.errors import MessageNotFound, TooManyReactions
from trellis.subgraphs.chat.event_fields import about_message
from trellis.subgraphs.chat.models import Message, MessageReaction
from trellis.subgraphs.chat.rights import hold_membership

MAX_TYPES = 50
"""Kinds of reactions to one message: they are shown in a row below it."""


async def add_reaction(uow: UnitOfWork, caller: Identity, message_id: UUID, type: str) -> Message:
    """React to a message as a member of its channel; once more of the same changes nothing."""
    assert caller.id is not None
    message = await _answerable(uow, caller, message_id)
    types = await message_queries.reaction_types(uow.session, message.id)
    if type not in types and len(types) >= MAX_TYPES:
        raise TooManyReactions(MAX_TYPES)
    row = {
        "message_id": message.id,
        "type": type,
        "user_id": caller.id,
        "created_at": utc_now(),
    }
    # The key decides between writers that come at once: those after the first insert nothing.
    once = insert_into(uow.session, MessageReaction).values(row).on_conflict_do_nothing()
    if (await uow.session.execute(once)).rowcount:  # type: ignore[attr-defined]
        uow.emit(MessageReactionAdded(**about_message(message), user_id=caller.id, type=type))
    return message


async def remove_reaction(
    uow: UnitOfWork, caller: Identity, message_id: UUID, type: str
) -> Message:
    """Take a reaction of the caller back; without one nothing changes."""
    assert caller.id is not None
    message = await _answerable(uow, caller, message_id)
    mine = (
        col(MessageReaction.message_id) == message.id,
        col(MessageReaction.type) == type,
        col(MessageReaction.user_id) == caller.id,
    )
    if (await uow.session.execute(delete(MessageReaction).where(*mine))).rowcount:  # type: ignore[attr-defined]
        uow.emit(MessageReactionRemoved(**about_message(message), user_id=caller.id, type=type))
    return message


async def _answerable(uow: UnitOfWork, caller: Identity, id: UUID) -> Message:
    """The message, kept from being deleted; the caller is in its channel."""
    message = await message_queries.message_to_react(uow.session, caller, id)
    if message is None:
        raise MessageNotFound(id)
    await hold_membership(uow, caller, message.channel_id)
    return message
