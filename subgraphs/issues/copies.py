"""The comments of issues while they move to the subgraph ``comments``: what was written here is
told there, and what is written there is kept here for routers that still ask this subgraph.

See docs/moving-a-field.md, also for when this goes.
"""

from sqlalchemy import delete, update
from sqlmodel import col, select

from trellis.db.jobs import Job
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.comments import (
    CommentCreated,
    CommentDeleted,
    CommentEvent,
    CommentUpdated,
)
from trellis.schema.events.issues import BackfilledComment, CommentsBackfilled
from trellis.subgraphs.issues.models import Comment, Issue

KINDS: tuple[type[CommentEvent], ...] = (CommentCreated, CommentUpdated, CommentDeleted)

_AT_ONCE = 500
_IN_AN_EVENT = 50
_EVERY_SECONDS = 30.0


async def keep_copy(uow: UnitOfWork, event: CommentEvent) -> None:
    """Store what is new about a comment of an issue that is here; others are passed over.

    Versions in events only grow, so lost, repeated and late ones do no harm.
    """
    if event.subject_type != "issue":
        return
    this = col(Comment.id) == event.comment_id
    if isinstance(event, CommentDeleted):
        await uow.session.execute(delete(Comment).where(this))
    elif isinstance(event, (CommentCreated, CommentUpdated)):
        state = event.state
        values = {
            "content": state.content,
            "version": event.version,
            "updated_at": state.updated_at or state.created_at,
            "is_told": True,
        }
        if await uow.session.get(Comment, event.comment_id) is None:
            # Held, so that it is not deleted while its comment arrives.
            issue = await uow.session.get(Issue, event.subject_id, with_for_update={"read": True})
            if issue is not None:
                uow.session.add(
                    Comment(
                        id=event.comment_id,
                        issue_id=issue.id,
                        author_id=event.author_id,
                        created_at=state.created_at,
                        **values,
                    )
                )
        else:
            older = col(Comment.version) < event.version
            await uow.session.execute(update(Comment).where(this, older).values(values))


async def announce_backlog(storage: Storage) -> None:
    """Announce all comments that no event has announced yet, some in each transaction.

    Safe to repeat and to interrupt: what is announced is marked in the same transaction.
    """
    await storage.in_batches(_announce_some, _AT_ONCE)


async def _announce_some(uow: UnitOfWork) -> int:
    statement = (
        select(Comment, Issue)
        .join(Issue, col(Issue.id) == col(Comment.issue_id))
        .where(col(Comment.is_told).is_(False))
        .order_by(col(Comment.id))
        .limit(_AT_ONCE)
        .with_for_update(of=Comment)
    )
    found = (await uow.session.execute(statement)).all()
    announced = [
        BackfilledComment(
            comment_id=comment.id,
            issue_id=issue.id,
            project_id=issue.project_id,
            author_id=comment.author_id,
            content=comment.content,
            created_at=comment.created_at,
            updated_at=comment.updated_at,
        )
        for comment, issue in found
    ]
    for start in range(0, len(announced), _IN_AN_EVENT):
        uow.emit(CommentsBackfilled(comments=tuple(announced[start : start + _IN_AN_EVENT])))
    these = col(Comment.id).in_([comment.id for comment, _ in found])
    # Not by way of the rows: nothing of the comment changes, neither its version nor its time.
    as_told = {"is_told": True, "updated_at": Comment.updated_at}
    await uow.session.execute(
        update(Comment).where(these).values(as_told),
        execution_options={"synchronize_session": False},
    )
    return len(found)


BACK_FILL = Job("back-fill of comments", _EVERY_SECONDS, announce_backlog, at_start=True)
"""At the start for all that were written by the release before, and again for those of its workers
that were still running then."""
