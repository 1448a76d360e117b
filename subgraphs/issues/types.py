"""The types of issues in the graph, and what issues add to projects and people."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID, Info
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from trellis.db.caller_context import CallerContext
from trellis.schema.events.issues import IssueTransitioned
from trellis.schema.list_sizes import EITHER_WAY, FORWARD, list_size
from trellis.schema.paging import Connection, PageRequest, SharedConnection
from trellis.schema.references import Reference, load_by_id, load_by_id_or, load_one
from trellis.schema.scalars import JSON
from trellis.subgraphs.issues import models
from trellis.subgraphs.issues.inputs import IssueFiltersInput
from trellis.subgraphs.issues.loaders import Loaders
from trellis.subgraphs.issues.queries import OLDEST_FIRST, IssueFilters, Parent, SeenLink
from trellis.subgraphs.issues.service import MAX_LINKS
from trellis.subgraphs.workflow_scope.vocabulary import StatusCategory

READ = [["read:issues"]]
WRITE = [["write:issues"]]
READ_COMMENTS = [["read:comments"]]
WRITE_COMMENTS = [["write:comments"]]
EXECUTE = [["execute:workflows"]]
_FEW = list_size(10)  # of what has no upper bound

Ctx = Info[CallerContext[Loaders], None]


@strawberry.federation.type(keys=["id"])
class User:
    id: ID

    @strawberry.federation.field(
        directives=[FORWARD], requires_scopes=READ, description="Issues assigned to them."
    )
    async def assigned_issues(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        filters: IssueFiltersInput | None = None,
    ) -> "Connection[Issue] | None":
        page = PageRequest.of(first, after)
        return await issue_list(info, "assignee_id", self.id, page, filters)

    @strawberry.federation.field(
        directives=[FORWARD], requires_scopes=READ, description="Issues they reported."
    )
    async def reported_issues(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        filters: IssueFiltersInput | None = None,
    ) -> "Connection[Issue] | None":
        page = PageRequest.of(first, after)
        return await issue_list(info, "reporter_id", self.id, page, filters)


@strawberry.type(description="The three parts always add up to the total.")
class IssueStatistics:
    total_issues: int
    open_issues: int
    in_progress_issues: int
    closed_issues: int

    @classmethod
    def of(cls, counts: dict[StatusCategory, int]) -> Self:
        return cls(
            total_issues=sum(counts.values()),
            open_issues=counts[StatusCategory.OPEN],
            in_progress_issues=counts[StatusCategory.IN_PROGRESS],
            closed_issues=counts[StatusCategory.CLOSED],
        )


@strawberry.federation.type(keys=["id"])
class Project:
    id: ID
    key: str = strawberry.federation.field(external=True, default="")

    @strawberry.federation.field(
        directives=[EITHER_WAY], requires_scopes=READ, description="Newest first."
    )
    async def issues(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filters: IssueFiltersInput | None = None,
    ) -> "Connection[Issue] | None":
        page = PageRequest.of(first, after, last, before)
        return await issue_list(info, "project_id", self.id, page, filters)

    @strawberry.federation.field(requires_scopes=READ)
    async def issue_statistics(self, info: Ctx) -> IssueStatistics | None:
        return await _statistics(info, self.id)

    @strawberry.federation.field(requires_scopes=READ, description="The same as issueStatistics.")
    async def statistics(self, info: Ctx) -> IssueStatistics | None:
        return await _statistics(info, self.id)


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("id"), resolvable=False)], requires_scopes=READ_COMMENTS
)
class Comment:
    """Owned by the subgraph of comments, which alone is asked for it by id."""

    id: ID
    content: str = strawberry.federation.field(shareable=True)
    author: User | None = strawberry.federation.field(shareable=True)
    created_at: datetime = strawberry.federation.field(shareable=True)
    updated_at: datetime = strawberry.federation.field(shareable=True)

    @classmethod
    def of(cls, row: models.Comment) -> Self:
        return cls(
            id=ID(str(row.id)),
            content=row.content,
            author=User(id=ID(str(row.author_id))),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.comment, references)
        return [cls.of(row) if row else None for row in rows]


@strawberry.federation.type(keys=["id"], requires_scopes=READ)
class Attachment:
    id: ID
    filename: str
    mime_type: str
    size: int = strawberry.field(description="In bytes.")
    url: str | None = strawberry.field(
        description="A link to the content; null if no server provides it."
    )
    created_at: datetime

    @classmethod
    def of(cls, row: models.Attachment) -> Self:
        return cls(
            id=ID(str(row.id)),
            filename=row.filename,
            mime_type=row.mime_type,
            size=row.size,
            url=row.url,
            created_at=row.created_at,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.attachment, references)
        return [cls.of(row) if row else None for row in rows]


@strawberry.federation.type(
    requires_scopes=READ, description="A link, from the point of view of one of its issues."
)
class IssueLink:
    id: ID
    type: str = strawberry.field(
        description="blocks, is_blocked_by, duplicates, is_duplicated_by or relates_to"
    )
    issue: "Issue | None" = strawberry.field(description="The linked issue.")

    @classmethod
    def of(cls, link: SeenLink) -> Self:
        return cls(id=ID(str(link.id)), type=link.type, issue=Issue.of(link.issue))


@strawberry.federation.type(keys=["id", "key"], requires_scopes=READ)
class Issue:
    id: ID
    key: str
    summary: str
    description: str | None
    issue_type: str
    status: str
    priority: str
    project: Project = strawberry.federation.field(provides=["key"])
    assignee: User | None
    reporter: User
    custom_fields: JSON
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

    @strawberry.federation.field(
        directives=[FORWARD], requires_scopes=READ_COMMENTS, description="Oldest first."
    )
    async def comments(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        skip: int | None = None,
    ) -> SharedConnection[Comment] | None:
        page = PageRequest.of(first, after, skip=skip)
        await info.context.loaders.written_elsewhere.load(None)
        found = await info.context.loaders.comments.load(OLDEST_FIRST, UUID(self.id), page)
        return SharedConnection.of(Comment.of, found)

    @strawberry.field(directives=[_FEW])
    async def attachments(self, info: Ctx) -> list[Attachment]:
        rows = await info.context.loaders.attachments.load(UUID(self.id))
        return [Attachment.of(row) for row in rows]

    @strawberry.field(
        directives=[list_size(MAX_LINKS)],
        description="Links to issues that the caller may not see are left out.",
    )
    async def links(self, info: Ctx) -> list[IssueLink]:
        links = await info.context.loaders.links.load(UUID(self.id))
        return [IssueLink.of(link) for link in links]

    @classmethod
    def of(cls, row: models.Issue, *, event_cursor: str | None = None) -> Self:
        project_key = row.key.rpartition("-")[0]
        assignee = row.assignee_id
        return cls(
            id=ID(str(row.id)),
            key=row.key,
            summary=row.summary,
            description=row.description,
            issue_type=row.issue_type,
            status=row.status,
            priority=row.priority,
            project=Project(id=ID(str(row.project_id)), key=project_key),
            assignee=User(id=ID(str(assignee))) if assignee else None,
            reporter=User(id=ID(str(row.reporter_id))),
            custom_fields=JSON(row.custom_fields),
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
            event_cursor=event_cursor,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        loaders = info.context.loaders
        rows = await load_by_id_or("key", references, loaders.issue, loaders.issue_by_key)
        return [cls.of(row) if row else None for row in rows]


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("id"), resolvable=False)],
    description="A move of an issue to another status; the history of moves is in the subgraph "
    "workflows.",
)
class TransitionExecution:
    id: ID
    issue_id: ID = strawberry.federation.field(shareable=True)
    transition_id: ID = strawberry.federation.field(shareable=True)
    transition_name: str = strawberry.federation.field(shareable=True)
    from_state: str = strawberry.federation.field(shareable=True)
    to_state: str = strawberry.federation.field(shareable=True)
    executed_at: datetime = strawberry.federation.field(shareable=True)
    executed_by: User | None = strawberry.federation.field(shareable=True)

    @classmethod
    def of(cls, event: IssueTransitioned) -> Self:
        return cls(
            id=ID(str(event.execution_id)),
            issue_id=ID(str(event.issue_id)),
            transition_id=ID(str(event.transition_id)),
            transition_name=event.transition_name,
            from_state=event.from_state,
            to_state=event.to_state,
            executed_at=event.executed_at,
            executed_by=User(id=ID(str(event.executed_by))),
        )


async def issue_list(
    info: Ctx, parent: Parent, id: str, page: PageRequest, filters: IssueFiltersInput | None
) -> Connection[Issue]:
    """The issues that hang on something, loaded together with those of its siblings."""
    wanted = filters.checked() if filters else IssueFilters()
    found = await info.context.loaders.issues.load_for((parent, wanted), id, page)
    return Connection.of(Issue.of, found)


async def _statistics(info: Ctx, id: str) -> IssueStatistics | None:
    counts = await load_one(info.context.loaders.statistics, id)
    return IssueStatistics.of(counts) if counts else None
