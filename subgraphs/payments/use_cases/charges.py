"""Charging what was accepted.

Two workers that take one charge, one of which died, request the same of the provider, by the same
key: it is one charge.

    take (commit) -> request of the provider -> settle (commit)
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.payments import PaymentCompleted, PaymentFailed
from trellis.subgraphs.payments import queries
from trellis.subgraphs.payments.events import about
from trellis.subgraphs.payments.metrics import COMPLETED, FAILED
from trellis.subgraphs.payments.models import (
    MAX_CODE,
    MAX_REASON,
    Charge,
    Payment,
    PaymentStatus,
)
from trellis.subgraphs.payments.providers.base import (
    Captured,
    ChargeRequest,
    Declined,
    PaymentProvider,
    ProviderUnavailable,
    StillProcessing,
)
from trellis.subgraphs.payments.use_cases import pauses
from trellis.subgraphs.payments.use_cases.due import AT_ONCE, LEASE, request_each
from trellis.subgraphs.payments.use_cases.refunds import refund_cancelled_order

logger = logging.getLogger("trellis.payments")

_CANCELLED = Declined("ORDER_CANCELLED", "The order was cancelled before it was paid.")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A charge that this worker has claimed, for the ``attempt``-th time."""

    request: ChargeRequest
    attempt: int


async def charge_due(
    storage: Storage, provider: PaymentProvider, *, lease: timedelta = LEASE
) -> None:
    """Request all charges that are due. Failures are logged: others wait behind them."""
    async with storage.read() as session:
        ids = await queries.due_charges(session, utc_now(), AT_ONCE)
    await request_each(ids, lambda id: charge(storage, provider, id, lease=lease), "charge")


async def charge(
    storage: Storage, provider: PaymentProvider, payment_id: UUID, *, lease: timedelta = LEASE
) -> None:
    """Request one charge and settle it by the answer. Nothing happens if others have claimed it."""
    async with storage.begin() as uow:
        claimed = await claim(uow, payment_id, lease)
    if claimed is None:
        return
    try:
        answer = await provider.charge(claimed.request)
    except ProviderUnavailable as lost:
        logger.warning("payment %s has no answer yet: %s", payment_id, lost)
        await _postpone(storage, payment_id, pauses.pause_after(claimed.attempt))
        return
    if isinstance(answer, StillProcessing):
        await _postpone(storage, payment_id, pauses.FIRST, answer.reference)
        return
    async with storage.begin() as uow:
        await settle(uow, payment_id, answer)


async def claim(uow: UnitOfWork, payment_id: UUID, lease: timedelta) -> Claimed | None:
    """Claim a charge that is due. One that was never requested is not, when its order is cancelled:
    the payment fails. None when there is nothing to request."""
    payment = await queries.held_payment(uow.session, payment_id)
    charge = await uow.session.get(Charge, payment_id, populate_existing=True)
    now = utc_now()
    if charge is None or charge.due_at > now:
        return None
    if charge.attempts == 0 and await queries.is_cancelled(uow.session, payment.order_id):
        await settle(uow, payment_id, _CANCELLED)
        return None
    charge.attempts, charge.due_at = charge.attempts + 1, now + lease
    request = ChargeRequest(
        payment_id=payment.id,
        order_id=payment.order_id,
        card_token=charge.card_token,
        amount=payment.amount,
        currency=payment.currency,
        started_at=payment.created_at,
        reference=charge.reference,
    )
    return Claimed(request, charge.attempts)


async def settle(uow: UnitOfWork, payment_id: UUID, answer: Captured | Declined) -> None:
    """Complete or fail a payment, once. What was paid for an order that was cancelled meanwhile is
    refunded."""
    payment = await queries.held_payment(uow.session, payment_id)
    if payment.status is not PaymentStatus.PROCESSING:
        return  # another worker was here
    charge = await uow.session.get(Charge, payment_id)
    await uow.session.delete(charge)
    if isinstance(answer, Declined):
        await _fail(uow, payment, answer)
        return
    payment.status, payment.completed_at = PaymentStatus.COMPLETED, utc_now()
    payment.transaction_id = answer.transaction_id
    await uow.session.flush()
    uow.emit(
        PaymentCompleted(
            **about(payment),
            transaction_id=answer.transaction_id,
            completed_at=payment.completed_at,
        )
    )
    uow.on_commit(COMPLETED.inc)
    if await queries.is_cancelled(uow.session, payment.order_id):
        await refund_cancelled_order(uow, payment)


async def _fail(uow: UnitOfWork, payment: Payment, answer: Declined) -> None:
    payment.status, payment.failed_at = PaymentStatus.FAILED, utc_now()
    # However much a provider says.
    code, reason = answer.code[:MAX_CODE], answer.reason[:MAX_REASON]
    payment.failure_code, payment.failure_reason = code, reason
    await uow.session.flush()
    uow.emit(PaymentFailed(**about(payment), reason=reason, code=code, failed_at=payment.failed_at))
    uow.on_commit(FAILED.inc)


async def _postpone(
    storage: Storage, payment_id: UUID, pause: timedelta, reference: str | None = None
) -> None:
    async with storage.begin() as uow:
        await queries.held_payment(uow.session, payment_id)
        charge = await uow.session.get(Charge, payment_id)
        if charge is not None:
            charge.due_at = utc_now() + pause
            charge.reference = reference or charge.reference
