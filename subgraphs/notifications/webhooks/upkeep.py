"""What happens to webhooks without anybody asking for it: time, people who leave, keys revoked."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, delete, func, update
from sqlmodel import col, select

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.webhooks import WebhookDeleted
from trellis.subgraphs.notifications.webhooks.models import (
    DeliveryStatus,
    DisabledReason,
    Webhook,
    WebhookDelivery,
)
from trellis.subgraphs.notifications.webhooks.queueing import about, disable

KEEP = timedelta(days=14)
KEEP_NUMBER = 1_000
"""How long, and how many of a webhook, deliveries that have ended are in its log."""
_AT_ONCE = 500


async def forget_person(uow: UnitOfWork, user_id: UUID) -> None:
    """Remove the webhooks of somebody whose account was deleted, and what was sent that names
    them. Each delivery is looked at, which takes a while and is done once in a life."""
    hooks = await uow.session.scalars(select(Webhook).where(col(Webhook.owner_id) == user_id))
    for hook in hooks.all():
        uow.emit(WebhookDeleted(**about(hook)))
    await uow.session.execute(delete(Webhook).where(col(Webhook.owner_id) == user_id))
    names_them = cast(col(WebhookDelivery.data), Text).contains(str(user_id))
    ended = col(WebhookDelivery.status) != DeliveryStatus.PENDING
    await uow.session.execute(delete(WebhookDelivery).where(names_them, ended))


async def end_webhooks_of_key(uow: UnitOfWork, api_key_id: UUID) -> None:
    """Switch off the webhooks that a program made with a key that is no longer valid."""
    made = select(Webhook).where(col(Webhook.api_key_id) == api_key_id, col(Webhook.is_active))
    for hook in (await uow.session.scalars(made.with_for_update(key_share=True))).all():
        await disable(uow, hook, DisabledReason.KEY_REVOKED)


async def forget_what_is_old(storage: Storage) -> None:
    """Delete what has been in the logs for long, and secrets that were replaced."""
    now = utc_now()
    async with storage.begin() as uow:
        expired = col(Webhook.previous_expires_at) <= now
        none = {"previous_secret": None, "previous_expires_at": None}
        # Not through the row's version: nobody has changed it.
        kept = {"updated_at": col(Webhook.updated_at)}
        await uow.session.execute(update(Webhook).where(expired).values(**none, **kept))
    await _delete_ended(storage, col(WebhookDelivery.finished_at) < now - KEEP)
    for webhook_id, last in await _over_the_number(storage):
        of_hook = col(WebhookDelivery.webhook_id) == webhook_id
        await _delete_ended(storage, of_hook, col(WebhookDelivery.number) <= last)


async def _over_the_number(storage: Storage) -> list[tuple[UUID, int]]:
    """Webhooks with too long a log, and the number of the last delivery that goes."""
    webhook_id, number = col(WebhookDelivery.webhook_id), col(WebhookDelivery.number)
    ended = col(WebhookDelivery.status) != DeliveryStatus.PENDING
    counted = select(webhook_id).where(ended).group_by(webhook_id)
    async with storage.read() as session:
        ids = (await session.scalars(counted.having(func.count() > KEEP_NUMBER))).all()
        found: list[tuple[UUID, int]] = []
        for id in ids:
            mine = select(number).where(webhook_id == id, ended).order_by(number.desc())
            last = (await session.scalars(mine.offset(KEEP_NUMBER).limit(1))).one_or_none()
            if last is not None:
                found.append((id, last))
        return found


async def _delete_ended(storage: Storage, *which: ColumnElement[bool]) -> None:
    number = col(WebhookDelivery.number)
    ended = col(WebhookDelivery.status) != DeliveryStatus.PENDING
    wanted = select(number).where(ended, *which).limit(_AT_ONCE)

    async def delete_some(uow: UnitOfWork) -> int:
        numbers = (await uow.session.scalars(wanted)).all()
        await uow.session.execute(delete(WebhookDelivery).where(number.in_(numbers)))
        return len(numbers)

    await storage.in_batches(delete_some, _AT_ONCE)
