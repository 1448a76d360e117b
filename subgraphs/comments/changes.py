"""Subscriptions to what is written about one subject."""

from collections.abc import AsyncGenerator
from uuid import UUID

from trellis.db.caller_context import CallerContext
from trellis.db.outbox import Envelope
from trellis.db.subscriptions import changed_rows
from trellis.schema.events.comments import CommentCreated
from trellis.subgraphs.comments import queries
from trellis.subgraphs.comments.errors import MISSING_SUBJECTS
from trellis.subgraphs.comments.loaders import Loaders
from trellis.subgraphs.comments.models import Comment
from trellis.subgraphs.comments.queries import SubjectRef


def new_comments(
    context: CallerContext[Loaders], subject: SubjectRef, after: str | None
) -> AsyncGenerator[tuple[Comment, str]]:
    """Each comment that is written, with the event's cursor; use it inside ``aclosing``. With
    ``after``, such a cursor, it begins with what was missed.

    Raises ``SubjectNotFound`` when the subject is gone or the caller may not see it any more.
    """

    async def see_subject() -> None:
        async with context.storage.read() as session:
            if not await queries.subject_exists(session, context.caller, subject):
                raise MISSING_SUBJECTS[subject.type](subject.id)

    async def require() -> None:
        await context.with_news(see_subject)

    def id_of(event: Envelope) -> UUID | None:
        if event.topic != CommentCreated.topic or event.key != str(subject.id):
            return None
        created = event.payload
        return UUID(created["comment_id"]) if created["subject_type"] == subject.type else None

    return changed_rows(context, after, id_of, lambda loaders: loaders.comment, require=require)
