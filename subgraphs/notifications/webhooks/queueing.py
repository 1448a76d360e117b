"""The queue of a webhook: when there is something in it, and when its webhook is switched off."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlmodel import col, select

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.webhooks import WebhookDisabled
from trellis.subgraphs.notifications.webhooks.models import (
    DeliveryStatus,
    DisabledReason,
    Webhook,
    WebhookDelivery,
    WebhookQueue,
)


def about(hook: Webhook) -> dict[str, Any]:
    """The common members of events about webhooks."""
    return {"webhook_id": hook.id, "owner_id": hook.owner_id, "version": hook.version}


async def disable(uow: UnitOfWork, hook: Webhook, reason: DisabledReason) -> None:
    """Disable the webhook and announce the reason, so that its owner is notified."""
    hook.is_active = False
    hook.disabled_reason = reason
    await withhold_waiting(uow, hook)
    queue = await uow.session.get(WebhookQueue, hook.id)
    await uow.session.flush()
    target = queue.target if queue is not None else ""
    uow.emit(WebhookDisabled(**about(hook), target=target, reason=reason))


async def withhold_waiting(uow: UnitOfWork, hook: Webhook) -> None:
    """What waits is never sent; its owner may send it again later."""
    await uow.session.flush()
    of_hook = col(WebhookDelivery.webhook_id) == hook.id
    waits = col(WebhookDelivery.status) == DeliveryStatus.PENDING
    ended = {"status": DeliveryStatus.WITHHELD, "finished_at": utc_now()}
    await uow.session.execute(update(WebhookDelivery).where(of_hook, waits).values(**ended))
    queue = update(WebhookQueue).where(col(WebhookQueue.webhook_id) == hook.id)
    await uow.session.execute(queue.values(due_at=None))


async def make_due(uow: UnitOfWork, webhook_ids: Sequence[UUID]) -> None:
    """Let the worker look at these queues at once. To be called when the deliveries are written: a
    worker that finds a queue empty locks its row meanwhile."""
    these = col(WebhookQueue.webhook_id).in_(webhook_ids)
    # Always in this order, or two that do the same at once may wait for each other.
    await uow.session.execute(
        select(WebhookQueue.webhook_id)
        .where(these)
        .order_by(col(WebhookQueue.webhook_id))
        .with_for_update()
    )
    await uow.session.execute(update(WebhookQueue).where(these).values(due_at=utc_now()))


def first_delivery(**members: Any) -> WebhookDelivery:
    """A delivery that is not a repetition of another one: receivers know it by its own id."""
    id = uuid4()
    return WebhookDelivery(id=id, message_id=id, **members)
