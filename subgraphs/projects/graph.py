"""Projects in the graph: the root fields, and the subgraph that the router runs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import RequiresScopes

from trellis.db.subgraph import define_subgraph
from trellis.schema.dialects import dialect_tags
from trellis.schema.directives import Live
from trellis.schema.events.projects import ProjectDeleted
from trellis.schema.inputs import as_uuid, known_id
from trellis.schema.list_sizes import EITHER_WAY
from trellis.schema.paging import Connection, PageRequest, SortOrder
from trellis.schema.references import load_one
from trellis.subgraphs.people_scope.people import people_replica
from trellis.subgraphs.people_scope.teams import team_replica
from trellis.subgraphs.projects import models, queries, seed, service
from trellis.subgraphs.projects.errors import MilestoneNotFound, ProjectNotFound
from trellis.subgraphs.projects.inputs import (
    AddProjectMemberInput,
    CreateMilestoneInput,
    CreateProjectInput,
    ProjectFiltersInput,
    RemoveProjectMemberInput,
    UpdateMilestoneInput,
    UpdateProjectInput,
)
from trellis.subgraphs.projects.loaders import Loaders
from trellis.subgraphs.projects.policies import project_policies
from trellis.subgraphs.projects.queries import ProjectFilters, ProjectSort
from trellis.subgraphs.projects.types import (
    DELETE,
    READ,
    WRITE,
    WRITE_MEMBERS,
    Ctx,
    Milestone,
    Project,
    ProjectMember,
)


@strawberry.type
class CreateProjectPayload:
    project: Project


@strawberry.type
class UpdateProjectPayload:
    project: Project


@strawberry.type
class DeleteProjectPayload:
    deleted_project_id: ID


@strawberry.type
class AddProjectMemberPayload:
    member: ProjectMember


@strawberry.type
class RemoveProjectMemberPayload:
    project: Project


@strawberry.type
class MilestonePayload:
    milestone: Milestone


@strawberry.type
class Query:
    @strawberry.federation.field(directives=[EITHER_WAY], requires_scopes=READ)
    async def projects(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        skip: int | None = None,
        filters: ProjectFiltersInput | None = None,
        sort_by: ProjectSort = ProjectSort.CREATED_AT,
        sort_order: SortOrder = SortOrder.DESC,
    ) -> Connection[Project] | None:
        """Projects the caller may see, newest first. For numbered pages use skip, else after."""
        context, page = info.context, PageRequest.of(first, after, last, before, skip)
        wanted = filters.checked() if filters else ProjectFilters()
        order = sort_by.order(descending=sort_order is SortOrder.DESC)
        statement = queries.matching(context.caller, wanted)
        return Connection.of(Project.of, await context.page(statement, models.Project, page, order))

    @strawberry.federation.field(requires_scopes=READ)
    async def project(self, info: Ctx, id: ID) -> Project | None:
        row = await load_one(info.context.loaders.project, id)
        return Project.of(row) if row else None

    @strawberry.federation.field(requires_scopes=READ)
    async def project_by_key(self, info: Ctx, key: str) -> Project | None:
        row = await info.context.loaders.project_by_key.load(key)
        return Project.of(row) if row else None


@strawberry.type
class Mutation:
    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def create_project(
        self, info: Ctx, input: CreateProjectInput
    ) -> CreateProjectPayload | None:
        row = await info.context.transact(service.create_project, input.checked())
        return CreateProjectPayload(project=Project.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_project(
        self, info: Ctx, id: ID, input: UpdateProjectInput
    ) -> UpdateProjectPayload | None:
        current = await _require_project(info, id)
        changes = input.checked(current)
        row = await info.context.transact(
            service.update_project, current.id, changes, version=input.version
        )
        return UpdateProjectPayload(project=Project.of(row))

    @strawberry.federation.mutation(requires_scopes=DELETE)
    async def delete_project(self, info: Ctx, id: ID) -> DeleteProjectPayload | None:
        current = await _require_project(info, id)
        await info.context.transact(service.delete_project, current.id)
        return DeleteProjectPayload(deleted_project_id=ID(str(current.id)))

    @strawberry.federation.mutation(requires_scopes=WRITE_MEMBERS)
    async def add_project_member(
        self, info: Ctx, input: AddProjectMemberInput
    ) -> AddProjectMemberPayload | None:
        row = await info.context.transact(service.add_member, input.checked())
        return AddProjectMemberPayload(member=ProjectMember.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE_MEMBERS)
    async def remove_project_member(
        self, info: Ctx, input: RemoveProjectMemberInput
    ) -> RemoveProjectMemberPayload | None:
        current = await _require_project(info, input.project_id)
        user_id = as_uuid(input.user_id) or UUID(int=0)
        row = await info.context.transact(service.remove_member, current.id, user_id)
        return RemoveProjectMemberPayload(project=Project.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def create_milestone(
        self, info: Ctx, input: CreateMilestoneInput
    ) -> MilestonePayload | None:
        await _require_project(info, input.project_id)
        row = await info.context.transact(service.create_milestone, input.checked())
        return MilestonePayload(milestone=Milestone.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_milestone(
        self, info: Ctx, id: ID, input: UpdateMilestoneInput
    ) -> MilestonePayload | None:
        changes, wanted = input.checked(), known_id(id, MilestoneNotFound)
        row = await info.context.transact(
            service.update_milestone, wanted, changes, version=input.version
        )
        return MilestonePayload(milestone=Milestone.of(row))


@strawberry.type
class Subscription:
    @strawberry.subscription(directives=[RequiresScopes(scopes=READ), Live(resumed_by=["after"])])
    async def project_updated(
        self, info: Ctx, id: ID, after: str | None = None
    ) -> AsyncGenerator[Project | None, None]:
        """The project after each change of it, its members or its milestones.

        Ends when the project is deleted, or with NOT_FOUND when the caller may not see it any
        more. With ``after`` (an ``eventCursor``) it begins with what was missed.
        """
        context = info.context
        wanted = (await _require_project(info, id)).id
        async with aclosing(context.storage.events(after)) as events:
            async for event in events:
                if event.key != str(wanted):
                    continue
                if event.topic == ProjectDeleted.topic:
                    return
                context.refresh()
                row = await _require_project(info, id)
                yield Project.of(row, event_cursor=event.cursor)


async def _require_project(info: Ctx, id: str) -> models.Project:
    row = await load_one(info.context.loaders.project, id)
    if row is None:
        raise ProjectNotFound(id)
    return row


make_subgraph = define_subgraph(
    "projects",
    models.Base,
    Query,
    Mutation,
    Subscription,
    loaders=Loaders,
    replicas=[
        people_replica(models.Person, deleted=service.forget_person),
        team_replica(models.Team),
    ],
    seed=seed.write_demo_data,
    policies=project_policies,
    tags=dialect_tags(),
)

subgraph = make_subgraph()
