"""What reporting knows of the demo world, which comes without events, written once."""

from collections.abc import Iterator
from itertools import chain

from trellis.db.seed.hours import demo_time_entries
from trellis.db.seed.tasks import DemoTask, demo_tasks
from trellis.db.seed.world import DemoUser, demo_world
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.reporting.models import (
    TODO,
    Issue,
    Person,
    Project,
    Task,
    TaskSpan,
    TimeEntry,
)
from trellis.subgraphs.reporting.queries import PROJECTS, WORKFLOWS

_FIRST_VERSION = 1


async def write_demo_data(uow: UnitOfWork) -> None:
    """Does nothing when the first demo project is here: it was done before."""
    world = demo_world()
    if await uow.session.get(Project, world.projects[0].id) is not None:
        return
    await PROJECTS.write_demo_copies(uow)
    await WORKFLOWS.write_demo_copies(uow)
    uow.session.add_all(_person(user) for user in world.users)
    tasks = [task for task in demo_tasks() if task.project_id is not None]
    uow.session.add_all(_task(task) for task in tasks)
    await uow.session.flush()
    uow.session.add_all(chain.from_iterable(_spans(task) for task in tasks))
    uow.session.add_all(
        TimeEntry(
            id=entry.id,
            user_id=entry.user_id,
            project_id=entry.project_id,
            started_at=entry.started_at,
            minutes=entry.minutes,
            billable=entry.billable,
            version=_FIRST_VERSION,
        )
        for entry in demo_time_entries()
    )
    uow.session.add_all(
        Issue(
            id=issue.id,
            project_id=issue.project_id,
            issue_type=issue.issue_type,
            status=issue.status,
            priority=issue.priority,
            assignee_id=issue.assignee_id,
            created_at=issue.created_at,
            version=_FIRST_VERSION,
        )
        for issue in world.issues
    )


def _person(user: DemoUser) -> Person:
    return Person(
        id=user.id,
        organization_id=user.organization_id,
        display_name=f"{user.first_name} {user.last_name}",
        version=_FIRST_VERSION,
    )


def _task(demo: DemoTask) -> Task:
    assert demo.project_id is not None
    return Task(
        id=demo.id,
        project_id=demo.project_id,
        assignee_id=demo.assignee_id,
        version=_FIRST_VERSION,
    )


def _spans(demo: DemoTask) -> Iterator[TaskSpan]:
    """A demo task was to do until it was changed for the last time."""
    has_moved = demo.status != TODO and demo.updated_at > demo.created_at
    first = TODO if has_moved else demo.status
    until = demo.updated_at if has_moved else None
    yield TaskSpan(task_id=demo.id, version=0, status=first, since=demo.created_at, until=until)
    if has_moved:
        yield TaskSpan(task_id=demo.id, version=1, status=demo.status, since=demo.updated_at)
