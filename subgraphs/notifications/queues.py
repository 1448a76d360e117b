"""What is still to be sent: who gets it by letter and by push, and what waits for what."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.models import utc_now
from trellis.subgraphs.notifications.models import (
    Channel,
    Delivery,
    LastSent,
    Notification,
    PushSubscription,
)

# Nobody wants to be woken by what happened yesterday.
_SENT_FOR = timedelta(days=1)
# What comes after this many in the queue of one person is only in the app.
MOST_WAITING = 100
# The first one waits a moment for those that belong to it; the next goes out after the pause.
_WINDOW = {Channel.EMAIL: timedelta(seconds=30), Channel.PUSH: timedelta(0)}
_PAUSE = {Channel.EMAIL: timedelta(minutes=15), Channel.PUSH: timedelta(seconds=20)}


async def enqueue(
    session: AsyncSession,
    rows: Sequence[Notification],
    channels: Mapping[UUID, Collection[Channel]],
    occurred_at: datetime,
) -> None:
    """Let the notifications go out by the channels of each person, all for one person at most
    ``MOST_WAITING`` at once; nothing that happened more than a day ago."""
    now = utc_now()
    if now - occurred_at > _SENT_FOR:
        return
    for channel in (Channel.EMAIL, Channel.PUSH):
        wanted = {row.user_id: row for row in rows if channel in channels[row.user_id]}
        targets = await _targets(session, channel, wanted) if wanted else {}
        if not targets:
            continue
        waiting = await _waiting(session, channel, targets)
        last = await _last_sent(session, targets)
        session.add_all(
            Delivery(
                notification_id=wanted[user_id].id,
                user_id=user_id,
                channel=channel,
                target_id=target,
                due_at=_due_at(channel, now, last.get(target)),
            )
            for target, user_id in targets.items()
            if waiting.get(target, 0) < MOST_WAITING
        )
    await session.flush()


def _due_at(channel: Channel, now: datetime, last: datetime | None) -> datetime:
    soon = now + _WINDOW[channel]
    return soon if last is None else max(soon, last + _PAUSE[channel])


async def _targets(
    session: AsyncSession, channel: Channel, users: Collection[UUID]
) -> dict[UUID, UUID]:
    """Where it goes to, and whose that is: letters to people, push messages to their browsers."""
    if channel is Channel.EMAIL:
        return {id: id for id in users}
    statement = select(PushSubscription.id, PushSubscription.user_id).where(
        col(PushSubscription.user_id).in_(users)
    )
    return dict((await session.execute(statement)).all())


async def _waiting(
    session: AsyncSession, channel: Channel, targets: Collection[UUID]
) -> dict[UUID, int]:
    statement = (
        select(Delivery.target_id, func.count())
        .where(col(Delivery.target_id).in_(targets), col(Delivery.channel) == channel)
        .group_by(col(Delivery.target_id))
    )
    return dict((await session.execute(statement)).all())


async def _last_sent(session: AsyncSession, targets: Collection[UUID]) -> dict[UUID, datetime]:
    rows = await session.scalars(select(LastSent).where(col(LastSent.target_id).in_(targets)))
    return {row.target_id: row.at for row in rows}
