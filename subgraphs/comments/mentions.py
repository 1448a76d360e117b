"""Who is mentioned in a text: ``@handle`` of people who may see what is commented on."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trellis.subgraphs.comments import queries
from trellis.subgraphs.comments.errors import TooManyMentions
from trellis.subgraphs.comments.models import CommentMention, Subject
from trellis.subgraphs.people_scope.mentions import Mentioned, handles_in, people_meant

MAX_MENTIONS = 50


async def find_mentions(
    session: AsyncSession, subject: Subject, text: str, *, is_strict: bool = True
) -> Sequence[Mentioned]:
    """Each once, in their order; a handle of nobody, or of somebody who may not see the subject, is
    ordinary text. Raises ``TooManyMentions``; if not strict, the first ones are returned."""
    asked = list(dict.fromkeys(handles_in(text)))
    if is_strict and len(asked) > MAX_MENTIONS:
        raise TooManyMentions(MAX_MENTIONS)
    asked = asked[:MAX_MENTIONS]
    if not asked:
        return ()
    people = await queries.people_called(session, {one for meant in asked for one in meant})
    return [
        one
        for one in people_meant(asked, people)
        if await queries.may_see(session, people[one.handle], subject)
    ]


def add_mentions(session: AsyncSession, comment_id: UUID, mentioned: Sequence[Mentioned]) -> None:
    """Keep with a new text who is mentioned in it."""
    session.add_all(
        CommentMention(comment_id=comment_id, user_id=one.user_id, handle=one.handle, place=place)
        for place, one in enumerate(mentioned)
    )
