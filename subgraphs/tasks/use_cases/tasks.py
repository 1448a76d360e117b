"""Making, changing, assigning and deleting a task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.tasks import (
    TaskAssigned,
    TaskCreated,
    TaskDeleted,
    TaskState,
    TaskUpdated,
)
from trellis.schema.identity import Identity
from trellis.subgraphs.tasks import queries
from trellis.subgraphs.tasks.errors import (
    AssigneeNotMember,
    PersonalTask,
    TaskChanged,
    TaskNotFound,
    TaskNotYours,
    UnknownMilestone,
)
from trellis.subgraphs.tasks.models import Task, TaskPriority, TaskStatus
from trellis.subgraphs.tasks.queries import PROJECTS, TaskCompletion


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """A checked request for a task; without a project it is a personal one."""

    title: str
    project_id: UUID | None = None
    milestone_id: UUID | None = None
    description: str | None = None
    assignee_id: UUID | None = None
    priority: TaskPriority | None = None
    due_date: datetime | None = None
    estimated_hours: float | None = None
    tags: Sequence[str] = ()


async def create_task(uow: UnitOfWork, caller: Identity, new: NewTask) -> Task:
    """Make a task that is still to be done."""
    assert caller.id is not None
    if new.project_id is not None:
        await queries.hold_project(uow.session, caller, new.project_id)
    await _check_milestone(uow, new.project_id, new.milestone_id)
    await _check_assignee(uow, new.project_id, new.assignee_id)
    task = Task(
        project_id=new.project_id,
        milestone_id=new.milestone_id,
        created_by=caller.id,
        assignee_id=new.assignee_id,
        title=new.title,
        description=new.description,
        priority=new.priority or TaskPriority.MEDIUM,
        due_date=new.due_date,
        estimated_hours=new.estimated_hours,
        tags=list(new.tags),
    )
    uow.session.add(task)
    await uow.session.flush()
    uow.emit(TaskCreated(**about(task), state=_state(task)))
    if task.assignee_id is not None:
        uow.emit(_assigned(task, caller.id))
    return task


async def update_task(
    uow: UnitOfWork,
    caller: Identity,
    id: UUID,
    changes: Mapping[str, Any],
    *,
    completion: TaskCompletion | None = None,
    version: int | None = None,
    personal: bool = False,
) -> Task:
    """Set the given members.

    With ``completion`` a task that is pending becomes done, or one that is done is to be done
    again; a status that says so already stays. With ``version`` the task must still have that.
    ``personal`` is for those who know no other tasks: the rest does not exist then.
    """
    task = await visible(uow, caller, id, personal=personal)
    if "milestone_id" in changes and changes["milestone_id"] != task.milestone_id:
        await _check_milestone(uow, task.project_id, changes["milestone_id"])
    if completion is not None and completion is not completion_of(task.status):
        is_done = completion is TaskCompletion.COMPLETED
        changes = {**changes, "status": TaskStatus.DONE if is_done else TaskStatus.TODO}
    return await _change(uow, task, changes, version)


async def update_status(
    uow: UnitOfWork, caller: Identity, id: UUID, status: TaskStatus, *, version: int | None = None
) -> Task:
    """Move the task to a status; each can follow each."""
    task = await visible(uow, caller, id)
    return await _change(uow, task, {"status": status}, version)


async def assign_task(
    uow: UnitOfWork,
    caller: Identity,
    id: UUID,
    assignee_id: UUID | None,
    *,
    version: int | None = None,
) -> Task:
    """Give a task of a project to one of its members, or to nobody."""
    assert caller.id is not None
    task = await visible(uow, caller, id)
    if assignee_id != task.assignee_id:
        await _check_assignee(uow, task.project_id, assignee_id)
    before = task.version
    await _change(uow, task, {"assignee_id": assignee_id}, version)
    if task.version != before:
        uow.emit(_assigned(task, caller.id))
    return task


async def delete_task(
    uow: UnitOfWork, caller: Identity, id: UUID, *, personal: bool = False
) -> None:
    """Remove a task, and its dependencies in both directions; for its creator and managers of its
    project."""
    task = await visible(uow, caller, id, personal=personal)
    if task.created_by != caller.id and not (
        task.project_id and await PROJECTS.manages(uow.session, caller, task.project_id)
    ):
        raise TaskNotYours("whoever has made the task and those who manage the project")
    gone = TaskDeleted(**about(task))
    await uow.session.delete(task)
    await uow.session.flush()
    uow.emit(gone)


async def visible(uow: UnitOfWork, caller: Identity, id: UUID, *, personal: bool = False) -> Task:
    """The task, held for update. Raises ``TaskNotFound`` unless the caller sees it."""
    task = await queries.task_for_update(uow.session, caller, id)
    if task is None or (personal and task.project_id is not None):
        raise TaskNotFound(id)
    return task


def completion_of(status: TaskStatus) -> TaskCompletion:
    return TaskCompletion.COMPLETED if status is TaskStatus.DONE else TaskCompletion.PENDING


async def _change(
    uow: UnitOfWork, task: Task, changes: Mapping[str, Any], version: int | None
) -> Task:
    """Set what differs and announce it. Raises ``TaskChanged``."""
    if version is not None and task.version != version:
        raise TaskChanged(task.version)
    changed = tuple(name for name, value in changes.items() if getattr(task, name) != value)
    if not changed:
        return task
    for name in changed:
        setattr(task, name, changes[name])
    await uow.session.flush()
    uow.emit(TaskUpdated(**about(task), changed=changed, state=_state(task)))
    return task


async def _check_milestone(
    uow: UnitOfWork, project_id: UUID | None, milestone_id: UUID | None
) -> None:
    if milestone_id is None:
        return
    if project_id is None:
        raise PersonalTask("milestoneId", "milestone")
    if not await queries.milestone_in(uow.session, milestone_id, project_id):
        raise UnknownMilestone


async def _check_assignee(
    uow: UnitOfWork, project_id: UUID | None, assignee_id: UUID | None
) -> None:
    if assignee_id is None:
        return
    if project_id is None:
        raise PersonalTask("assigneeId", "assignee")
    if not await PROJECTS.role_of(uow.session, project_id, assignee_id):
        raise AssigneeNotMember


class _About(TypedDict):
    """The fields of ``TaskEvent``."""

    task_id: UUID
    project_id: UUID | None
    created_by: UUID
    version: int


def about(task: Task) -> _About:
    """What every event about the task begins with."""
    return {
        "task_id": task.id,
        "project_id": task.project_id,
        "created_by": task.created_by,
        "version": task.version,
    }


def _assigned(task: Task, by: UUID) -> TaskAssigned:
    return TaskAssigned(
        **about(task), assigned_to=task.assignee_id, assigned_by=by, timestamp=utc_now()
    )


def _state(task: Task) -> TaskState | None:
    """What others may know of it: nothing of a personal task."""
    if task.project_id is None:
        return None
    return TaskState(
        title=task.title,
        description=task.description,
        status=task.status,
        priority=task.priority,
        milestone_id=task.milestone_id,
        assignee_id=task.assignee_id,
        due_date=task.due_date,
        estimated_hours=task.estimated_hours,
        tags=tuple(task.tags),
    )
