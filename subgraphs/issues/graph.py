"""Issues in the graph: the root fields, and the subgraph that the router runs."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import RequiresScopes

from trellis.db.replica import Replica
from trellis.db.subgraph import define_subgraph
from trellis.schema.dialects import dialect_tags
from trellis.schema.directives import Live
from trellis.schema.errors import BadUserInput
from trellis.schema.events.comments import STREAM as COMMENTS
from trellis.schema.events.issues import IssueCreated, IssueUpdated
from trellis.schema.inputs import as_uuid, known_id
from trellis.schema.list_sizes import EITHER_WAY
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import load_one
from trellis.subgraphs.issues import copies, models, queries, seed, service
from trellis.subgraphs.issues.errors import IssueNotFound, LinkNotFound, WordsNotInVocabulary
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


@strawberry.federation.type(shareable=True)
class AddCommentPayload:
    comment: Comment | None


@strawberry.type
class ExecuteTransitionPayload:
    execution: TransitionExecution
    issue: Issue
    comment: Comment | None = strawberry.field(description="The comment on the move.")


@strawberry.type
class Query:
    @strawberry.federation.field(directives=[EITHER_WAY], requires_scopes=READ)
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
        found = await context.page(statement, models.Issue, page)
        if not found.rows:
            await _require_known_words(info, wanted)
        return Connection.of(Issue.of, found)

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
        try:
            new = input.checked()
        except BadUserInput as refused:
            raise await _with_unknown_words(
                info, input.project_id, input.words(), refused
            ) from None
        row = await info.context.transact(service.create_issue, new)
        return CreateIssuePayload(issue=Issue.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_issue(
        self, info: Ctx, id: ID, input: UpdateIssueInput
    ) -> UpdateIssuePayload | None:
        current = await _require_issue(info, id)
        try:
            changes = input.checked()
        except BadUserInput as refused:
            kept = {"issueType": current.issue_type, "priority": current.priority}
            words = {field: word for field, word in input.words().items() if word != kept[field]}
            project = str(current.project_id)
            raise await _with_unknown_words(info, project, words, refused) from None
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


async def _require_known_words(info: Ctx, filters: IssueFilters) -> None:
    """Of an empty list: raises ``WordsNotInVocabulary`` for a word that no visible project has. A
    word that some issue has needs no look, and may be one that its project once had."""
    asked = {
        "status": filters.status,
        "priority": filters.priority,
        "issueType": filters.issue_type,
    }
    words = {field: word for field, word in asked.items() if word is not None}
    if not words:
        return
    async with info.context.storage.read() as session:
        known = await queries.known_words(session, info.context.caller, filters.project_id)
    wrong = {field: known[field] for field, word in words.items() if word not in known[field]}
    if wrong:
        raise WordsNotInVocabulary(wrong)


async def _with_unknown_words(
    info: Ctx, project_id: str, words: Mapping[str, str], refused: BadUserInput
) -> BadUserInput:
    """The refusal of an input, with the words that its project has not: all problems at once.
    Nothing is revealed about a project that the caller may not see."""
    wanted = as_uuid(project_id)
    if wanted is None:
        return refused
    async with info.context.storage.read() as session:
        found = await service.unknown_words(session, info.context.caller, wanted, words)
    reported = {problem.field for problem in refused.problems}
    more = [problem for problem in found if problem.field not in reported]
    if not more:
        return refused
    return BadUserInput(refused.message, [*refused.problems, *more])


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
        Replica(COMMENTS, copies.KINDS, copies.keep_copy),
    ],
    seed=seed.write_demo_data,
    jobs=[copies.BACK_FILL],
    tags=dialect_tags(),
)

subgraph = make_subgraph()
