"""The queue of what is to be sent, taken batch by batch.

A batch is everything that waits for one target. It is leased before it is sent and removed
afterwards, so what was not sent for sure is sent again: by the same name, so that receivers that
look at names show it once.
"""

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from trellis.db.locks import hold
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.notifications.audience import who_see_project
from trellis.subgraphs.notifications.choices import choices_of
from trellis.subgraphs.notifications.models import Channel, Delivery, LastSent, Notification

logger = logging.getLogger("trellis.notifications")

_LEASE = timedelta(minutes=2)
_MOST_IN_BATCH = 50
MAX_ATTEMPTS = 8
_FIRST_PAUSE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes to one target together, oldest first; ``email`` is the address of the person."""

    id: UUID
    channel: Channel
    user_id: UUID
    target_id: UUID
    attempts: int
    notifications: tuple[Notification, ...]
    email: str | None


async def lease(storage: Storage, channel: Channel, now: datetime, *, most: int) -> list[Batch]:
    """Take the batches that are due, at most ``most``; nobody else gets them for two minutes.

    What its person has read meanwhile, may not see any more or does not want by this channel any
    more is dropped.
    """
    async with storage.begin() as uow:
        await hold(uow.session, f"deliveries:{channel}")
        return [
            batch
            for target in await _due_targets(uow, channel, now, most)
            if (batch := await _lease_of(uow, channel, target, now)) is not None
        ]


async def sent(storage: Storage, batch: Batch, now: datetime) -> None:
    """The batch is out: the next for this target waits a while."""
    async with storage.begin() as uow:
        await uow.session.execute(delete(Delivery).where(col(Delivery.batch_id) == batch.id))
        await uow.session.merge(LastSent(target_id=batch.target_id, at=now))


async def failed(storage: Storage, batch: Batch, now: datetime, *, for_good: bool = False) -> None:
    """It did not get out: it is tried again after a pause that doubles; after ``MAX_ATTEMPTS``,
    or when it never will, it is given up."""
    mine = col(Delivery.batch_id) == batch.id
    async with storage.begin() as uow:
        if for_good or batch.attempts >= MAX_ATTEMPTS:
            logger.error("%s of %s given up: %s", batch.channel, batch.user_id, batch.id)
            await uow.session.execute(delete(Delivery).where(mine))
            return
        pause = _FIRST_PAUSE * 2 ** (batch.attempts - 1)
        # Spread: what has failed together should not come back together.
        due_at = now + pause * random.uniform(0.8, 1.2)
        values = {"due_at": due_at, "leased_until": None}
        await uow.session.execute(update(Delivery).where(mine).values(values))


async def _due_targets(
    uow: UnitOfWork, channel: Channel, now: datetime, most: int
) -> Sequence[UUID]:
    target = col(Delivery.target_id)
    free = or_(col(Delivery.leased_until).is_(None), col(Delivery.leased_until) <= now)
    # Somebody is about it, or it has failed and its pause is not over: what comes later waits, too.
    other = aliased(Delivery)
    is_leased = col(other.leased_until) > now
    is_resting = col(other.batch_id).is_not(None) & (col(other.due_at) > now)
    is_of_channel = col(other.channel) == channel
    busy = select(col(other.target_id)).where(is_of_channel, or_(is_leased, is_resting))
    wanted = (
        select(target)
        .where(col(Delivery.channel) == channel, col(Delivery.due_at) <= now, free)
        .where(target.not_in(busy))
        .group_by(target)
        .limit(most)
    )
    return (await uow.session.scalars(wanted)).all()


async def _lease_of(uow: UnitOfWork, channel: Channel, target: UUID, now: datetime) -> Batch | None:
    rows = await _next_rows(uow, channel, target)
    found = await _notifications(uow, rows)
    wanted, email = await _still_wanted(uow, channel, found)
    keep = {row.id for row in wanted}
    gone = [row.id for row in rows if row.notification_id not in keep]
    await uow.session.execute(delete(Delivery).where(col(Delivery.id).in_(gone)))
    if not wanted:
        return None
    batch_id = rows[0].batch_id or uuid4()
    attempts = max(row.attempts for row in rows) + 1
    values = {"batch_id": batch_id, "attempts": attempts, "leased_until": now + _LEASE}
    kept = [row.id for row in rows if row.notification_id in keep]
    await uow.session.execute(update(Delivery).where(col(Delivery.id).in_(kept)).values(values))
    return Batch(batch_id, channel, rows[0].user_id, target, attempts, tuple(wanted), email)


async def _next_rows(uow: UnitOfWork, channel: Channel, target: UUID) -> list[Delivery]:
    """A batch that was tried already as it was; else all that waits, due or not."""
    mine = (col(Delivery.target_id) == target) & (col(Delivery.channel) == channel)
    begun = select(Delivery).where(mine, col(Delivery.batch_id).is_not(None))
    rows = list(await uow.session.scalars(begun.order_by(col(Delivery.due_at))))
    if rows:
        return [row for row in rows if row.batch_id == rows[0].batch_id]
    waiting = select(Delivery).where(mine).order_by(col(Delivery.due_at)).limit(_MOST_IN_BATCH)
    return list(await uow.session.scalars(waiting))


async def _notifications(uow: UnitOfWork, rows: Sequence[Delivery]) -> Sequence[Notification]:
    wanted = select(Notification).where(
        col(Notification.id).in_([row.notification_id for row in rows]),
        col(Notification.read_at).is_(None),
    )
    order = col(Notification.created_at), col(Notification.id)
    return (await uow.session.scalars(wanted.order_by(*order))).all()


async def _still_wanted(
    uow: UnitOfWork, channel: Channel, rows: Sequence[Notification]
) -> tuple[list[Notification], str | None]:
    """Those that their person may still see and still wants by this channel, and the address for
    letters. Choices and projects are looked up once for each kind and each project."""
    ids = {row.user_id for row in rows}
    choices = {
        kind: await choices_of(uow.session, ids, kind) for kind in {row.kind for row in rows}
    }
    seeing = {
        project_id: {person.id for person in await who_see_project(uow.session, ids, project_id)}
        for project_id in {row.project_id for row in rows if row.project_id is not None}
    }
    wanted, email = [], None
    for row in rows:
        choice = choices[row.kind][row.user_id]
        is_seen = row.project_id is None or row.user_id in seeing[row.project_id]
        if channel in choice.channels and is_seen:
            wanted.append(row)
            email = choice.email
    return wanted, email
