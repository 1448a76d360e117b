"""Which task waits for which, without circles."""

from dataclasses import dataclass
from uuid import UUID

from trellis.db.locks import hold
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.tasks import TaskDependencyAdded, TaskDependencyRemoved
from trellis.schema.identity import Identity
from trellis.subgraphs.tasks import queries
from trellis.subgraphs.tasks.errors import (
    AlreadyDependent,
    DependencyNotFound,
    DependencyNotPossible,
    TooManyDependencies,
)
from trellis.subgraphs.tasks.models import DependencyType, Task, TaskDependency
from trellis.subgraphs.tasks.use_cases.tasks import about, visible

MAX_DEPENDENCIES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDependency:
    """``task_id`` waits for ``depends_on_id``."""

    task_id: UUID
    depends_on_id: UUID
    type: DependencyType


async def add_dependency(uow: UnitOfWork, caller: Identity, new: NewDependency) -> TaskDependency:
    """Let a task wait for another one of the same project or person.

    Raises ``DependencyNotPossible`` when that one waits for the task already, directly or by way
    of others, and ``TooManyDependencies`` beyond ``MAX_DEPENDENCIES`` of one task.
    """
    if new.task_id == new.depends_on_id:
        raise DependencyNotPossible("A task cannot depend on itself.")
    # In one order whoever comes first, so that two writers cannot wait for one another.
    ends = sorted((new.task_id, new.depends_on_id))
    held = {id: await visible(uow, caller, id) for id in ends}
    task, other = held[new.task_id], held[new.depends_on_id]
    if task.project_id != other.project_id:
        raise DependencyNotPossible("The two tasks do not belong to the same project.")
    # Two writers could close a circle together that neither of them sees: one after the other.
    await hold(uow.session, f"dependencies:{task.project_id or task.created_by}")
    await _check(uow, task, other)
    row = TaskDependency(task_id=task.id, depends_on_id=other.id, type=new.type)
    uow.session.add(row)
    await uow.session.flush()
    uow.emit(TaskDependencyAdded(**about(task), depends_on_id=other.id, type=row.type))
    return row


async def remove_dependency(uow: UnitOfWork, caller: Identity, id: UUID) -> TaskDependency:
    """Let the task wait no longer."""
    row = await queries.dependency(uow.session, caller, id)
    if row is None:
        raise DependencyNotFound(id)
    task = await visible(uow, caller, row.task_id)
    if await queries.dependency(uow.session, caller, id) is None:  # removed a moment ago
        raise DependencyNotFound(id)
    await uow.session.delete(row)
    await uow.session.flush()
    uow.emit(TaskDependencyRemoved(**about(task), depends_on_id=row.depends_on_id, type=row.type))
    return row


async def _check(uow: UnitOfWork, task: Task, other: Task) -> None:
    [present] = await queries.dependencies_by_task(uow.session, [task.id])
    if any(one.task.id == other.id for one in present):
        raise AlreadyDependent
    if len(present) >= MAX_DEPENDENCIES:
        raise TooManyDependencies(MAX_DEPENDENCIES)
    if await queries.leads_to(uow.session, other.id, task.id):
        raise DependencyNotPossible("The dependencies would be circular.")
