"""Charges that the banks of payers take back."""

import logging
from datetime import UTC, datetime, timedelta

from trellis.db.locks import hold
from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.payments import PaymentChargedBack
from trellis.subgraphs.payments import queries
from trellis.subgraphs.payments.events import about
from trellis.subgraphs.payments.models import DisputesRead, PaymentStatus
from trellis.subgraphs.payments.providers.base import Dispute, PaymentProvider

logger = logging.getLogger("trellis.payments")

_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_AGAIN = timedelta(days=1)
"""So far back they are read each time: one may be known to the provider before its charge is
here."""
_AGAIN_EACH_HOUR = timedelta(days=120)
"""So far back once an hour: an inquiry, which takes no money, keeps its date when it becomes a
chargeback. Card networks allow that for 120 days after the charge."""


async def read_disputes(storage: Storage, provider: PaymentProvider) -> None:
    """Note the charges that were taken back since the last time."""
    now = utc_now()
    async with storage.read() as session:
        read = await session.get(DisputesRead, provider.name)
    since = _BEGINNING
    if read is not None:
        is_same_hour = (now.date(), now.hour) == (read.until.date(), read.until.hour)
        since = read.until - (_AGAIN if is_same_hour else _AGAIN_EACH_HOUR)
    for dispute in await provider.disputes(since):
        async with storage.begin() as uow:
            await apply_dispute(uow, provider.name, dispute)
    async with storage.begin() as uow:
        await hold(uow.session, "disputes")  # several workers read them
        await uow.session.merge(DisputesRead(provider=provider.name, until=now))


async def apply_dispute(uow: UnitOfWork, provider: str, dispute: Dispute) -> None:
    """Note that a bank took back what it says of a payment, once."""
    payment_id = await queries.payment_by_transaction(uow.session, provider, dispute.transaction_id)
    if payment_id is None:
        return
    payment = await queries.held_payment(uow.session, payment_id)
    if payment.status is not PaymentStatus.COMPLETED:
        return  # known already, or the payer has got all of it back
    taken = min(dispute.amount, payment.amount - payment.refunded)
    payment.status, payment.charged_back = PaymentStatus.CHARGED_BACK, taken
    await uow.session.flush()
    logger.warning("payment %s was charged back: %s %s", payment.id, taken, payment.currency)
    uow.emit(
        PaymentChargedBack(
            **about(payment), charged_back_amount=taken, charged_back_at=dispute.created_at
        )
    )
