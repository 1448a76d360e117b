"""What is kept of the things that events are about: their names, and who has to do with them."""

from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select

from trellis.db.replica import keep
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.comments import CommentCreated
from trellis.schema.events.event import Event
from trellis.schema.events.files import FileDeleted, FileUpdated, FileUploaded
from trellis.schema.events.issues import CommentAdded, IssueCreated, IssueDeleted, IssueUpdated
from trellis.schema.events.projects import MilestoneCreated, ProjectDeleted, ProjectEvent
from trellis.schema.events.tasks import TaskCreated, TaskDeleted, TaskUpdated
from trellis.subgraphs.notifications.models import (
    MAX_TITLE,
    Notification,
    Participant,
    Person,
    Subject,
    SubjectType,
)

_DONE = "done"


async def apply_state(uow: UnitOfWork, event: Event) -> None:
    """Store the state of the subject in the event, unless a newer one is known."""
    row = _state_of(event)
    if row is not None:
        row.title = row.title[:MAX_TITLE]
        await keep(uow, row)
    match event:
        case CommentCreated():
            await _join(uow, event.subject_id, event.author_id)
        case CommentAdded():
            await _join(uow, event.issue_id, event.author_id)
        case IssueDeleted():
            await _drop(uow, event.issue_id)
        case TaskDeleted():
            await _drop(uow, event.task_id)
        case FileDeleted():
            await _drop(uow, event.file_id)


async def drop_project(uow: UnitOfWork, project_id: UUID) -> None:
    """Delete everything in a deleted project, and the notifications about it."""
    inside = col(Subject.project_id) == project_id
    ids = select(Subject.id).where(inside)
    await uow.session.execute(delete(Participant).where(col(Participant.subject_id).in_(ids)))
    await uow.session.execute(delete(Subject).where(inside))
    in_project = col(Notification.project_id) == project_id
    await uow.session.execute(delete(Notification).where(in_project))


def _state_of(event: Event) -> Subject | None:
    match event:
        case IssueCreated() | IssueUpdated():
            return Subject(
                id=event.issue_id,
                type=SubjectType.ISSUE,
                project_id=event.project_id,
                title=event.state.summary,
                key=event.issue_key,
                owner_id=event.state.reporter_id,
                assignee_id=event.state.assignee_id,
                version=event.version,
            )
        # Of personal tasks nothing is told, so nothing is kept.
        case TaskCreated(state=state) | TaskUpdated(state=state) if state is not None:
            return Subject(
                id=event.task_id,
                type=SubjectType.TASK,
                project_id=event.project_id,
                title=state.title,
                owner_id=event.created_by,
                assignee_id=state.assignee_id,
                due_date=state.due_date if state.status != _DONE else None,
                version=event.version,
            )
        case FileUploaded() | FileUpdated():
            return Subject(
                id=event.file_id,
                type=SubjectType.FILE,
                project_id=event.project_id,
                title=event.state.filename,
                owner_id=event.uploaded_by,
                version=event.version,
            )
        case MilestoneCreated():
            return Subject(
                id=event.milestone_id,
                type=SubjectType.MILESTONE,
                project_id=event.project_id,
                title=event.title,
            )
        case ProjectEvent() if not isinstance(event, ProjectDeleted):
            return Subject(
                id=event.project_id,
                type=SubjectType.PROJECT,
                project_id=event.project_id,
                title=event.state.name,
                key=event.state.key,
                owner_id=event.state.lead_id,
                version=event.version,
            )
    return None


async def _join(uow: UnitOfWork, subject_id: UUID, user_id: UUID) -> None:
    """News of accounts come by a stream of their own: a comment may be heard of after its author
    was forgotten, and must not bring them back."""
    # Held, so that whoever forgets the author at this moment finds the row that is written here.
    author = await uow.session.get(
        Person, user_id, with_for_update={"read": True}, populate_existing=True
    )
    if author is not None and not author.is_active:
        return
    await uow.session.merge(Participant(subject_id=subject_id, user_id=user_id))


async def _drop(uow: UnitOfWork, subject_id: UUID) -> None:
    mine = col(Participant.subject_id) == subject_id
    await uow.session.execute(delete(Participant).where(mine))
    await uow.session.execute(delete(Subject).where(col(Subject.id) == subject_id))
