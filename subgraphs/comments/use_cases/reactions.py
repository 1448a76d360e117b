"""Reacting to a comment with a sign."""

from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.db.upsert import insert_into
from trellis.schema.events.comments import ReactionAdded, ReactionRemoved
from trellis.schema.identity import Identity
from trellis.subgraphs.comments import queries
from trellis.subgraphs.comments.errors import MissingIssueComment
from trellis.subgraphs.comments.event_fields import about
from trellis.subgraphs.comments.models import Comment, Reaction, ReactionType


async def add_reaction(
    uow: UnitOfWork, caller: Identity, comment_id: UUID, type: ReactionType
) -> Comment:
    """React to a comment that the caller sees; once more of the same changes nothing."""
    assert caller.id is not None
    comment = await _visible(uow, caller, comment_id)
    row = {
        "comment_id": comment.id,
        "type": type,
        "user_id": caller.id,
        "created_at": utc_now(),
    }
    # The key decides between writers that come at once: those after the first insert nothing.
    once = insert_into(uow.session, Reaction).values(row).on_conflict_do_nothing()
    if (await uow.session.execute(once)).rowcount:  # type: ignore[attr-defined]
        uow.emit(ReactionAdded(**about(comment), user_id=caller.id, type=type.value))
    return comment


async def remove_reaction(
    uow: UnitOfWork, caller: Identity, comment_id: UUID, type: ReactionType
) -> Comment:
    """Take a reaction of the caller back; without one nothing changes."""
    assert caller.id is not None
    comment = await _visible(uow, caller, comment_id)
    mine = (
        col(Reaction.comment_id) == comment.id,
        col(Reaction.type) == type,
        col(Reaction.user_id) == caller.id,
    )
    if (await uow.session.execute(delete(Reaction).where(*mine))).rowcount:  # type: ignore[attr-defined]
        uow.emit(ReactionRemoved(**about(comment), user_id=caller.id, type=type.value))
    return comment


async def _visible(uow: UnitOfWork, caller: Identity, id: UUID) -> Comment:
    """The comment, kept from being deleted. Raises ``CommentNotFound`` unless it is visible."""
    comment = await queries.comment_to_react(uow.session, caller, id)
    if comment is None:
        raise MissingIssueComment(id)
    return comment
