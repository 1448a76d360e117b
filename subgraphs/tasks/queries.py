"""Every SELECT of tasks. What the caller may not see does not exist."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.batching import rows_by
from trellis.db.paging import NEWEST_FIRST, ChildRows, SortColumn, instant, order_by, text
from trellis.schema.identity import Identity
from trellis.subgraphs.project_scope.scope import ProjectNotFound, ProjectScope
from trellis.subgraphs.tasks.models import (
    DependencyType,
    Milestone,
    Project,
    ProjectMember,
    Task,
    TaskDependency,
    TaskPriority,
    TaskStatus,
)

PROJECTS = ProjectScope(Project, ProjectMember)

Parent = Literal["project_id", "milestone_id", "assignee_id", "created_by"]
"""What a list of tasks hangs on."""

Counts = Mapping[TaskStatus, int]
"""The number of tasks by status."""


class TaskCompletion(StrEnum):
    """Done or not: what clients know that have no other statuses."""

    PENDING = "pending"
    COMPLETED = "completed"


class SearchField(StrEnum):
    """The columns that are searched for a text."""

    TITLE = "title"
    DESCRIPTION = "description"


class TaskSort(StrEnum):
    """The columns that clients may sort by; without a due date a task is due after all others."""

    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    DUE_DATE = "due_date"
    TITLE = "title"

    def order(self, *, descending: bool) -> Sequence[SortColumn]:
        name = "due_or_never" if self is TaskSort.DUE_DATE else self.value
        parse = text if self is TaskSort.TITLE else instant
        return order_by(name, parse, descending=descending)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilters:
    """``personal`` tasks are those of no project. Days are those of UTC."""

    project_id: UUID | None = None
    milestone_id: UUID | None = None
    assignee_id: UUID | None = None
    created_by_id: UUID | None = None
    status: tuple[TaskStatus, ...] | None = None
    priority: tuple[TaskPriority, ...] | None = None
    completion: TaskCompletion | None = None
    personal: bool | None = None
    due_date_gte: date | None = None
    due_date_gt: date | None = None
    due_date_lte: date | None = None
    due_date_lt: date | None = None
    search: str | None = None
    search_fields: tuple[SearchField, ...] | None = None


def visible_to(caller: Identity) -> Select[Task]:
    """Tasks of the projects that the caller sees, and the caller's own personal ones."""
    joined = select(Task).outerjoin(Project, col(Project.id) == col(Task.project_id))
    return joined.where(or_(_is_personal_of(caller), PROJECTS.may_see(caller)))


def _is_personal_of(caller: Identity) -> ColumnElement[bool]:
    if caller.id is None:
        return false()
    return and_(col(Task.project_id).is_(None), col(Task.created_by) == caller.id)


def matching(caller: Identity, filters: TaskFilters) -> Select[Task]:
    """The visible tasks that match all filters."""
    wanted: dict[Any, Any] = {
        Task.project_id: filters.project_id,
        Task.milestone_id: filters.milestone_id,
        Task.assignee_id: filters.assignee_id,
        Task.created_by: filters.created_by_id,
    }
    conditions = [col(column) == value for column, value in wanted.items() if value is not None]
    if filters.status is not None:
        conditions.append(col(Task.status).in_(filters.status))
    if filters.priority is not None:
        conditions.append(col(Task.priority).in_(filters.priority))
    if filters.completion is not None:
        is_done = filters.completion is TaskCompletion.COMPLETED
        done = col(Task.status) == TaskStatus.DONE
        conditions.append(done if is_done else ~done)
    if filters.personal is not None:
        is_personal = col(Task.project_id).is_(None)
        conditions.append(is_personal if filters.personal else ~is_personal)
    conditions += [*_due(filters), *_containing(filters)]
    return visible_to(caller).where(*conditions)


def _due(filters: TaskFilters) -> list[ColumnElement[bool]]:
    """A day is due from its first moment to its last."""
    due = col(Task.due_date)
    bounds = (
        (filters.due_date_gte, lambda day: due >= _midnight(day)),
        (filters.due_date_gt, lambda day: due >= _midnight_after(day)),
        (filters.due_date_lte, lambda day: due < _midnight_after(day)),
        (filters.due_date_lt, lambda day: due < _midnight(day)),
    )
    return [condition(day) for day, condition in bounds if day is not None]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _midnight_after(day: date) -> datetime:
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return _midnight(day + timedelta(days=1))


def _containing(filters: TaskFilters) -> list[ColumnElement[bool]]:
    if not filters.search:
        return []
    columns = {SearchField.TITLE: Task.title, SearchField.DESCRIPTION: Task.description}
    chosen = tuple(SearchField) if filters.search_fields is None else filters.search_fields
    texts = [col(columns[one]).icontains(filters.search, autoescape=True) for one in chosen]
    return [or_(false(), *texts)]


async def tasks_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Task | None]:
    return await rows_by(session, visible_to(caller), Task.id, ids)


async def task_for_update(session: AsyncSession, caller: Identity, id: UUID) -> Task | None:
    """The task, held against other writers until the transaction ends."""
    statement = visible_to(caller).where(col(Task.id) == id).with_for_update(of=Task)
    return (await session.scalars(statement)).one_or_none()


async def hold_project(session: AsyncSession, caller: Identity, id: UUID) -> None:
    """Keep the project from being deleted until the transaction ends. Raises ``ProjectNotFound``
    unless the caller sees it."""
    await PROJECTS.require(session, caller, id)
    alive = col(Project.id) == id, col(Project.is_deleted).is_(False)
    statement = select(Project.id).where(*alive).with_for_update(read=True)
    if (await session.scalars(statement)).one_or_none() is None:  # deleted a moment ago
        raise ProjectNotFound(id)


def tasks_of(caller: Identity, wanted: tuple[Parent, TaskFilters]) -> ChildRows[Task]:
    """The tasks of projects, milestones or people, as the parent says."""
    parent, filters = wanted
    return ChildRows(matching(caller, filters), Task, col(getattr(Task, parent)), NEWEST_FIRST)


async def counts_by_project(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Counts | None]:
    """None for projects that the caller may not see."""
    seen = select(Project.id).where(PROJECTS.may_see(caller), col(Project.id).in_(ids))
    return await _counts(session, col(Task.project_id), await session.scalars(seen), ids)


async def counts_by_milestone(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Counts | None]:
    """None for milestones of projects that the caller may not see."""
    wanted = select(Milestone.id).where(col(Milestone.id).in_(ids))
    seen = PROJECTS.within(wanted, Milestone.project_id, caller)
    return await _counts(session, col(Task.milestone_id), await session.scalars(seen), ids)


async def _counts(
    session: AsyncSession, parent: Any, seen: Any, ids: Sequence[UUID]
) -> list[Counts | None]:
    found: dict[UUID, dict[TaskStatus, int]] = {id: dict.fromkeys(TaskStatus, 0) for id in seen}
    counted = await session.execute(
        select(parent, Task.status, func.count())
        .where(parent.in_(list(found)))
        .group_by(parent, col(Task.status))
    )
    for id, status, count in counted:
        found[id][TaskStatus(status)] = count
    return [found.get(id) for id in ids]


@dataclass(frozen=True, slots=True)
class SeenDependency:
    """A dependency with the task that is waited for."""

    id: UUID
    type: DependencyType
    created_at: datetime
    task: Task


async def dependencies_by_task(
    session: AsyncSession, ids: Sequence[UUID]
) -> list[list[SeenDependency]]:
    """What tasks wait for that the caller has seen already, oldest first: all of it belongs to the
    same project or person."""
    made = col(TaskDependency.created_at), col(TaskDependency.id)
    statement = (
        select(TaskDependency, Task)
        .join(Task, col(Task.id) == col(TaskDependency.depends_on_id))
        .where(col(TaskDependency.task_id).in_(ids))
        .order_by(*made)
    )
    found: dict[UUID, list[SeenDependency]] = {id: [] for id in ids}
    for row, task in await session.execute(statement):
        found[row.task_id].append(SeenDependency(row.id, row.type, row.created_at, task))
    return [found[id] for id in ids]


async def dependency(session: AsyncSession, caller: Identity, id: UUID) -> TaskDependency | None:
    """A dependency of a task that the caller sees."""
    seen = visible_to(caller).with_only_columns(col(Task.id))
    statement = select(TaskDependency).where(
        col(TaskDependency.id) == id, col(TaskDependency.task_id).in_(seen)
    )
    return (await session.scalars(statement)).one_or_none()


async def leads_to(session: AsyncSession, start: UUID, target: UUID) -> bool:
    """Whether ``start`` waits for ``target``, directly or by way of others."""
    step = select(TaskDependency.depends_on_id).where(col(TaskDependency.task_id) == start)
    ahead = step.cte("ahead", recursive=True)
    further = select(TaskDependency.depends_on_id).join(
        ahead, col(TaskDependency.task_id) == ahead.c.depends_on_id
    )
    ahead = ahead.union(further)  # not UNION ALL: tasks that are met twice are followed once
    found = select(ahead.c.depends_on_id).where(ahead.c.depends_on_id == target).limit(1)
    return (await session.execute(found)).first() is not None


async def milestone_in(session: AsyncSession, id: UUID, project_id: UUID) -> bool:
    """Whether the project has such a milestone."""
    found = await session.get(Milestone, id)
    return found is not None and found.project_id == project_id
