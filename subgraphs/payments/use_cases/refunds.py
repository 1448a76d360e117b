"""Giving money back: never more than was captured, and each refund once.

A refund is stored with what it takes from the rest that can be refunded, and only then requested of
the provider, by its key. If the process dies in between, the job continues it.
"""

import logging
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.payments import PaymentRefunded
from trellis.schema.identity import Identity
from trellis.subgraphs.payments import queries
from trellis.subgraphs.payments.errors import PartialRefund, PaymentNotFound, RefundNotAllowed
from trellis.subgraphs.payments.events import about
from trellis.subgraphs.payments.metrics import REFUNDS_GIVEN_UP
from trellis.subgraphs.payments.models import Payment, PaymentStatus, Refund, RefundStatus
from trellis.subgraphs.payments.providers.base import (
    PaymentProvider,
    ProviderUnavailable,
    RefundAnswer,
    Refunded,
    RefundRequest,
)
from trellis.subgraphs.payments.use_cases.due import AT_ONCE, LEASE, request_each
from trellis.subgraphs.payments.use_cases.pauses import pause_after

logger = logging.getLogger("trellis.payments")

AGAIN_AFTER = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
"""What goes back for a cancelled order and was declined is requested anew after these pauses: the
account at the provider may be filled meanwhile, or a dispute end."""
_LIVE = frozenset({PaymentStatus.COMPLETED, PaymentStatus.CHARGED_BACK})
_ORDER_CANCELLED = "The order was cancelled."


async def request_refund(
    uow: UnitOfWork, caller: Identity, id: UUID, amount: Decimal | None, reason: str | None
) -> Refund:
    """Refund a completed payment: ``amount``, or all that is left of it. Payers take back all of
    it, administrators also a part.

    Raises ``PaymentNotFound``, ``RefundNotAllowed``, ``PartialRefund``.
    """
    if await queries.payment(uow.session, caller, id) is None:
        raise PaymentNotFound(id)
    payment = await queries.held_payment(uow.session, id)
    if payment.status is not PaymentStatus.COMPLETED:
        raise RefundNotAllowed(f"The payment is {payment.status}.", status=payment.status)
    left = refundable(payment)
    wanted = left if amount is None else amount
    if wanted > left or wanted <= 0:
        message = f"No more than {left} of the payment can be refunded."
        raise RefundNotAllowed(message, refundableAmount=str(left))
    if wanted < left and not caller.is_admin:
        raise PartialRefund(left)
    return await _add(uow, payment, wanted, reason, requested_by=caller.id)


def refundable(payment: Payment) -> Decimal:
    """How much of a completed payment is left to refund."""
    return payment.amount - payment.refund_reserved - payment.charged_back


async def refund_cancelled_order(
    uow: UnitOfWork, payment: Payment, *, after: timedelta = timedelta(0)
) -> None:
    """Refund what is left of a payment, held, whose order was cancelled: also the rest of one of
    which a bank took back a part."""
    left = refundable(payment)
    if payment.status in _LIVE and left > 0:
        await _add(uow, payment, left, _ORDER_CANCELLED, requested_by=None, after=after)


async def _add(
    uow: UnitOfWork,
    payment: Payment,
    amount: Decimal,
    reason: str | None,
    *,
    requested_by: UUID | None,
    after: timedelta = timedelta(0),
) -> Refund:
    payment.refund_reserved += amount
    refund = Refund(
        payment_id=payment.id,
        requested_by=requested_by,
        amount=amount,
        reason=reason,
        due_at=utc_now() + after,
    )
    uow.session.add(refund)
    await uow.session.flush()
    return refund


async def refund_due(
    storage: Storage, provider: PaymentProvider, *, lease: timedelta = LEASE
) -> None:
    """Request all refunds that are due. Failures are logged: others wait behind them."""
    async with storage.read() as session:
        ids = await queries.due_refunds(session, utc_now(), AT_ONCE)
    await request_each(ids, lambda id: carry_out(storage, provider, id, lease=lease), "refund")


async def carry_out(
    storage: Storage, provider: PaymentProvider, refund_id: UUID, *, lease: timedelta = LEASE
) -> None:
    """Request one refund and settle it by the answer. Nothing happens if others have claimed it."""
    async with storage.begin() as uow:
        request = await claim(uow, refund_id, lease)
    if request is None:
        return
    try:
        answer = await provider.refund(request)
    except ProviderUnavailable as lost:
        logger.warning("refund %s has no answer yet: %s", refund_id, lost)
        await _postpone(storage, refund_id)
        return
    async with storage.begin() as uow:
        await settle(uow, refund_id, answer)


async def claim(uow: UnitOfWork, refund_id: UUID, lease: timedelta) -> RefundRequest | None:
    """Claim a refund that is due; None when there is nothing to request."""
    refund, payment = await queries.held_refund(uow.session, refund_id)
    now = utc_now()
    if refund.status is not RefundStatus.PENDING or refund.due_at is None or refund.due_at > now:
        return None
    if refund.attempts == 0 and refundable(payment) < 0:
        # The provider was never asked, and a bank has taken back a part of it meanwhile.
        refund.due_at = None
        await _decline(uow, refund, payment)
        return None
    assert payment.transaction_id is not None  # only completed payments are refunded
    refund.attempts, refund.due_at = refund.attempts + 1, now + lease
    return RefundRequest(
        refund_id=refund.id,
        transaction_id=payment.transaction_id,
        amount=refund.amount,
        currency=payment.currency,
    )


async def settle(uow: UnitOfWork, refund_id: UUID, answer: RefundAnswer) -> None:
    """Complete a refund, or give back what it has taken from the rest, once."""
    refund, payment = await queries.held_refund(uow.session, refund_id)
    if refund.status is not RefundStatus.PENDING:
        return  # another worker was here
    refund.due_at = None
    if not isinstance(answer, Refunded):
        logger.warning("refund %s was declined: %s", refund_id, answer.reason)
        await _decline(uow, refund, payment)
        return
    refund.status, refund.completed_at = RefundStatus.COMPLETED, utc_now()
    refund.transaction_id = answer.transaction_id
    payment.refunded += refund.amount
    if payment.refunded == payment.amount:
        payment.status = PaymentStatus.REFUNDED
    await uow.session.flush()
    uow.emit(
        PaymentRefunded(
            **about(payment),
            refund_id=refund.id,
            refunded_amount=refund.amount,
            refunded_total=payment.refunded,
            reason=refund.reason,
            refunded_at=refund.completed_at,
        )
    )


async def _decline(uow: UnitOfWork, refund: Refund, payment: Payment) -> None:
    """Give back what a refund has taken from the rest. The payer of a cancelled order gets it all
    the same: by another refund, some times, and then by people."""
    refund.status = RefundStatus.FAILED
    payment.refund_reserved -= refund.amount
    await uow.session.flush()
    if refundable(payment) <= 0 or not await queries.is_cancelled(uow.session, payment.order_id):
        return
    if refund.requested_by is not None or refund.attempts == 0:
        await refund_cancelled_order(uow, payment)
        return
    declined = await queries.declined_count(uow.session, payment.id)
    if declined <= len(AGAIN_AFTER):
        await refund_cancelled_order(uow, payment, after=AGAIN_AFTER[declined - 1])
    else:
        left = f"{refundable(payment)} {payment.currency}"
        logger.error("payment %s of a cancelled order keeps %s: refund it", payment.id, left)
        uow.on_commit(REFUNDS_GIVEN_UP.inc)


async def _postpone(storage: Storage, refund_id: UUID) -> None:
    async with storage.begin() as uow:
        refund, _ = await queries.held_refund(uow.session, refund_id)
        if refund.status is RefundStatus.PENDING:
            refund.due_at = utc_now() + pause_after(refund.attempts)
