"""Comments in the graph: the root fields, and the subgraph that the router runs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import Override, RequiresScopes

from trellis.db.caller_context import CallerContext
from trellis.db.subgraph import define_subgraph
from trellis.schema.dialects import dialect_tags
from trellis.schema.directives import Live
from trellis.schema.inputs import known_id
from trellis.schema.list_sizes import EITHER_WAY
from trellis.schema.paging import PageRequest, SharedConnection
from trellis.schema.references import load_one
from trellis.subgraphs.comments import models, queries, replicas, seed
from trellis.subgraphs.comments.changes import new_comments
from trellis.subgraphs.comments.errors import CommentNotFound
from trellis.subgraphs.comments.inputs import (
    AddCommentInput,
    CommentSubjectInput,
    CreateCommentInput,
    UpdateCommentInput,
)
from trellis.subgraphs.comments.loaders import Loaders
from trellis.subgraphs.comments.models import ReactionType, SubjectType
from trellis.subgraphs.comments.queries import OLDEST_FIRST
from trellis.subgraphs.comments.types import READ, SUBJECTS, WRITE, Comment, Ctx
from trellis.subgraphs.comments.use_cases import comments, reactions


@strawberry.type
class CommentPayload:
    comment: Comment


@strawberry.federation.type(shareable=True)
class AddCommentPayload:
    comment: Comment | None


@strawberry.type
class DeleteCommentPayload:
    deleted_comment_id: ID


@strawberry.type
class Query:
    @strawberry.federation.field(requires_scopes=READ, directives=[EITHER_WAY])
    async def comments(
        self,
        info: Ctx,
        subject: CommentSubjectInput,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        skip: int | None = None,
    ) -> SharedConnection[Comment] | None:
        """The comments on something with all replies, oldest first; none on what the caller may
        not see. For numbered pages use skip, else after."""
        context, page = info.context, PageRequest.of(first, after, last, before, skip)
        wanted = subject.checked()
        if wanted.type is SubjectType.ISSUE:
            await context.loaders.written_elsewhere.load(None)
        statement = queries.comments_on(context.caller, wanted)
        found = await context.page(statement, models.Comment, page, OLDEST_FIRST)
        return SharedConnection.of(Comment.of, found)

    @strawberry.federation.field(requires_scopes=READ)
    async def comment(self, info: Ctx, id: ID) -> Comment | None:
        row = await load_one(info.context.loaders.comment, id)
        return Comment.of(row) if row else None


async def _create(context: CallerContext[Loaders], new: comments.NewComment) -> models.Comment:
    if new.subject.type is SubjectType.ISSUE:
        # The issue may be as new as this subgraph.
        await context.loaders.written_elsewhere.load(None)
    return await context.transact(comments.create_comment, new)


@strawberry.type
class Mutation:
    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def create_comment(self, info: Ctx, input: CreateCommentInput) -> CommentPayload | None:
        row = await _create(info.context, input.checked())
        return CommentPayload(comment=Comment.of(row))

    # Without a label: all writes have one owner from the moment on that a router knows this
    # subgraph. Its writes are announced to the old one, see docs/moving-a-field.md.
    @strawberry.federation.mutation(
        requires_scopes=WRITE, override=Override(override_from="issues")
    )
    async def add_comment(self, info: Ctx, input: AddCommentInput) -> AddCommentPayload | None:
        """The same as createComment on an issue."""
        row = await _create(info.context, input.checked())
        return AddCommentPayload(comment=Comment.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_comment(
        self, info: Ctx, id: ID, input: UpdateCommentInput
    ) -> CommentPayload | None:
        """For its author only."""
        content, wanted = input.checked(), known_id(id, CommentNotFound)
        row = await info.context.transact(
            comments.update_comment, wanted, content, version=input.version
        )
        return CommentPayload(comment=Comment.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def delete_comment(self, info: Ctx, id: ID) -> DeleteCommentPayload | None:
        """For its author and those who manage the project; CONFLICT while it has replies."""
        wanted = known_id(id, CommentNotFound)
        await info.context.transact(comments.delete_comment, wanted)
        return DeleteCommentPayload(deleted_comment_id=ID(str(wanted)))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def add_reaction(self, info: Ctx, id: ID, type: ReactionType) -> CommentPayload | None:
        """Of the caller to a comment; the same again changes nothing."""
        wanted = known_id(id, CommentNotFound)
        row = await info.context.transact(reactions.add_reaction, wanted, type)
        return CommentPayload(comment=Comment.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def remove_reaction(self, info: Ctx, id: ID, type: ReactionType) -> CommentPayload | None:
        wanted = known_id(id, CommentNotFound)
        row = await info.context.transact(reactions.remove_reaction, wanted, type)
        return CommentPayload(comment=Comment.of(row))


@strawberry.type
class Subscription:
    @strawberry.subscription(directives=[RequiresScopes(scopes=READ), Live(resumed_by=["after"])])
    async def comment_added(
        self, info: Ctx, subject: CommentSubjectInput, after: str | None = None
    ) -> AsyncGenerator[Comment | None, None]:
        """Each comment that is written on the subject, replies too.

        Ends with NOT_FOUND when the subject is gone or the caller may not see it any more. With
        ``after`` (an ``eventCursor``) it begins with what was missed.
        """
        comments = new_comments(info.context, subject.checked(), after)
        async with aclosing(comments) as rows:
            async for row, cursor in rows:
                yield Comment.of(row, event_cursor=cursor)


make_subgraph = define_subgraph(
    "comments",
    models.Base,
    Query,
    Mutation,
    Subscription,
    loaders=Loaders,
    replicas=replicas.REPLICAS,
    seed=seed.write_demo_data,
    types=list(SUBJECTS.values()),
    tags=dialect_tags(),
)

subgraph = make_subgraph()
