"""Workflows in the graph: the root fields, and the subgraph that the router runs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Any
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import RequiresScopes

from trellis.db.caller_context import CallerContext
from trellis.db.replica import Replica
from trellis.db.subgraph import define_subgraph
from trellis.schema.directives import Live
from trellis.schema.events.issues import STREAM as ISSUES
from trellis.schema.events.issues import IssueTransitioned
from trellis.schema.events.workflows import WorkflowCreated, WorkflowUpdated
from trellis.schema.inputs import known_id
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import load_one
from trellis.subgraphs.project_scope.scope import ProjectNotFound
from trellis.subgraphs.workflows import models, queries, seed, service
from trellis.subgraphs.workflows.errors import WorkflowNotFound
from trellis.subgraphs.workflows.inputs import (
    CreateWorkflowInput,
    UpdateWorkflowInput,
    WorkflowFiltersInput,
)
from trellis.subgraphs.workflows.loaders import Loaders
from trellis.subgraphs.workflows.queries import PROJECTS, WorkflowFilters
from trellis.subgraphs.workflows.types import READ, WRITE, Ctx, Workflow

_CHANGES = (WorkflowCreated.topic, WorkflowUpdated.topic)


@strawberry.type
class CreateWorkflowPayload:
    workflow: Workflow


@strawberry.type
class UpdateWorkflowPayload:
    workflow: Workflow


@strawberry.type
class Query:
    @strawberry.federation.field(requires_scopes=READ)
    async def workflows(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        skip: int | None = None,
        filters: WorkflowFiltersInput | None = None,
    ) -> Connection[Workflow] | None:
        """Workflows the caller may see, newest first. For numbered pages use skip, else after."""
        context, page = info.context, PageRequest.of(first, after, last, before, skip)
        wanted = filters.checked() if filters else WorkflowFilters()
        statement = queries.matching(context.caller, wanted)
        return Connection.of(Workflow.of, await context.page(statement, models.Workflow, page))

    @strawberry.federation.field(requires_scopes=READ)
    async def workflow(self, info: Ctx, id: ID) -> Workflow | None:
        row = await load_one(info.context.loaders.workflow, id)
        return Workflow.of(row) if row else None


@strawberry.type
class Mutation:
    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def create_workflow(
        self, info: Ctx, input: CreateWorkflowInput
    ) -> CreateWorkflowPayload | None:
        row = await info.context.transact(service.create_workflow, input.checked())
        return CreateWorkflowPayload(workflow=Workflow.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_workflow(
        self, info: Ctx, id: ID, input: UpdateWorkflowInput
    ) -> UpdateWorkflowPayload | None:
        current = await _require_workflow(info, id)
        changes, version = input.checked(current), input.version
        if version is None and {"states", "transitions"}.intersection(changes):
            # Checked against what they do not replace, which must be the same still.
            version = current.version
        return await _update(info, current.id, changes, version)

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def activate_workflow(self, info: Ctx, id: ID) -> UpdateWorkflowPayload | None:
        """From now on issues of its types move along its transitions only. Refused while another
        one is active for one of them."""
        current = await _require_workflow(info, id)
        return await _update(info, current.id, {"is_active": True})

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def deactivate_workflow(self, info: Ctx, id: ID) -> UpdateWorkflowPayload | None:
        """From now on issues of its types may have every status of their project."""
        current = await _require_workflow(info, id)
        return await _update(info, current.id, {"is_active": False})


@strawberry.type
class Subscription:
    @strawberry.subscription(directives=[RequiresScopes(scopes=READ), Live(resumed_by=["after"])])
    async def workflow_updated(
        self, info: Ctx, project_id: ID, after: str | None = None
    ) -> AsyncGenerator[Workflow | None, None]:
        """Each workflow of the project that was made or changed.

        Ends with NOT_FOUND when the project is gone or the caller may not see it any more. With
        ``after`` (an ``eventCursor``) it begins with what was missed.
        """
        context, wanted = info.context, known_id(project_id, ProjectNotFound)
        see_project = partial(_see_project, context, wanted)
        await context.with_news(see_project)
        async with aclosing(context.storage.events(after)) as events:
            async for event in events:
                if event.topic not in _CHANGES or event.payload["project_id"] != str(wanted):
                    continue
                context.refresh()
                row = await context.loaders.workflow.load(UUID(event.key))
                if row is not None:
                    yield Workflow.of(row, event_cursor=event.cursor)
                else:
                    await context.with_news(see_project)


async def _require_workflow(info: Ctx, id: str) -> models.Workflow:
    row = await load_one(info.context.loaders.workflow, id)
    if row is None:
        raise WorkflowNotFound(id)
    return row


async def _update(
    info: Ctx, id: UUID, changes: dict[str, Any], version: int | None = None
) -> UpdateWorkflowPayload:
    row = await info.context.transact(service.update_workflow, id, changes, version=version)
    return UpdateWorkflowPayload(workflow=Workflow.of(row))


async def _see_project(context: CallerContext[Loaders], id: UUID) -> None:
    async with context.storage.read() as session:
        await PROJECTS.require(session, context.caller, id)


make_subgraph = define_subgraph(
    "workflows",
    models.Base,
    Query,
    Mutation,
    Subscription,
    loaders=Loaders,
    replicas=[
        PROJECTS.replica(deleted=service.delete_workflows_of),
        Replica(ISSUES, [IssueTransitioned], service.record_execution),
    ],
    seed=seed.write_demo_data,
)

subgraph = make_subgraph()
