"""Letting others know that somebody is typing."""

from datetime import timedelta
from uuid import UUID

from sqlmodel import col

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.db.upsert import insert_into
from trellis.schema.events.chat import TypingStarted
from trellis.schema.identity import Identity
from trellis.subgraphs.chat.errors import ChannelArchived
from trellis.subgraphs.chat.models import Channel, Typing
from trellis.subgraphs.chat.rights import hold_membership

SHOWN = timedelta(seconds=6)
_ANNOUNCED_AGAIN = timedelta(seconds=3)
"""Before it ends it can be announced once more, not for each letter that is typed."""


async def start_typing(uow: UnitOfWork, caller: Identity, channel_id: UUID) -> TypingStarted:
    """Announce that the caller is typing for the next seconds, unless that was done just now."""
    assert caller.id is not None
    await hold_membership(uow, caller, channel_id)
    channel = await uow.session.get_one(Channel, channel_id)
    if channel.archived_at is not None:
        raise ChannelArchived
    now = utc_now()
    known = await uow.session.get(Typing, (channel_id, caller.id))
    if known is not None and known.until > now + _ANNOUNCED_AGAIN:
        return TypingStarted(channel_id=channel_id, user_id=caller.id, until=known.until)
    started = TypingStarted(channel_id=channel_id, user_id=caller.id, until=now + SHOWN)
    row = {"channel_id": channel_id, "user_id": caller.id, "until": started.until}
    keys = [col(Typing.channel_id), col(Typing.user_id)]
    renewed = (
        insert_into(uow.session, Typing)
        .values(row)
        .on_conflict_do_update(index_elements=keys, set_={"until": started.until})
    )
    await uow.session.execute(renewed)
    uow.emit(started)
    return started
