"""What happens to comments without anybody asking for it: news of subjects and people."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, select

from trellis.db.outbox import outbox_of
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.comments import (
    CommentCreated,
    CommentDeleted,
    CommentMoved,
    CommentUpdated,
    ReactionRemoved,
)
from trellis.schema.events.issues import BackfilledComment, CommentAdded, CommentsBackfilled
from trellis.subgraphs.comments import queries
from trellis.subgraphs.comments.event_fields import about, state_of
from trellis.subgraphs.comments.mentions import add_mentions, find_mentions
from trellis.subgraphs.comments.models import (
    Base,
    Comment,
    CommentMention,
    DeletedComment,
    FileShare,
    Project,
    Reaction,
    Subject,
    SubjectType,
)
from trellis.subgraphs.people_scope.mentions import Mentioned, without_handle

_FORGOTTEN = "@deleted-user"


async def keep_subject(uow: UnitOfWork, new: Subject) -> None:
    """Store what is new about a subject; one that is gone stays so, and its comments go with it."""
    if new.project_id is not None:
        project = await uow.session.get(Project, new.project_id)
        new.is_deleted = new.is_deleted or (project is not None and project.is_deleted)
    known = await uow.session.get(Subject, new.id, with_for_update=True)
    if known is not None and (known.is_deleted or known.version > new.version):
        return
    if new.is_deleted:
        new.owner_id = None
    await uow.session.merge(new)
    await uow.session.flush()
    if new.is_deleted:
        await _delete_comments_on(uow, new.id)


async def keep_project(uow: UnitOfWork, project_id: UUID) -> None:
    """A project can be commented on as soon as it is known."""
    new = Subject(id=project_id, type=SubjectType.PROJECT, project_id=project_id)
    await keep_subject(uow, new)


async def delete_comments_of(uow: UnitOfWork, project_id: UUID) -> None:
    """Remove all comments on a project that was deleted and on what belongs to it. No event:
    readers take the project's."""
    # The subjects first: who is just commenting on one holds it, who comes later finds none.
    of_project = col(Subject.project_id) == project_id
    await uow.session.execute(
        update(Subject).where(of_project).values(is_deleted=True, owner_id=None)
    )
    files = select(Subject.id).where(of_project)
    await uow.session.execute(delete(FileShare).where(col(FileShare.file_id).in_(files)))
    await uow.session.execute(delete(Comment).where(col(Comment.project_id) == project_id))


async def apply_comment(uow: UnitOfWork, event: CommentAdded) -> None:
    """Keep a comment that was written by way of the subgraph of issues a moment ago."""
    if event.content is None or event.created_at is None:
        return  # of an earlier release: it comes again in a CommentsBackfilled
    found = BackfilledComment(
        comment_id=event.comment_id,
        issue_id=event.issue_id,
        project_id=event.project_id,
        author_id=event.author_id,
        content=event.content,
        created_at=event.created_at,
        updated_at=event.created_at,
    )
    if (kept := await _keep_comment(uow, found)) is not None:
        comment, mentioned = kept
        uow.emit(CommentCreated(**about(comment), state=state_of(comment, mentioned)))


async def apply_backfilled(uow: UnitOfWork, event: CommentsBackfilled) -> None:
    """Keep comments that were written before this subgraph was there."""
    for found in event.comments:
        if (kept := await _keep_comment(uow, found)) is not None:
            comment, mentioned = kept
            uow.emit(CommentMoved(**about(comment), state=state_of(comment, mentioned)))


async def _keep_comment(
    uow: UnitOfWork, found: BackfilledComment
) -> tuple[Comment, Sequence[Mentioned]] | None:
    """With who is mentioned; None if it is or was here already, or its issue is gone."""
    issue = Subject(id=found.issue_id, type=SubjectType.ISSUE, project_id=found.project_id)
    await keep_subject(uow, issue)
    subject = await uow.session.get_one(Subject, found.issue_id)
    if subject.is_deleted:
        return None
    for known in (Comment, DeletedComment):
        if await uow.session.get(known, found.comment_id) is not None:
            return None
    comment = Comment(
        id=found.comment_id,
        subject_id=subject.id,
        subject_type=subject.type,
        project_id=subject.project_id,
        author_id=found.author_id,
        content=found.content,
        created_at=found.created_at,
        updated_at=found.updated_at,
    )
    uow.session.add(comment)
    await uow.session.flush()
    mentioned = await find_mentions(uow.session, subject, comment.content, is_strict=False)
    add_mentions(uow.session, comment.id, mentioned)
    return comment, mentioned


async def forget_person(uow: UnitOfWork, user_id: UUID) -> None:
    """Remove the name, the reactions and the shares of somebody whose account was deleted.

    Of the author of a comment only the id stays, behind which accounts shows nothing personal.
    """
    theirs = col(CommentMention.user_id) == user_id
    for mention in (await uow.session.scalars(select(CommentMention).where(theirs))).all():
        await _forget_handle(uow, mention)
    await uow.session.execute(delete(CommentMention).where(theirs))
    their_reactions = select(Reaction, Comment).join(
        Comment, col(Comment.id) == col(Reaction.comment_id)
    )
    by_them = col(Reaction.user_id) == user_id
    for reaction, comment in await uow.session.execute(their_reactions.where(by_them)):
        removed = {"user_id": user_id, "type": reaction.type.value}
        uow.emit(ReactionRemoved(**about(comment), **removed))
    await uow.session.execute(delete(Reaction).where(by_them))
    await uow.session.execute(delete(FileShare).where(col(FileShare.user_id) == user_id))


async def _forget_handle(uow: UnitOfWork, mention: CommentMention) -> None:
    """In the text, and in what was announced of it."""
    comment = await uow.session.get_one(Comment, mention.comment_id, with_for_update=True)
    comment.content = without_handle(comment.content, mention.handle, _FORGOTTEN)
    await uow.session.flush()
    [rows] = await queries.mentions_by_comment(uow.session, [comment.id])
    left = [Mentioned(row.user_id, row.handle) for row in rows if row.user_id != mention.user_id]
    outbox = outbox_of(Base.metadata)
    announced = select(outbox.c.id, outbox.c.payload).where(outbox.c.key == str(comment.subject_id))
    for id, payload in (await uow.session.execute(announced)).all():
        if "state" in payload and payload["comment_id"] == str(comment.id):
            state = payload["state"]
            content = without_handle(state["content"], mention.handle, _FORGOTTEN)
            clean = {**payload, "state": {**state, "content": content}}
            await uow.session.execute(update(outbox).where(outbox.c.id == id).values(payload=clean))
    uow.emit(CommentUpdated(**about(comment), state=state_of(comment, left)))


async def _delete_comments_on(uow: UnitOfWork, subject_id: UUID) -> None:
    """Remove all comments on something, and announce it."""
    here = col(Comment.subject_id) == subject_id
    for comment in (await uow.session.scalars(select(Comment).where(here))).all():
        uow.emit(CommentDeleted(**about(comment)))
    await uow.session.execute(delete(Comment).where(here))
    await uow.session.execute(delete(FileShare).where(col(FileShare.file_id) == subject_id))
