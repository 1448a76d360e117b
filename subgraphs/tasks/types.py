"""The types of tasks in the graph, and what tasks add to projects, milestones and people."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID, Info

from trellis.db.caller_context import CallerContext
from trellis.schema.list_sizes import EITHER_WAY, FORWARD, list_size
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import Reference, load_by_id, load_one
from trellis.subgraphs.tasks import models
from trellis.subgraphs.tasks.inputs import MAX_TAGS, TaskFiltersInput
from trellis.subgraphs.tasks.loaders import Loaders
from trellis.subgraphs.tasks.models import DependencyType, TaskPriority, TaskStatus
from trellis.subgraphs.tasks.queries import (
    Counts,
    Parent,
    SeenDependency,
    TaskCompletion,
    TaskFilters,
)
from trellis.subgraphs.tasks.use_cases.dependencies import MAX_DEPENDENCIES
from trellis.subgraphs.tasks.use_cases.tasks import completion_of

READ = [["read:tasks"]]
WRITE = [["write:tasks"]]

Ctx = Info[CallerContext[Loaders], None]


@strawberry.federation.type(keys=["id"])
class User:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ,
        directives=[FORWARD],
        description="Tasks they created that the caller may see.",
    )
    async def tasks(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        filters: TaskFiltersInput | None = None,
    ) -> "Connection[Task] | None":
        return await _list(info, "created_by", self.id, PageRequest.of(first, after), filters)

    @strawberry.federation.field(
        requires_scopes=READ, directives=[FORWARD], description="Tasks assigned to them."
    )
    async def assigned_tasks(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        filters: TaskFiltersInput | None = None,
    ) -> "Connection[Task] | None":
        return await _list(info, "assignee_id", self.id, PageRequest.of(first, after), filters)


@strawberry.type(description="The number of tasks by status.")
class TaskStatistics:
    total: int
    todo: int
    in_progress: int
    review: int
    completed: int
    completion_rate: float = strawberry.field(
        description="Percent of all tasks that are done; 0 if there are none."
    )

    @classmethod
    def of(cls, counts: Counts) -> Self:
        total, done = _total(counts), counts[TaskStatus.DONE]
        return cls(
            total=total,
            todo=counts[TaskStatus.TODO],
            in_progress=counts[TaskStatus.IN_PROGRESS],
            review=counts[TaskStatus.REVIEW],
            completed=done,
            completion_rate=round(100 * done / total, 2) if total else 0.0,
        )


@strawberry.federation.type(keys=["id"])
class Project:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ, directives=[EITHER_WAY], description="Newest first."
    )
    async def tasks(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filters: TaskFiltersInput | None = None,
    ) -> "Connection[Task] | None":
        page = PageRequest.of(first, after, last, before)
        return await _list(info, "project_id", self.id, page, filters)

    @strawberry.federation.field(requires_scopes=READ)
    async def task_statistics(self, info: Ctx) -> TaskStatistics | None:
        counts = await load_one(info.context.loaders.counts_of_project, self.id)
        return TaskStatistics.of(counts) if counts else None

    @strawberry.federation.field(requires_scopes=READ)
    async def total_tasks(self, info: Ctx) -> int | None:
        counts = await load_one(info.context.loaders.counts_of_project, self.id)
        return _total(counts) if counts else None

    @strawberry.federation.field(requires_scopes=READ)
    async def completed_tasks(self, info: Ctx) -> int | None:
        counts = await load_one(info.context.loaders.counts_of_project, self.id)
        return counts[TaskStatus.DONE] if counts else None

    @strawberry.federation.field(
        requires_scopes=READ,
        description="Percent of the tasks that are done, rounded; 0 if there are none.",
    )
    async def progress(self, info: Ctx) -> int | None:
        counts = await load_one(info.context.loaders.counts_of_project, self.id)
        if counts is None:
            return None
        total = _total(counts)
        return 100 * counts[TaskStatus.DONE] // total if total else 0


@strawberry.federation.type(keys=["id"])
class Milestone:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ, directives=[FORWARD], description="Newest first."
    )
    async def tasks(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        filters: TaskFiltersInput | None = None,
    ) -> "Connection[Task] | None":
        return await _list(info, "milestone_id", self.id, PageRequest.of(first, after), filters)

    @strawberry.federation.field(requires_scopes=READ)
    async def task_count(self, info: Ctx) -> int | None:
        counts = await load_one(info.context.loaders.counts_of_milestone, self.id)
        return _total(counts) if counts else None

    @strawberry.federation.field(requires_scopes=READ)
    async def completed_task_count(self, info: Ctx) -> int | None:
        counts = await load_one(info.context.loaders.counts_of_milestone, self.id)
        return counts[TaskStatus.DONE] if counts else None


@strawberry.federation.type(requires_scopes=READ, description="A dependency of a task.")
class TaskDependency:
    id: ID
    type: DependencyType
    depends_on: "Task"
    created_at: datetime

    @classmethod
    def of(cls, seen: SeenDependency) -> Self:
        return cls(
            id=ID(str(seen.id)),
            type=seen.type,
            depends_on=Task.of(seen.task),
            created_at=seen.created_at,
        )


@strawberry.federation.type(keys=["id"], requires_scopes=READ)
class Task:
    id: ID
    title: str
    description: str | None
    status: TaskStatus
    completion: TaskCompletion
    priority: TaskPriority
    project: Project | None = strawberry.field(
        description="Null for a personal task, which is visible only to its creator."
    )
    milestone: Milestone | None
    created_by: User | None
    assignee: User | None
    due_date: datetime | None
    estimated_hours: float | None
    tags: list[str] = strawberry.field(directives=[list_size(MAX_TAGS)])
    created_at: datetime
    updated_at: datetime
    version: int = strawberry.field(
        description="Send it with an update to detect concurrent changes."
    )
    event_cursor: str | None = strawberry.field(
        default=None,
        description="The position of this event in the stream; only in subscriptions. Pass it as "
        "`after` to resume without missing events.",
    )

    @strawberry.field(
        directives=[list_size(MAX_DEPENDENCIES)],
        description="The tasks it depends on, oldest first.",
    )
    async def dependencies(self, info: Ctx) -> list[TaskDependency]:
        seen = await info.context.loaders.dependencies.load(UUID(self.id))
        return [TaskDependency.of(one) for one in seen]

    @classmethod
    def of(cls, row: models.Task, *, event_cursor: str | None = None) -> Self:
        project, milestone, assignee = row.project_id, row.milestone_id, row.assignee_id
        return cls(
            id=ID(str(row.id)),
            title=row.title,
            description=row.description,
            status=row.status,
            completion=completion_of(row.status),
            priority=row.priority,
            project=Project(id=ID(str(project))) if project else None,
            milestone=Milestone(id=ID(str(milestone))) if milestone else None,
            created_by=User(id=ID(str(row.created_by))),
            assignee=User(id=ID(str(assignee))) if assignee else None,
            due_date=row.due_date,
            estimated_hours=row.estimated_hours,
            tags=list(row.tags),
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
            event_cursor=event_cursor,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.task, references)
        return [cls.of(row) if row else None for row in rows]


async def _list(
    info: Ctx, parent: Parent, id: str, page: PageRequest, filters: TaskFiltersInput | None
) -> Connection[Task]:
    """The tasks that hang on something, loaded together with those of its siblings."""
    wanted = filters.checked() if filters else TaskFilters()
    found = await info.context.loaders.tasks.load_for((parent, wanted), id, page)
    return Connection.of(Task.of, found)


def _total(counts: Counts) -> int:
    return sum(counts.values())
