"""What news of other subgraphs does to the documents."""

from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col

from trellis.db.replica import Replica, keep
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events import accounts, issues, learning, projects, tasks
from trellis.schema.events.accounts import UserDeleted, UserEvent
from trellis.schema.events.issues import IssueCreated, IssueDeleted, IssueUpdated
from trellis.schema.events.learning import (
    CourseDeleted,
    CourseEvent,
    EnrollmentCreated,
    EnrollmentEnded,
)
from trellis.schema.events.projects import ProjectDeleted, ProjectEvent
from trellis.schema.events.tasks import TaskCreated, TaskDeleted, TaskUpdated
from trellis.subgraphs.search import documents, queries
from trellis.subgraphs.search.documents import Found
from trellis.subgraphs.search.models import Course, DocumentType, Learner, Membership
from trellis.subgraphs.search.queries import PROJECTS


async def forget_project(uow: UnitOfWork, project_id: UUID) -> None:
    """Remove what was in a project that was deleted."""
    await documents.forget_project(uow.session, project_id)


async def apply_project(uow: UnitOfWork, event: ProjectEvent) -> None:
    """Store the state of a project. Its deletion is handled by the other reader of this stream."""
    if not isinstance(event, ProjectDeleted):
        await documents.store(uow.session, [project_of(event)])


async def apply_issue(uow: UnitOfWork, event: IssueCreated | IssueUpdated | IssueDeleted) -> None:
    if isinstance(event, IssueDeleted):
        await documents.forget(uow.session, DocumentType.ISSUE, event.issue_id, event.version)
        return
    state = Found(
        id=event.issue_id,
        type=DocumentType.ISSUE,
        version=event.version,
        project_id=event.project_id,
        key=event.issue_key,
        title=event.state.summary,
        body=event.state.description,
    )
    await documents.store(uow.session, [state])


async def apply_task(uow: UnitOfWork, event: TaskCreated | TaskUpdated | TaskDeleted) -> None:
    """Personal tasks say nothing, and so there is nothing to keep of them."""
    if isinstance(event, TaskDeleted):
        if event.project_id is not None:
            await documents.forget(uow.session, DocumentType.TASK, event.task_id, event.version)
        return
    if event.project_id is None or event.state is None:
        return
    state = Found(
        id=event.task_id,
        type=DocumentType.TASK,
        version=event.version,
        project_id=event.project_id,
        title=event.state.title,
        body=event.state.description,
    )
    await documents.store(uow.session, [state])


async def apply_course(uow: UnitOfWork, event: CourseEvent) -> None:
    """Keep what a course says of itself, and who sees it."""
    is_gone = isinstance(event, CourseDeleted)
    access = Course(
        id=event.course_id,
        instructor_id=None if is_gone else event.state.instructor_id,
        is_published=event.state.is_published and not is_gone,
        version=event.version,
    )
    await keep(uow, access)
    if is_gone:
        await uow.session.execute(delete(Learner).where(col(Learner.course_id) == event.course_id))
        await documents.forget(uow.session, DocumentType.COURSE, event.course_id, event.version)
        return
    state = Found(
        id=event.course_id,
        type=DocumentType.COURSE,
        version=event.version,
        title=event.state.title,
        body=event.state.description,
    )
    await documents.store(uow.session, [state])


async def apply_learning(
    uow: UnitOfWork, event: CourseEvent | EnrollmentCreated | EnrollmentEnded
) -> None:
    """Courses and who learns in them, in the order in which it happened: a course that was deleted
    takes its learners along, so none may come after it."""
    if isinstance(event, CourseEvent):
        await apply_course(uow, event)
    else:
        await apply_enrollment(uow, event)


async def apply_enrollment(uow: UnitOfWork, event: EnrollmentCreated | EnrollmentEnded) -> None:
    """Keep who finds a course that not everybody sees."""
    if isinstance(event, EnrollmentEnded):
        await uow.session.execute(delete(Learner).where(col(Learner.id) == event.enrollment_id))
        return
    learner = Learner(id=event.enrollment_id, course_id=event.course_id, user_id=event.user_id)
    await uow.session.merge(learner)


async def apply_person(uow: UnitOfWork, event: UserEvent) -> None:
    """Keep a person's names, and the organizations whose members may find them."""
    session = uow.session
    if isinstance(event, UserDeleted):
        await session.execute(delete(Membership).where(col(Membership.user_id) == event.user_id))
        await documents.forget(session, DocumentType.USER, event.user_id, event.version)
        return
    state = Found(
        id=event.user_id,
        type=DocumentType.USER,
        version=event.version,
        key=event.username,
        title=event.display_name,
    )
    await documents.store(session, [state])
    kept = await queries.document_by_id(session, event.user_id)
    if kept is not None and not kept.is_deleted and kept.version == event.version:
        await _set_organizations(uow, event)


async def _set_organizations(uow: UnitOfWork, event: UserEvent) -> None:
    await uow.session.execute(delete(Membership).where(col(Membership.user_id) == event.user_id))
    uow.session.add_all(
        Membership(user_id=event.user_id, organization_id=id) for id in event.organizations
    )


def project_of(event: ProjectEvent) -> Found:
    return Found(
        id=event.project_id,
        type=DocumentType.PROJECT,
        version=event.version,
        project_id=event.project_id,
        key=event.state.key,
        title=event.state.name,
        body=event.state.description,
    )


# Two readers of the stream of projects, each with its own position: the one keeps who sees what.
REPLICAS = (
    PROJECTS.replica(deleted=forget_project),
    Replica(projects.STREAM, projects.PROJECT_STATES, apply_project, name="found-in-projects"),
    Replica(issues.STREAM, (IssueCreated, IssueUpdated, IssueDeleted), apply_issue),
    Replica(tasks.STREAM, (TaskCreated, TaskUpdated, TaskDeleted), apply_task),
    Replica(accounts.STREAM, accounts.USER_STATES, apply_person),
    Replica(
        learning.STREAM,
        (*learning.COURSE_STATES, EnrollmentCreated, EnrollmentEnded),
        apply_learning,
    ),
)
