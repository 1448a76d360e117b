"""What comments keep of other subgraphs: what can be commented on, who sees it, who is who."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete
from sqlmodel import col

from trellis.db.replica import Replica
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import UserEvent
from trellis.schema.events.files import STREAM as FILES
from trellis.schema.events.files import (
    FileDeleted,
    FileEvent,
    FileShared,
    FileUnshared,
    FileUpdated,
    FileUploaded,
)
from trellis.schema.events.issues import STREAM as ISSUES
from trellis.schema.events.issues import (
    CommentAdded,
    CommentsBackfilled,
    IssueCreated,
    IssueDeleted,
    IssueEvent,
)
from trellis.schema.events.projects import STREAM as OF_PROJECTS
from trellis.schema.events.projects import MilestoneCreated
from trellis.schema.events.tasks import STREAM as TASKS
from trellis.schema.events.tasks import TaskCreated, TaskDeleted, TaskEvent
from trellis.subgraphs.comments.models import FileShare, Person, Subject, SubjectType
from trellis.subgraphs.comments.queries import PROJECTS
from trellis.subgraphs.comments.use_cases import upkeep
from trellis.subgraphs.people_scope.people import people_replica


def _columns_of_person(event: UserEvent) -> Mapping[str, Any]:
    return {"handle": event.username.lower(), "roles": list(event.roles)}


async def apply_milestone(uow: UnitOfWork, event: MilestoneCreated) -> None:
    new = Subject(id=event.milestone_id, type=SubjectType.MILESTONE, project_id=event.project_id)
    await upkeep.keep_subject(uow, new)


async def apply_task(uow: UnitOfWork, event: TaskEvent) -> None:
    """Of tasks of projects it makes no difference who has made them."""
    new = Subject(
        id=event.task_id,
        type=SubjectType.TASK,
        project_id=event.project_id,
        owner_id=None if event.project_id else event.created_by,
        version=event.version,
        is_deleted=isinstance(event, TaskDeleted),
    )
    await upkeep.keep_subject(uow, new)


async def apply_issue(uow: UnitOfWork, event: IssueEvent | CommentsBackfilled) -> None:
    if isinstance(event, CommentsBackfilled):
        await upkeep.apply_backfilled(uow, event)
        return
    if isinstance(event, CommentAdded):
        await upkeep.apply_comment(uow, event)
        return
    new = Subject(
        id=event.issue_id,
        type=SubjectType.ISSUE,
        project_id=event.project_id,
        version=event.version,
        is_deleted=isinstance(event, IssueDeleted),
    )
    await upkeep.keep_subject(uow, new)


async def apply_file(uow: UnitOfWork, event: FileEvent) -> None:
    """Keep a file and with whom it is shared."""
    if isinstance(event, FileShared):
        for user_id in event.shared_with:
            share = FileShare(file_id=event.file_id, user_id=user_id, expires_at=event.expires_at)
            await uow.session.merge(share)
    elif isinstance(event, FileUnshared):
        this = col(FileShare.file_id) == event.file_id, col(FileShare.user_id) == event.user_id
        await uow.session.execute(delete(FileShare).where(*this))
    new = Subject(
        id=event.file_id,
        type=SubjectType.FILE,
        project_id=event.project_id,
        owner_id=event.uploaded_by,
        version=event.version,
        is_deleted=isinstance(event, FileDeleted),
    )
    await upkeep.keep_subject(uow, new)


_OF_FILES = (FileUploaded, FileUpdated, FileDeleted, FileShared, FileUnshared)
_OF_ISSUES = (IssueCreated, IssueDeleted, CommentAdded, CommentsBackfilled)

REPLICAS: tuple[Replica[Any], ...] = (
    PROJECTS.replica(changed=upkeep.keep_project, deleted=upkeep.delete_comments_of),
    # By a name of its own: it keeps another position in the same stream.
    Replica(OF_PROJECTS, (MilestoneCreated,), apply_milestone, name="milestones-from-projects"),
    Replica(TASKS, (TaskCreated, TaskDeleted), apply_task),
    Replica(ISSUES, _OF_ISSUES, apply_issue),
    Replica(FILES, _OF_FILES, apply_file),
    people_replica(Person, deleted=upkeep.forget_person, more=_columns_of_person),
)
