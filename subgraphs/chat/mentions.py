"""Who is mentioned in a message: ``@handle`` of members of its channel."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trellis.subgraphs.chat import queries
from trellis.subgraphs.chat.errors import TooManyMentions
from trellis.subgraphs.chat.models import MessageMention
from trellis.subgraphs.people_scope.mentions import Mentioned, handles_in, people_meant

MAX_MENTIONS = 50
"""Each is a notification, and maybe a letter."""


async def find_mentions(session: AsyncSession, channel_id: UUID, text: str) -> Sequence[Mentioned]:
    """Each once, in their order; the handle of nobody, or of somebody who is not in the channel, is
    a text like any other. Raises ``TooManyMentions``."""
    wanted = list(dict.fromkeys(handles_in(text)))
    if len(wanted) > MAX_MENTIONS:
        raise TooManyMentions(MAX_MENTIONS)
    if not wanted:
        return ()
    handles = {handle for meant in wanted for handle in meant}
    people = await queries.members_called(session, channel_id, handles)
    return people_meant(wanted, people)


def add_mentions(session: AsyncSession, message_id: UUID, mentioned: Sequence[Mentioned]) -> None:
    """Keep with a text who is mentioned in it."""
    session.add_all(
        MessageMention(message_id=message_id, user_id=one.user_id, handle=one.handle, place=place)
        for place, one in enumerate(mentioned)
    )
