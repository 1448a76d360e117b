"""The types of comments in the graph, and what comments add to what can be commented on."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID, Info
from strawberry.federation.schema_directives import Override

from trellis.db.caller_context import CallerContext
from trellis.schema.list_sizes import FORWARD, list_size
from trellis.schema.paging import DEFAULT_PAGE, PageRequest, SharedConnection
from trellis.schema.references import Reference, load_by_id, load_one
from trellis.subgraphs.comments import models
from trellis.subgraphs.comments.loaders import Loaders
from trellis.subgraphs.comments.models import ReactionType, SubjectType
from trellis.subgraphs.comments.queries import Parent, Statistics
from trellis.subgraphs.comments.reactions import MOST_PEOPLE, ReactionsOfAType

READ = [["read:comments"]]
WRITE = [["write:comments"]]

# How long other lists are unless their arguments say so.
_RECENT = list_size(DEFAULT_PAGE, ["first"])
_PEOPLE = list_size(DEFAULT_PAGE)
_KINDS = list_size(len(ReactionType))
_FEW = list_size(5)

FROM_ISSUES = Override(override_from="issues", label="comments-of-issues")
"""For which share of requests that is so is a setting of the router: docs/moving-a-field.md."""

Ctx = Info[CallerContext[Loaders], None]


@strawberry.federation.type(keys=["id"])
class User:
    id: ID


@strawberry.type(description="A person whose @username appears in the text, and who may read it.")
class Mention:
    user: User | None
    handle: str = strawberry.field(description="The username at the time of writing.")

    @classmethod
    def of(cls, row: models.CommentMention) -> Self:
        return cls(user=User(id=ID(str(row.user_id))), handle=row.handle)


@strawberry.type(description="All reactions of one type to a comment.")
class ReactionGroup:
    comment_id: strawberry.Private[UUID]
    type: ReactionType
    count: int
    has_mine: bool = strawberry.field(description="Whether the caller has this reaction.")

    @strawberry.field(
        directives=[list_size(MOST_PEOPLE)],
        description=f"The users who reacted, earliest first; at most {MOST_PEOPLE}.",
    )
    async def user_ids(self, info: Ctx) -> list[ID]:
        return await self._people(info)

    @strawberry.federation.field(directives=[_PEOPLE], description="The same as userIds.")
    async def users(self, info: Ctx) -> list[User | None] | None:
        return [User(id=id) for id in await self._people(info)]

    async def _people(self, info: Ctx) -> list[ID]:
        key = (self.comment_id, self.type)
        return [ID(str(id)) for id in await info.context.loaders.reacting_people.load(key)]

    @classmethod
    def of(cls, group: ReactionsOfAType) -> Self:
        return cls(
            comment_id=group.comment_id,
            type=group.type,
            count=group.count,
            has_mine=group.has_mine,
        )


@strawberry.federation.type(keys=["id"], requires_scopes=READ)
class Comment:
    id: ID
    content: str = strawberry.federation.field(shareable=True)
    author: User | None = strawberry.federation.field(shareable=True)
    subject_type: SubjectType
    subject_id: ID
    parent_id: ID | None
    is_edited: bool
    created_at: datetime = strawberry.federation.field(shareable=True)
    updated_at: datetime = strawberry.federation.field(shareable=True)
    version: int = strawberry.field(
        description="Send it with an update to detect concurrent changes."
    )
    event_cursor: str | None = strawberry.field(
        default=None,
        description="The position of this event in the stream; only in subscriptions. Pass it as "
        "`after` to resume without missing events.",
    )

    @strawberry.field(description="The subject it is about.")
    def subject(self) -> "CommentSubject | None":
        return SUBJECTS[self.subject_type](id=self.subject_id)

    @strawberry.field(description="The comment it replies to.")
    async def parent(self, info: Ctx) -> "Comment | None":
        row = await load_one(info.context.loaders.comment, self.parent_id or "")
        return Comment.of(row) if row else None

    @strawberry.federation.field(directives=[FORWARD], description="Its replies, oldest first.")
    async def replies(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> "SharedConnection[Comment] | None":
        return await comment_list(info, "parent_id", self.id, PageRequest.of(first, after))

    @strawberry.field
    async def reply_count(self, info: Ctx) -> int:
        return await info.context.loaders.reply_counts.load(UUID(self.id))

    @strawberry.federation.field(
        directives=[_KINDS], description="By type, in the order of their first reactions."
    )
    async def reactions(self, info: Ctx) -> list[ReactionGroup]:
        groups = await info.context.loaders.reactions.load(UUID(self.id))
        return [ReactionGroup.of(group) for group in groups]

    @strawberry.federation.field(directives=[_FEW], description="In the order of the text.")
    async def mentions(self, info: Ctx) -> list[Mention]:
        rows = await info.context.loaders.mentions.load(UUID(self.id))
        return [Mention.of(row) for row in rows]

    @classmethod
    def of(cls, row: models.Comment, *, event_cursor: str | None = None) -> Self:
        return cls(
            id=ID(str(row.id)),
            content=row.content,
            author=User(id=ID(str(row.author_id))),
            subject_type=row.subject_type,
            subject_id=ID(str(row.subject_id)),
            parent_id=ID(str(row.parent_id)) if row.parent_id else None,
            is_edited=row.is_edited,
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
            event_cursor=event_cursor,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        await info.context.loaders.written_elsewhere.load(None)
        rows = await load_by_id(info.context.loaders.comment, references)
        return [cls.of(row) if row else None for row in rows]


@strawberry.type(description="Statistics of the comments on a project and everything in it.")
class CommentStatistics:
    total: int
    on_project: int
    on_tasks: int
    on_issues: int
    on_files: int
    on_milestones: int
    latest_at: datetime | None = strawberry.field(
        description="When the latest comment was written."
    )

    @classmethod
    def of(cls, found: Statistics) -> Self:
        return cls(
            total=sum(found.counts.values()),
            on_project=found.counts[SubjectType.PROJECT],
            on_tasks=found.counts[SubjectType.TASK],
            on_issues=found.counts[SubjectType.ISSUE],
            on_files=found.counts[SubjectType.FILE],
            on_milestones=found.counts[SubjectType.MILESTONE],
            latest_at=found.latest,
        )


@strawberry.federation.type(keys=["id"])
class Project:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ,
        directives=[FORWARD],
        description="Comments on the project itself, oldest first.",
    )
    async def comments(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> SharedConnection[Comment] | None:
        return await comment_list(info, "subject_id", self.id, PageRequest.of(first, after))

    @strawberry.federation.field(requires_scopes=READ)
    async def comment_count(self, info: Ctx) -> int | None:
        return await load_one(info.context.loaders.counts, self.id)

    @strawberry.federation.field(
        requires_scopes=READ,
        directives=[_RECENT],
        description="Comments on the project and everything in it, newest first.",
    )
    async def recent_comments(self, info: Ctx, first: int | None = None) -> list[Comment] | None:
        await info.context.loaders.written_elsewhere.load(None)
        found = await comment_list(info, "project_id", self.id, PageRequest.of(first))
        return [edge.node for edge in found.edges if edge.node]

    @strawberry.federation.field(requires_scopes=READ)
    async def comment_statistics(self, info: Ctx) -> CommentStatistics | None:
        await info.context.loaders.written_elsewhere.load(None)
        found = await load_one(info.context.loaders.statistics, self.id)
        return CommentStatistics.of(found) if found else None


@strawberry.federation.type(keys=["id"])
class Task:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ, directives=[FORWARD], description="Oldest first."
    )
    async def comments(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> SharedConnection[Comment] | None:
        return await comment_list(info, "subject_id", self.id, PageRequest.of(first, after))

    @strawberry.federation.field(requires_scopes=READ)
    async def comment_count(self, info: Ctx) -> int | None:
        return await load_one(info.context.loaders.counts, self.id)


@strawberry.federation.type(keys=["id"])
class Issue:
    id: ID

    @strawberry.federation.field(
        directives=[FORWARD],
        requires_scopes=READ,
        override=FROM_ISSUES,
        description="Oldest first.",
    )
    async def comments(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        skip: int | None = None,
    ) -> SharedConnection[Comment] | None:
        await info.context.loaders.written_elsewhere.load(None)
        page = PageRequest.of(first, after, skip=skip)
        return await comment_list(info, "subject_id", self.id, page)

    @strawberry.federation.field(requires_scopes=READ)
    async def comment_count(self, info: Ctx) -> int | None:
        await info.context.loaders.written_elsewhere.load(None)
        return await load_one(info.context.loaders.counts, self.id)


@strawberry.federation.type(keys=["id"])
class File:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ, directives=[FORWARD], description="Oldest first."
    )
    async def comments(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> SharedConnection[Comment] | None:
        return await comment_list(info, "subject_id", self.id, PageRequest.of(first, after))

    @strawberry.federation.field(requires_scopes=READ)
    async def comment_count(self, info: Ctx) -> int | None:
        return await load_one(info.context.loaders.counts, self.id)


@strawberry.federation.type(keys=["id"])
class Milestone:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ, directives=[FORWARD], description="Oldest first."
    )
    async def comments(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> SharedConnection[Comment] | None:
        return await comment_list(info, "subject_id", self.id, PageRequest.of(first, after))

    @strawberry.federation.field(requires_scopes=READ)
    async def comment_count(self, info: Ctx) -> int | None:
        return await load_one(info.context.loaders.counts, self.id)


CommentSubject = Annotated[
    Project | Task | Issue | File | Milestone, strawberry.union("CommentSubject")
]

SUBJECTS: dict[SubjectType, type[Project | Task | Issue | File | Milestone]] = {
    SubjectType.PROJECT: Project,
    SubjectType.TASK: Task,
    SubjectType.ISSUE: Issue,
    SubjectType.FILE: File,
    SubjectType.MILESTONE: Milestone,
}


async def comment_list(
    info: Ctx, parent: Parent, id: str, page: PageRequest
) -> SharedConnection[Comment]:
    """The comments that hang on something, loaded together with those of its siblings."""
    found = await info.context.loaders.comments.load_for(parent, id, page)
    return SharedConnection.of(Comment.of, found)
