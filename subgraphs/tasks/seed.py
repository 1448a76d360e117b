"""The demo world's tasks and what they wait for, written once and without events."""

from trellis.db.seed.tasks import DemoTask, demo_dependencies, demo_tasks
from trellis.db.seed.world import demo_world
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.tasks.models import (
    DependencyType,
    Milestone,
    Project,
    Task,
    TaskDependency,
    TaskPriority,
    TaskStatus,
)
from trellis.subgraphs.tasks.queries import PROJECTS


async def write_demo_data(uow: UnitOfWork) -> None:
    """Does nothing when the first demo project is here: it was done before."""
    world = demo_world()
    if await uow.session.get(Project, world.projects[0].id) is not None:
        return
    await PROJECTS.write_demo_copies(uow)
    uow.session.add_all(
        Milestone(id=milestone.id, project_id=project.id)
        for project in world.projects
        for milestone in project.milestones
    )
    uow.session.add_all(_task(demo) for demo in demo_tasks())
    await uow.session.flush()
    made = {task.id: task.created_at for task in demo_tasks()}
    uow.session.add_all(
        TaskDependency(
            id=demo.id,
            task_id=demo.task_id,
            depends_on_id=demo.depends_on_id,
            type=DependencyType(demo.type),
            created_at=made[demo.task_id],
        )
        for demo in demo_dependencies()
    )


def _task(demo: DemoTask) -> Task:
    return Task(
        id=demo.id,
        project_id=demo.project_id,
        milestone_id=demo.milestone_id,
        created_by=demo.created_by,
        assignee_id=demo.assignee_id,
        title=demo.title,
        description=demo.description,
        status=TaskStatus(demo.status),
        priority=TaskPriority(demo.priority),
        due_date=demo.due_date,
        estimated_hours=demo.estimated_hours,
        tags=list(demo.tags),
        created_at=demo.created_at,
        updated_at=demo.updated_at,
    )
