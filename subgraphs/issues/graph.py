"""Issues in the graph: the root fields, and the subgraph that the router runs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import RequiresScopes

from trellis.db.subgraph import define_subgraph
from trellis.schema.directives import Live
from trellis.schema.events.issues import IssueCreated, IssueUpdated
from trellis.schema.inputs import known_id
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import load_one
from trellis.subgraphs.issues import models, queries, seed, service
from trellis.subgraphs.issues.errors import IssueNotFound, LinkNotFound
from trellis.subgraphs.issues.inputs import (
    AddCommentInput,
    CreateIssueInput,
    ExecuteTransitionInput,
    IssueFiltersInput,
    LinkIssuesInput,
    UpdateIssueInput,
)
from trellis.subgraphs.issues.loaders import Loaders
from trellis.subgraphs.issues.queries import PROJECTS, WORKFLOWS, IssueFilters
from trellis.subgraphs.issues.types import (
    EXECUTE,
    READ,
    WRITE,
    WRITE_COMMENTS,
    Comment,
    Ctx,
    Issue,
    TransitionExecution,
)
from trellis.subgraphs.project_scope.changes import changes_within

_CHANGES = (IssueCreated.topic, IssueUpdated.topic)


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
class ExecuteTransitionPayload:
    execution: TransitionExecution
    issue: Issue
    comment: Comment | None = strawberry.field(description="What was said about the move.")


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
        statement = queries.matching(context.caller, wanted)
        return Connection.of(Issue.of, await context.page(statement, models.Issue, page))

    @strawberry.federation.field(requires_scopes=READ)
    async def issue(self, info: Ctx, id: ID) -> Issue | None:
        row = await load_one(info.context.loaders.issue, id)
        return Issue.of(row) if row else None

    @strawberry.federation.field(requires_scopes=READ)
    async def issue_by_key(self, info: Ctx, key: str) -> Issue | None:
        row = await info.context.loaders.issue_by_key.load(key)
        return Issue.of(row) if row else None


@strawberry.type
class Mutation:
    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def create_issue(self, info: Ctx, input: CreateIssueInput) -> CreateIssuePayload | None:
        row = await info.context.transact(service.create_issue, input.checked())
        return CreateIssuePayload(issue=Issue.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_issue(
        self, info: Ctx, id: ID, input: UpdateIssueInput
    ) -> UpdateIssuePayload | None:
        changes, current = input.checked(), await _require_issue(info, id)
        row = await info.context.transact(
            service.update_issue, current.id, changes, version=input.version
        )
        return UpdateIssuePayload(issue=Issue.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def delete_issue(self, info: Ctx, id: ID) -> DeleteIssuePayload | None:
        current = await _require_issue(info, id)
        await info.context.transact(service.delete_issue, current.id)
        return DeleteIssuePayload(deleted_issue_id=ID(str(current.id)))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def link_issues(self, info: Ctx, input: LinkIssuesInput) -> LinkIssuesPayload | None:
        link = await info.context.transact(service.link_issues, input.checked())
        source, target = await _ends(info, link)
        return LinkIssuesPayload(link_id=ID(str(link.id)), source=source, target=target)

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def unlink_issues(self, info: Ctx, link_id: ID) -> UnlinkIssuesPayload | None:
        wanted = known_id(link_id, LinkNotFound)
        link = await info.context.transact(service.unlink_issues, wanted)
        source, target = await _ends(info, link)
        return UnlinkIssuesPayload(source=source, target=target)

    @strawberry.federation.mutation(requires_scopes=WRITE_COMMENTS)
    async def add_comment(self, info: Ctx, input: AddCommentInput) -> AddCommentPayload | None:
        row = await info.context.transact(service.add_comment, input.checked())
        return AddCommentPayload(comment=Comment.of(row))

    @strawberry.federation.mutation(requires_scopes=EXECUTE)
    async def execute_transition(
        self, info: Ctx, input: ExecuteTransitionInput
    ) -> ExecuteTransitionPayload | None:
        """Move an issue along a transition of its active workflow: CONFLICT when it has another
        status, or when a condition or validator of the transition is not fulfilled."""
        done = await info.context.transact(service.execute_transition, input.checked())
        return ExecuteTransitionPayload(
            execution=TransitionExecution.of(done.news),
            issue=Issue.of(done.issue),
            comment=Comment.of(done.comment) if done.comment else None,
        )


@strawberry.type
class Subscription:
    @strawberry.subscription(directives=[RequiresScopes(scopes=READ), Live(resumed_by=["after"])])
    async def issue_updated(
        self, info: Ctx, project_id: ID, after: str | None = None
    ) -> AsyncGenerator[Issue | None, None]:
        """Each issue of the project that was made or changed.

        Ends with NOT_FOUND when the project is gone or the caller may not see it any more. With
        ``after`` (an ``eventCursor``) it begins with what was missed.
        """
        changes = changes_within(
            info.context, PROJECTS, project_id, _CHANGES, lambda loaders: loaders.issue, after
        )
        async with aclosing(changes) as rows:
            async for row, cursor in rows:
                yield Issue.of(row, event_cursor=cursor)


async def _require_issue(info: Ctx, id: str) -> models.Issue:
    row = await load_one(info.context.loaders.issue, id)
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


make_subgraph = define_subgraph(
    "issues",
    models.Base,
    Query,
    Mutation,
    Subscription,
    loaders=Loaders,
    replicas=[
        PROJECTS.replica(changed=service.start_counting, deleted=service.delete_issues_of),
        WORKFLOWS.replica(),
    ],
    seed=seed.write_demo_data,
)

subgraph = make_subgraph()
