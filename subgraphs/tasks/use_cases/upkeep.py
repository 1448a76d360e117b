"""What happens to tasks without anybody asking for it: news of projects and people, and time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete
from sqlmodel import col, select

from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import UserDeleted
from trellis.schema.events.projects import MilestoneCreated
from trellis.schema.events.tasks import TaskDeleted
from trellis.subgraphs.tasks.models import Milestone, Project, Task
from trellis.subgraphs.tasks.use_cases.tasks import about

_AT_ONCE = 500


async def delete_tasks_of(uow: UnitOfWork, project_id: UUID) -> None:
    """Remove all tasks of a project that was deleted. No event: readers take the project's."""
    await uow.session.execute(delete(Task).where(col(Task.project_id) == project_id))
    await uow.session.execute(delete(Milestone).where(col(Milestone.project_id) == project_id))


async def keep_milestone(uow: UnitOfWork, event: MilestoneCreated) -> None:
    """Note a milestone, unless its project is known to be gone."""
    project = await uow.session.get(Project, event.project_id)
    if project is None or not project.is_deleted:
        row = Milestone(id=event.milestone_id, project_id=event.project_id)
        await uow.session.merge(row)


async def forget_person(uow: UnitOfWork, event: UserDeleted) -> None:
    """Remove the personal tasks of somebody whose account was deleted.

    In the tasks of projects only the id stays, behind which accounts shows nothing personal.
    """
    theirs = col(Task.created_by) == event.user_id
    while await _delete(uow, theirs, most=_AT_ONCE):
        pass


async def delete_old(uow: UnitOfWork, before: datetime, *, most: int) -> int:
    """Remove personal tasks that nobody has touched since ``before``, the ``most`` oldest of them;
    returns how many these were."""
    return await _delete(uow, col(Task.updated_at) < before, most=most)


async def _delete(uow: UnitOfWork, which: ColumnElement[bool], *, most: int) -> int:
    """Remove personal tasks and announce it."""
    statement = (
        select(Task)
        .where(col(Task.project_id).is_(None), which)
        .order_by(col(Task.updated_at))
        .limit(most)
        .with_for_update()
    )
    tasks: Sequence[Task] = (await uow.session.scalars(statement)).all()
    for task in tasks:
        uow.emit(TaskDeleted(**about(task)))
    gone = [task.id for task in tasks]
    await uow.session.execute(delete(Task).where(col(Task.id).in_(gone)))
    return len(gone)
