"""Tasks in the graph: the root fields, and the subgraph that the router runs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import Cost, RequiresScopes

from trellis.db.replica import Replica
from trellis.db.subgraph import define_subgraph
from trellis.schema.dialects import dialect_tags
from trellis.schema.directives import Live
from trellis.schema.events.accounts import STREAM as ACCOUNTS
from trellis.schema.events.accounts import UserDeleted
from trellis.schema.events.projects import STREAM as OF_PROJECTS
from trellis.schema.events.projects import MilestoneCreated
from trellis.schema.events.tasks import (
    TaskCreated,
    TaskDependencyAdded,
    TaskDependencyRemoved,
    TaskUpdated,
)
from trellis.schema.inputs import Id, InputProblems, known_id
from trellis.schema.list_sizes import EITHER_WAY
from trellis.schema.paging import Connection, PageRequest, SortOrder
from trellis.schema.references import load_one
from trellis.subgraphs.project_scope.changes import changes_within
from trellis.subgraphs.tasks import models, queries, retention, seed
from trellis.subgraphs.tasks.errors import DependencyNotFound, TaskNotFound
from trellis.subgraphs.tasks.inputs import (
    AddTaskDependencyInput,
    CreateTaskInput,
    TaskFiltersInput,
    UpdateTaskInput,
)
from trellis.subgraphs.tasks.loaders import Loaders
from trellis.subgraphs.tasks.models import TaskStatus
from trellis.subgraphs.tasks.queries import PROJECTS, TaskFilters, TaskSort
from trellis.subgraphs.tasks.types import READ, WRITE, Ctx, Task
from trellis.subgraphs.tasks.use_cases import dependencies, tasks, upkeep

_CHANGES = (
    TaskCreated.topic,
    TaskUpdated.topic,
    TaskDependencyAdded.topic,
    TaskDependencyRemoved.topic,
)


@strawberry.type
class TaskPayload:
    task: Task


@strawberry.type
class DeleteTaskPayload:
    deleted_task_id: ID


@strawberry.type
class TaskDependencyPayload:
    task: Task = strawberry.field(description="The dependent task.")
    depends_on: Task = strawberry.field(description="The task it depends on.")


@strawberry.type
class Query:
    @strawberry.federation.field(requires_scopes=READ, directives=[EITHER_WAY])
    async def tasks(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        skip: int | None = None,
        filters: TaskFiltersInput | None = None,
        sort_by: TaskSort = TaskSort.CREATED_AT,
        sort_order: SortOrder = SortOrder.DESC,
    ) -> Connection[Task] | None:
        """Tasks the caller may see, newest first. For numbered pages use skip, else after."""
        context, page = info.context, PageRequest.of(first, after, last, before, skip)
        wanted = filters.checked() if filters else TaskFilters()
        order = sort_by.order(descending=sort_order is SortOrder.DESC)
        statement = queries.matching(context.caller, wanted)
        return Connection.of(Task.of, await context.page(statement, models.Task, page, order))

    @strawberry.federation.field(requires_scopes=READ)
    async def task(self, info: Ctx, id: ID, personal: bool = False) -> Task | None:
        """With ``personal`` only the caller's own tasks of no project are there."""
        row = await load_one(info.context.loaders.task, id)
        return Task.of(row) if row and not (personal and row.project_id) else None


@strawberry.type
class Mutation:
    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def create_task(self, info: Ctx, input: CreateTaskInput) -> TaskPayload | None:
        row = await info.context.transact(tasks.create_task, input.checked())
        return TaskPayload(task=Task.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_task(
        self, info: Ctx, id: ID, input: UpdateTaskInput, personal: bool = False
    ) -> TaskPayload | None:
        """With ``personal`` only the caller's own tasks of no project are there."""
        changes, wanted = input.checked(), known_id(id, TaskNotFound)
        row = await info.context.transact(
            tasks.update_task,
            wanted,
            changes,
            completion=input.completion,
            version=input.version,
            personal=personal,
        )
        return TaskPayload(task=Task.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_task_status(
        self, info: Ctx, id: ID, status: TaskStatus, version: int | None = None
    ) -> TaskPayload | None:
        """Refused, with ``version``, unless the task still has it."""
        wanted = known_id(id, TaskNotFound)
        row = await info.context.transact(tasks.update_status, wanted, status, version=version)
        return TaskPayload(task=Task.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def assign_task(
        self, info: Ctx, id: ID, assignee_id: Id | None = None, version: int | None = None
    ) -> TaskPayload | None:
        """To a member of its project, or without ``assigneeId`` to nobody. Refused, with
        ``version``, unless the task still has it."""
        problems, wanted = InputProblems(), known_id(id, TaskNotFound)
        assignee = problems.id("assigneeId", assignee_id) if assignee_id is not None else None
        problems.raise_any()
        row = await info.context.transact(tasks.assign_task, wanted, assignee, version=version)
        return TaskPayload(task=Task.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def delete_task(
        self, info: Ctx, id: ID, personal: bool = False
    ) -> DeleteTaskPayload | None:
        """With ``personal`` only the caller's own tasks of no project are there."""
        wanted = known_id(id, TaskNotFound)
        await info.context.transact(tasks.delete_task, wanted, personal=personal)
        return DeleteTaskPayload(deleted_task_id=ID(str(wanted)))

    # It follows what the other task waits for to the end.
    @strawberry.federation.mutation(requires_scopes=WRITE, directives=[Cost(weight=20)])
    async def add_task_dependency(
        self, info: Ctx, input: AddTaskDependencyInput
    ) -> TaskDependencyPayload | None:
        row = await info.context.transact(dependencies.add_dependency, input.checked())
        return await _ends(info, row)

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def remove_task_dependency(self, info: Ctx, id: ID) -> TaskDependencyPayload | None:
        wanted = known_id(id, DependencyNotFound)
        row = await info.context.transact(dependencies.remove_dependency, wanted)
        return await _ends(info, row)


@strawberry.type
class Subscription:
    @strawberry.subscription(directives=[RequiresScopes(scopes=READ), Live(resumed_by=["after"])])
    async def task_updated(
        self, info: Ctx, project_id: ID, after: str | None = None
    ) -> AsyncGenerator[Task | None, None]:
        """Each task of the project that was made or changed, or waits for other tasks than before.

        Ends with NOT_FOUND when the project is gone or the caller may not see it any more. With
        ``after`` (an ``eventCursor``) it begins with what was missed.
        """
        changes = changes_within(
            info.context, PROJECTS, project_id, _CHANGES, lambda loaders: loaders.task, after
        )
        async with aclosing(changes) as rows:
            async for row, cursor in rows:
                yield Task.of(row, event_cursor=cursor)


async def _ends(info: Ctx, row: models.TaskDependency) -> TaskDependencyPayload:
    """Both tasks of a dependency that the caller was allowed to add or remove a moment ago."""
    load = info.context.loaders.task.load
    task, other = await load(row.task_id), await load(row.depends_on_id)
    if task is None or other is None:
        raise TaskNotFound(row.task_id if task is None else row.depends_on_id)
    return TaskDependencyPayload(task=Task.of(task), depends_on=Task.of(other))


make_subgraph = define_subgraph(
    "tasks",
    models.Base,
    Query,
    Mutation,
    Subscription,
    loaders=Loaders,
    replicas=[
        PROJECTS.replica(deleted=upkeep.delete_tasks_of),
        # By a name of its own: it keeps another position in the same stream.
        Replica(
            OF_PROJECTS, (MilestoneCreated,), upkeep.keep_milestone, name="milestones-from-projects"
        ),
        Replica(ACCOUNTS, (UserDeleted,), upkeep.forget_person),
    ],
    seed=seed.write_demo_data,
    jobs=[retention.JOB],
    env_settings=retention.SETTINGS,
    tags=dialect_tags(),
)

subgraph = make_subgraph()
