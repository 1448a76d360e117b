"""Workflows in the graph: the root fields, and the subgraph that the router runs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import RequiresScopes

from trellis.db.replica import Replica
from trellis.db.subgraph import define_subgraph
from trellis.schema.dialects import dialect_tags
from trellis.schema.directives import Live
from trellis.schema.events.issues import STREAM as ISSUES
from trellis.schema.events.issues import IssueTransitioned
from trellis.schema.events.workflows import WorkflowCreated, WorkflowUpdated
from trellis.schema.list_sizes import EITHER_WAY
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import load_one
from trellis.subgraphs.project_scope.changes import changes_within
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
    @strawberry.federation.field(directives=[EITHER_WAY], requires_scopes=READ)
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
        changes = changes_within(
            info.context, PROJECTS, project_id, _CHANGES, lambda loaders: loaders.workflow, after
        )
        async with aclosing(changes) as rows:
            async for row, cursor in rows:
                yield Workflow.of(row, event_cursor=cursor)


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
    tags=dialect_tags(),
)

subgraph = make_subgraph()
