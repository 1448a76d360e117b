"""Issues in the graph: the root fields, and the subgraph that the router runs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import RequiresScopes

from trellis.db.bus import EventBus
from trellis.db.outbox import Envelope
from trellis.db.settings import DataSettings
from trellis.db.storage import Storage
from trellis.schema.federation import TrellisSchema
from trellis.schema.inputs import as_uuid
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.issues import models, queries, seed, service
from trellis.subgraphs.issues.context import Context
from trellis.subgraphs.issues.errors import IssueNotFound, LinkNotFound, ProjectNotFound
from trellis.subgraphs.issues.events import IssueCreated, IssueUpdated
from trellis.subgraphs.issues.inputs import (
    AddCommentInput,
    CreateIssueInput,
    IssueFiltersInput,
    LinkIssuesInput,
    UpdateIssueInput,
)
from trellis.subgraphs.issues.projects import project_consumer
from trellis.subgraphs.issues.queries import IssueFilters
from trellis.subgraphs.issues.types import (
    READ,
    WRITE,
    WRITE_COMMENTS,
    Comment,
    Ctx,
    Issue,
    issue_connection,
)


@strawberry.type
class CreateIssuePayload:
    issue: Issue


@strawberry.type
class UpdateIssuePayload:
    issue: Issue


@strawberry.type
class DeleteIssuePayload:
    deleted_issue_id: ID


@strawberry.type
class LinkIssuesPayload:
    link_id: ID
    source: Issue
    target: Issue


@strawberry.type
class UnlinkIssuesPayload:
    source: Issue
    target: Issue


@strawberry.type
class AddCommentPayload:
    comment: Comment


@strawberry.type
class Query:
    @strawberry.federation.field(requires_scopes=READ)
    async def issues(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        skip: int | None = None,
        filters: IssueFiltersInput | None = None,
    ) -> Connection[Issue] | None:
        """Issues the caller may see, newest first. For numbered pages use skip, else after."""
        context, page = info.context, PageRequest.of(first, after, last, before, skip)
        wanted = filters.checked() if filters else IssueFilters()
        async with context.storage.read() as session:
            found = await queries.issues_page(session, context.caller, wanted, page)

        async def count() -> int:
            async with context.storage.read() as session:
                return await queries.issues_count(session, context.caller, wanted)

        return issue_connection(found, count)

    @strawberry.federation.field(requires_scopes=READ)
    async def issue(self, info: Ctx, id: ID) -> Issue | None:
        wanted = as_uuid(id)
        row = await info.context.loaders.issue.load(wanted) if wanted else None
        return Issue.of(row) if row else None

    @strawberry.federation.field(requires_scopes=READ)
    async def issue_by_key(self, info: Ctx, key: str) -> Issue | None:
        row = await info.context.loaders.issue_by_key.load(key)
        return Issue.of(row) if row else None


@strawberry.type
class Mutation:
    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def create_issue(self, info: Ctx, input: CreateIssueInput) -> CreateIssuePayload | None:
        context, wish = info.context, input.checked()
        await context.sees_project(wish.project_id, member_id=wish.assignee_id)
        # Committed before the selection set resolves: loaders read from other sessions.
        async with context.begin() as uow:
            row = await service.create_issue(uow, context.caller, wish)
        return CreateIssuePayload(issue=Issue.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_issue(
        self, info: Ctx, id: ID, input: UpdateIssueInput
    ) -> UpdateIssuePayload | None:
        context, changes = info.context, input.checked()
        current = await _require_issue(info, id)
        await context.sees_project(current.project_id, member_id=changes.get("assignee_id"))
        async with context.begin() as uow:
            row = await service.update_issue(
                uow, context.caller, current.id, changes, version=input.version
            )
        return UpdateIssuePayload(issue=Issue.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def delete_issue(self, info: Ctx, id: ID) -> DeleteIssuePayload | None:
        current = await _require_issue(info, id)
        async with info.context.begin() as uow:
            await service.delete_issue(uow, info.context.caller, current.id)
        return DeleteIssuePayload(deleted_issue_id=ID(str(current.id)))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def link_issues(self, info: Ctx, input: LinkIssuesInput) -> LinkIssuesPayload | None:
        source_id, target_id, type = input.checked()
        async with info.context.begin() as uow:
            link = await service.link_issues(uow, info.context.caller, source_id, target_id, type)
        source, target = await _ends(info, link)
        return LinkIssuesPayload(link_id=ID(str(link.id)), source=source, target=target)

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def unlink_issues(self, info: Ctx, link_id: ID) -> UnlinkIssuesPayload | None:
        wanted = as_uuid(link_id)
        if wanted is None:
            raise LinkNotFound(link_id)
        async with info.context.begin() as uow:
            link = await service.unlink_issues(uow, info.context.caller, wanted)
        source, target = await _ends(info, link)
        return UnlinkIssuesPayload(source=source, target=target)

    @strawberry.federation.mutation(requires_scopes=WRITE_COMMENTS)
    async def add_comment(self, info: Ctx, input: AddCommentInput) -> AddCommentPayload | None:
        issue_id, content = input.checked()
        async with info.context.begin() as uow:
            row = await service.add_comment(uow, info.context.caller, issue_id, content)
        return AddCommentPayload(comment=Comment.of(row))


@strawberry.type
class Subscription:
    @strawberry.subscription(directives=[RequiresScopes(scopes=READ)])
    async def issue_updated(
        self, info: Ctx, project_id: ID, after: str | None = None
    ) -> AsyncGenerator[Issue | None, None]:
        """Each issue of the project that was made or changed.

        Ends with NOT_FOUND when the project is gone or the caller may not see it any more. With
        ``after`` (an ``eventCursor``) it begins with what was missed.
        """
        context, wanted = info.context, as_uuid(project_id)
        if wanted is None or not await context.sees_project(wanted):
            raise ProjectNotFound(project_id)
        async with aclosing(context.storage.events(after)) as events:
            async for event in events:
                if not _speaks_of(event, wanted):
                    continue
                context.refresh()
                row = await context.loaders.issue.load(UUID(event.key))
                if row is not None:
                    yield Issue.of(row, event_cursor=event.cursor)
                elif not await context.sees_project(wanted):
                    raise ProjectNotFound(project_id)


def make_subgraph(settings: DataSettings | None = None, bus: EventBus | None = None) -> Subgraph:
    """The issues subgraph; ``settings`` and ``bus`` come from the environment if absent."""
    projects = project_consumer()
    storage = Storage(
        "issues", models.Base.metadata, consumers=[projects], settings=settings, bus=bus
    )

    def make_context(request: RequestContext) -> Context:
        return Context(request, storage, projects)

    async def write_demo_data() -> None:
        async with storage.begin() as uow:
            await seed.write_demo_data(uow)

    return Subgraph(
        name="issues",
        schema=TrellisSchema(query=Query, mutation=Mutation, subscription=Subscription),
        make_context=make_context,
        start=storage.start,
        stop=storage.stop,
        seed=write_demo_data,
        is_ready=storage.ping,
    )


def _speaks_of(event: Envelope, project_id: UUID) -> bool:
    topics = (IssueCreated.topic, IssueUpdated.topic)
    return event.topic in topics and event.payload["project_id"] == str(project_id)


async def _require_issue(info: Ctx, id: str) -> models.Issue:
    wanted = as_uuid(id)
    row = await info.context.loaders.issue.load(wanted) if wanted else None
    if row is None:
        raise IssueNotFound(id)
    return row


async def _ends(info: Ctx, link: models.IssueLink) -> tuple[Issue, Issue]:
    """Both issues of a link that the caller was allowed to make or remove a moment ago."""
    load = info.context.loaders.issue.load
    source, target = await load(link.source_id), await load(link.target_id)
    if source is None or target is None:
        raise IssueNotFound(link.source_id if source is None else link.target_id)
    return Issue.of(source), Issue.of(target)


subgraph = make_subgraph()
