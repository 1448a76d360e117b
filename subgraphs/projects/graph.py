"""Projects in the graph: the root fields, and the subgraph that the router runs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import RequiresScopes

from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.db.storage import Storage
from trellis.schema.federation import TrellisSchema
from trellis.schema.inputs import as_uuid
from trellis.schema.paging import Connection, PageRequest, SortOrder
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.projects import models, queries, seed, service
from trellis.subgraphs.projects.context import Context
from trellis.subgraphs.projects.errors import MilestoneNotFound, ProjectNotFound
from trellis.subgraphs.projects.events import ProjectDeleted
from trellis.subgraphs.projects.inputs import (
    AddProjectMemberInput,
    CreateMilestoneInput,
    CreateProjectInput,
    ProjectFiltersInput,
    RemoveProjectMemberInput,
    UpdateMilestoneInput,
    UpdateProjectInput,
)
from trellis.subgraphs.projects.people import people_consumer
from trellis.subgraphs.projects.policies import project_policies
from trellis.subgraphs.projects.queries import ProjectFilters, ProjectSort
from trellis.subgraphs.projects.teams import team_consumer
from trellis.subgraphs.projects.types import (
    DELETE,
    READ,
    WRITE,
    WRITE_MEMBERS,
    Ctx,
    Milestone,
    Project,
    ProjectMember,
    project_connection,
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
    @strawberry.federation.field(requires_scopes=READ)
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
        async with context.storage.read() as session:
            found = await queries.projects_page(session, context.caller, wanted, page, order)

        async def count() -> int:
            async with context.storage.read() as session:
                return await queries.projects_count(session, context.caller, wanted)

        return project_connection(found, count)

    @strawberry.federation.field(requires_scopes=READ)
    async def project(self, info: Ctx, id: ID) -> Project | None:
        wanted = as_uuid(id)
        row = await info.context.loaders.project.load(wanted) if wanted else None
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
        wish = input.checked()
        await info.context.expect_people([wish.lead_id])
        await info.context.expect_team(wish.team_id)
        # Committed before the selection set resolves: loaders read from other sessions.
        async with info.context.begin() as uow:
            row = await service.create_project(uow, info.context.caller, wish)
        return CreateProjectPayload(project=Project.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_project(
        self, info: Ctx, id: ID, input: UpdateProjectInput
    ) -> UpdateProjectPayload | None:
        current = await _require_project(info, id)
        changes = input.checked(current)
        await info.context.expect_people([changes.get("lead_id")])
        await info.context.expect_team(changes.get("team_id"))
        async with info.context.begin() as uow:
            row = await service.update_project(
                uow, info.context.caller, current.id, changes, version=input.version
            )
        return UpdateProjectPayload(project=Project.of(row))

    @strawberry.federation.mutation(requires_scopes=DELETE)
    async def delete_project(self, info: Ctx, id: ID) -> DeleteProjectPayload | None:
        current = await _require_project(info, id)
        async with info.context.begin() as uow:
            await service.delete_project(uow, info.context.caller, current.id)
        return DeleteProjectPayload(deleted_project_id=ID(str(current.id)))

    @strawberry.federation.mutation(requires_scopes=WRITE_MEMBERS)
    async def add_project_member(
        self, info: Ctx, input: AddProjectMemberInput
    ) -> AddProjectMemberPayload | None:
        project_id, user_id, role = input.checked()
        await info.context.expect_people([user_id])
        async with info.context.begin() as uow:
            row = await service.add_member(uow, info.context.caller, project_id, user_id, role)
        return AddProjectMemberPayload(member=ProjectMember.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE_MEMBERS)
    async def remove_project_member(
        self, info: Ctx, input: RemoveProjectMemberInput
    ) -> RemoveProjectMemberPayload | None:
        current = await _require_project(info, input.project_id)
        user_id = as_uuid(input.user_id) or UUID(int=0)
        async with info.context.begin() as uow:
            row = await service.remove_member(uow, info.context.caller, current.id, user_id)
        return RemoveProjectMemberPayload(project=Project.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def create_milestone(
        self, info: Ctx, input: CreateMilestoneInput
    ) -> MilestonePayload | None:
        current, wish = await _require_project(info, input.project_id), input.checked()
        async with info.context.begin() as uow:
            row = await service.create_milestone(uow, info.context.caller, current.id, **wish)
        return MilestonePayload(milestone=Milestone.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_milestone(
        self, info: Ctx, id: ID, input: UpdateMilestoneInput
    ) -> MilestonePayload | None:
        wanted, changes = as_uuid(id), input.checked()
        if wanted is None:
            raise MilestoneNotFound(id)
        async with info.context.begin() as uow:
            row = await service.update_milestone(
                uow, info.context.caller, wanted, changes, version=input.version
            )
        return MilestonePayload(milestone=Milestone.of(row))


@strawberry.type
class Subscription:
    @strawberry.subscription(directives=[RequiresScopes(scopes=READ)])
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


def make_subgraph(settings: DataSettings | None = None, bus: EventBus | None = None) -> Subgraph:
    """The projects subgraph; ``settings`` and ``bus`` come from the environment if absent."""
    people, teams = people_consumer(), team_consumer()
    storage = Storage(
        "projects", models.Base.metadata, consumers=[people, teams], settings=settings, bus=bus
    )

    def make_context(request: RequestContext) -> Context:
        return Context(request, storage, people, teams)

    async def write_demo_data() -> None:
        async with storage.begin() as uow:
            await seed.write_demo_data(uow)

    return Subgraph(
        name="projects",
        schema=TrellisSchema(query=Query, mutation=Mutation, subscription=Subscription),
        make_context=make_context,
        start=storage.start,
        stop=storage.stop,
        seed=write_demo_data,
        is_ready=storage.ping,
        policies=project_policies(storage),
    )


async def _require_project(info: Ctx, id: str) -> models.Project:
    wanted = as_uuid(id)
    row = await info.context.loaders.project.load(wanted) if wanted else None
    if row is None:
        raise ProjectNotFound(id)
    return row


subgraph = make_subgraph()
