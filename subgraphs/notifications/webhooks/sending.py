"""One attempt at a delivery: taken out of its queue, sent, and what came of it written down.

No transaction is open while something is sent. An attempt that nobody ends, because its process
was killed, is made again when its lease is over: the receiver may get it twice, with the same id.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.notifications.models import Person
from trellis.subgraphs.notifications.outbound import Outbound, OutboundFailure
from trellis.subgraphs.notifications.webhooks import queries
from trellis.subgraphs.notifications.webhooks.catalog import PING, WebhookEvent
from trellis.subgraphs.notifications.webhooks.models import (
    DeliveryStatus,
    DisabledReason,
    Reach,
    Webhook,
    WebhookDelivery,
    WebhookQueue,
)
from trellis.subgraphs.notifications.webhooks.owners import identity_of, sees_project
from trellis.subgraphs.notifications.webhooks.payloads import body_of
from trellis.subgraphs.notifications.webhooks.queueing import disable, make_due, withhold_waiting
from trellis.subgraphs.notifications.webhooks.schedule import MAX_ATTEMPTS, Schedule
from trellis.subgraphs.notifications.webhooks.sealing import secrets_in_force
from trellis.subgraphs.notifications.webhooks.signing import signed_headers
from trellis.subgraphs.secret_scope.vault import Vault

_LOOK_AGAIN = timedelta(seconds=1)
# So many deliveries are passed over in one transaction, which others wait for.
_AT_ONCE = 50
_GONE = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """``number`` counts from 1; with the delivery it names the attempt."""

    delivery_id: UUID
    webhook_id: UUID
    message_id: UUID
    number: int
    url: str
    body: bytes
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The status of the answer, or why there is none."""

    at: datetime
    milliseconds: int
    status: int | None = None
    error: str | None = None
    retry_after: float | None = None

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


async def claim_next(
    storage: Storage, vault: Vault, webhook_id: UUID, schedule: Schedule
) -> Attempt | None:
    """The next attempt that is due. None when there is none: then the queue knows when there will
    be one."""
    async with storage.begin() as uow:
        hook = await _hold(uow, webhook_id)
        queue = await uow.session.get(WebhookQueue, webhook_id, with_for_update=True)
        if hook is None or queue is None:
            return None
        if not hook.is_active:
            await withhold_waiting(uow, hook)
            return None
        delivery = await _first_that_may_be_sent(uow, hook, schedule)
        if delivery is None:
            queue.due_at = await queries.next_due(uow.session, webhook_id)
            return None
        if delivery.attempts >= MAX_ATTEMPTS:
            # Its last attempt was made by somebody who died: whatever came of it, there is no more.
            _end(delivery, DeliveryStatus.FAILED)
            await disable(uow, hook, DisabledReason.EXHAUSTED)
            return None
        delivery.attempts += 1
        delivery.next_attempt_at = utc_now() + timedelta(seconds=schedule.lease)
        return Attempt(
            delivery_id=delivery.id,
            webhook_id=hook.id,
            message_id=delivery.message_id,
            number=delivery.attempts,
            url=hook.url,
            body=body_of(hook.id, delivery.event, delivery.occurred_at, delivery.data),
            secrets=secrets_in_force(vault, hook),
        )


async def send(outbound: Outbound, attempt: Attempt, schedule: Schedule) -> Outcome:
    """Make the attempt. It never raises: whatever goes wrong is the outcome."""
    at, began = utc_now(), time.monotonic()

    def after(**result: object) -> Outcome:
        spent = round(1_000 * (time.monotonic() - began))
        return Outcome(at=at, milliseconds=spent, **result)  # type: ignore[arg-type]

    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Trellis-Webhooks/1",
        **signed_headers(attempt.message_id, int(at.timestamp()), attempt.body, attempt.secrets),
    }
    try:
        answer = await outbound.post(attempt.url, attempt.body, headers, schedule.limits)
    except OutboundFailure as failure:
        return after(error=str(failure))
    wait = answer.headers.get("retry-after", "")
    return after(status=answer.status, retry_after=float(wait) if wait.isdecimal() else None)


async def settle(storage: Storage, attempt: Attempt, outcome: Outcome, schedule: Schedule) -> None:
    """Store the result of an attempt, unless another worker has made another one since."""
    async with storage.begin() as uow:
        hook = await _hold(uow, attempt.webhook_id)
        found = select(WebhookDelivery).where(col(WebhookDelivery.id) == attempt.delivery_id)
        delivery = (await uow.session.scalars(found.with_for_update())).one_or_none()
        if hook is None or delivery is None or delivery.attempts != attempt.number:
            return
        delivery.tries = [*delivery.tries, _told(outcome)]
        if delivery.status is not DeliveryStatus.PENDING:
            # Switched off meanwhile: it has arrived all the same.
            if outcome.is_success:
                _end(delivery, DeliveryStatus.DELIVERED)
        elif outcome.is_success:
            _end(delivery, DeliveryStatus.DELIVERED)
        elif outcome.status == _GONE:
            _end(delivery, DeliveryStatus.FAILED)
            await disable(uow, hook, DisabledReason.GONE)
        elif delivery.attempts >= MAX_ATTEMPTS:
            _end(delivery, DeliveryStatus.FAILED)
            await disable(uow, hook, DisabledReason.EXHAUSTED)
        else:
            wait = schedule.delay(delivery.attempts, outcome.retry_after)
            delivery.next_attempt_at = utc_now() + wait


async def give_back(storage: Storage, attempt: Attempt) -> None:
    """Let others make the attempt at once: this process ends before there is an outcome."""
    async with storage.begin() as uow:
        mine = (
            col(WebhookDelivery.id) == attempt.delivery_id,
            col(WebhookDelivery.attempts) == attempt.number,
            col(WebhookDelivery.status) == DeliveryStatus.PENDING,
        )
        await uow.session.execute(
            update(WebhookDelivery).where(*mine).values(next_attempt_at=utc_now())
        )
        await make_due(uow, [attempt.webhook_id])


async def _hold(uow: UnitOfWork, webhook_id: UUID) -> Webhook | None:
    """The webhook, locked first by all who change it or its deliveries."""
    statement = select(Webhook).where(col(Webhook.id) == webhook_id)
    return (await uow.session.scalars(statement.with_for_update(key_share=True))).one_or_none()


async def _first_that_may_be_sent(
    uow: UnitOfWork, hook: Webhook, schedule: Schedule
) -> WebhookDelivery | None:
    for _ in range(_AT_ONCE):
        now = utc_now()
        due = queries.first_of_their_kind(hook.id).where(
            col(WebhookDelivery.next_attempt_at) <= now
        )
        order = col(WebhookDelivery.next_attempt_at), col(WebhookDelivery.number)
        delivery = (await uow.session.scalars(due.order_by(*order).limit(1))).one_or_none()
        if delivery is None or await _may_be_told(uow.session, hook, delivery):
            return delivery
        if now - delivery.created_at < timedelta(seconds=schedule.patience):
            delivery.next_attempt_at = now + min(
                _LOOK_AGAIN, timedelta(seconds=schedule.patience / 10)
            )
        else:
            # Its log would tell the owner that there was something.
            await uow.session.delete(delivery)
        await uow.session.flush()
    return None


async def _may_be_told(session: AsyncSession, hook: Webhook, delivery: WebhookDelivery) -> bool:
    """Whether the owner may currently see what the delivery contains."""
    owner = identity_of(hook, await session.get(Person, hook.owner_id))
    if owner is None or delivery.event == PING:
        return owner is not None
    event = WebhookEvent(delivery.event)
    if not owner.may(event.scope):
        return False
    if delivery.project_id is None:
        if owner.is_admin:
            return True
        person = await session.get(Person, UUID(delivery.key))
        home = person.organization_id if person is not None else None
        return home is not None and home == owner.tenant_id
    if event is WebhookEvent.PROJECT_DELETED:
        # Nobody sees it any more: those may know who saw it by a right that they still have.
        return {
            Reach.PLATFORM: owner.is_admin,
            Reach.ORGANIZATION: owner.may("admin:projects"),
            Reach.MEMBER: True,
        }[hook.reach]
    return await sees_project(session, owner, delivery.project_id)


def _end(delivery: WebhookDelivery, status: DeliveryStatus) -> None:
    delivery.status = status
    delivery.finished_at = utc_now()


def _told(outcome: Outcome) -> dict[str, object]:
    return {
        "at": outcome.at.isoformat(),
        "status": outcome.status,
        "error": outcome.error,
        "milliseconds": outcome.milliseconds,
    }
