"""Writing, changing and deleting a comment."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select

from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.comments import CommentCreated, CommentDeleted, CommentUpdated
from trellis.schema.identity import Identity
from trellis.subgraphs.comments import queries
from trellis.subgraphs.comments.errors import (
    MISSING_SUBJECTS,
    CommentChanged,
    CommentHasReplies,
    CommentNotYours,
    MissingIssueComment,
    ParentNotHere,
)
from trellis.subgraphs.comments.event_fields import about, state_of
from trellis.subgraphs.comments.mentions import add_mentions, find_mentions
from trellis.subgraphs.comments.models import (
    Comment,
    CommentMention,
    DeletedComment,
    Subject,
    SubjectType,
)
from trellis.subgraphs.comments.queries import PROJECTS, SubjectRef


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComment:
    """A checked request for a comment; with ``parent_id`` it is a reply."""

    subject: SubjectRef
    content: str
    parent_id: UUID | None = None


async def create_comment(uow: UnitOfWork, caller: Identity, new: NewComment) -> Comment:
    """Write a comment on something that the caller sees."""
    assert caller.id is not None
    subject = await queries.subject_for_comment(uow.session, caller, new.subject)
    if subject is None:
        raise MISSING_SUBJECTS[new.subject.type](new.subject.id)
    if new.parent_id is not None:
        # Held, so that it is not deleted while it is answered.
        parent = await queries.comment_for_update(uow.session, caller, new.parent_id)
        if parent is None or parent.subject_id != subject.id:
            raise ParentNotHere
    mentioned = await find_mentions(uow.session, subject, new.content)
    comment = Comment(
        subject_id=subject.id,
        subject_type=subject.type,
        project_id=subject.project_id,
        parent_id=new.parent_id,
        author_id=caller.id,
        content=new.content,
    )
    uow.session.add(comment)
    await uow.session.flush()
    add_mentions(uow.session, comment.id, mentioned)
    uow.emit(CommentCreated(**about(comment), state=state_of(comment, mentioned)))
    return comment


async def update_comment(
    uow: UnitOfWork, caller: Identity, id: UUID, content: str, *, version: int | None = None
) -> Comment:
    """Give a comment of the caller another text. With ``version`` it must still have that."""
    comment = await visible(uow, caller, id)
    if comment.author_id != caller.id:
        raise CommentNotYours("the author")
    if version is not None and comment.version != version:
        raise CommentChanged(comment.version)
    if content == comment.content:
        return comment
    subject = await uow.session.get_one(Subject, comment.subject_id)
    mentioned = await find_mentions(uow.session, subject, content)
    before = await _forget_mentions(uow, comment)
    comment.content, comment.is_edited = content, True
    await uow.session.flush()
    add_mentions(uow.session, comment.id, mentioned)
    uow.emit(
        CommentUpdated(
            **about(comment),
            state=state_of(comment, mentioned),
            newly_mentioned_ids=tuple(
                one.user_id for one in mentioned if one.user_id not in before
            ),
        )
    )
    return comment


async def delete_comment(uow: UnitOfWork, caller: Identity, id: UUID) -> Comment:
    """Remove a comment that nobody has answered: for its author and those who manage the
    project."""
    comment = await visible(uow, caller, id)
    if comment.author_id != caller.id and not (
        comment.project_id and await PROJECTS.manages(uow.session, caller, comment.project_id)
    ):
        raise CommentNotYours("the author and those who manage the project")
    # Nobody answers it meanwhile: whoever does that holds it.
    replies = select(Comment.id).where(col(Comment.parent_id) == id).limit(1)
    if (await uow.session.execute(replies)).first() is not None:
        raise CommentHasReplies
    if comment.subject_type is SubjectType.ISSUE:
        uow.session.add(DeletedComment(id=comment.id))
    gone = CommentDeleted(**about(comment))
    await uow.session.delete(comment)
    await uow.session.flush()
    uow.emit(gone)
    return comment


async def visible(uow: UnitOfWork, caller: Identity, id: UUID) -> Comment:
    """The comment, held for update. Raises ``CommentNotFound`` unless the caller sees it."""
    comment = await queries.comment_for_update(uow.session, caller, id)
    if comment is None:
        raise MissingIssueComment(id)
    return comment


async def _forget_mentions(uow: UnitOfWork, comment: Comment) -> frozenset[UUID]:
    """Who was mentioned until now."""
    [rows] = await queries.mentions_by_comment(uow.session, [comment.id])
    of_comment = col(CommentMention.comment_id) == comment.id
    await uow.session.execute(delete(CommentMention).where(of_comment))
    for row in rows:
        uow.session.expunge(row)
    return frozenset(row.user_id for row in rows)
