"""The demo world's documents, written once and without events."""

from collections.abc import Iterator

from trellis.db.seed.courses import demo_courses, demo_enrollments
from trellis.db.seed.tasks import demo_tasks
from trellis.db.seed.world import demo_world
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.search.documents import Found, store
from trellis.subgraphs.search.models import Course, DocumentType, Learner, Membership, Project
from trellis.subgraphs.search.queries import PROJECTS, document_by_id, known_ids

_FIRST_VERSION = 1


async def write_demo_data(uow: UnitOfWork) -> None:
    """Does nothing when the first demo person is here: it was done before."""
    world = demo_world()
    if await document_by_id(uow.session, world.users[0].id) is not None:
        return
    if await uow.session.get(Project, world.projects[0].id) is None:
        await PROJECTS.write_demo_copies(uow)
    known = await known_ids(uow.session)
    await store(uow.session, [state for state in _documents() if state.id not in known])
    uow.session.add_all(
        Membership(user_id=user.id, organization_id=user.organization_id)
        for user in world.users
        if user.id not in known
    )
    uow.session.add_all(
        Course(
            id=course.id,
            instructor_id=course.instructor_id,
            is_published=course.status == "published",
            version=_FIRST_VERSION,
        )
        for course in demo_courses()
        if course.id not in known
    )
    uow.session.add_all(
        Learner(id=enrollment.id, course_id=enrollment.course_id, user_id=enrollment.user_id)
        for enrollment in demo_enrollments()
        if enrollment.course_id not in known
    )


def _documents() -> Iterator[Found]:
    """All that can be found, which personal tasks cannot."""
    world = demo_world()
    keys = {project.id: project.key for project in world.projects}
    for project in world.projects:
        yield Found(
            id=project.id,
            type=DocumentType.PROJECT,
            version=_FIRST_VERSION,
            project_id=project.id,
            key=project.key,
            title=project.name,
            body=project.description,
        )
    for issue in world.issues:
        yield Found(
            id=issue.id,
            type=DocumentType.ISSUE,
            version=_FIRST_VERSION,
            project_id=issue.project_id,
            key=f"{keys[issue.project_id]}-{issue.number}",
            title=issue.summary,
            body=issue.description,
        )
    for user in world.users:
        yield Found(
            id=user.id,
            type=DocumentType.USER,
            version=_FIRST_VERSION,
            key=user.username,
            title=f"{user.first_name} {user.last_name}",
        )
    for task in demo_tasks():
        if task.project_id is not None:
            yield Found(
                id=task.id,
                type=DocumentType.TASK,
                version=_FIRST_VERSION,
                project_id=task.project_id,
                title=task.title,
                body=task.description,
            )
    for course in demo_courses():
        yield Found(
            id=course.id,
            type=DocumentType.COURSE,
            version=_FIRST_VERSION,
            title=course.title,
            body=course.description,
        )
