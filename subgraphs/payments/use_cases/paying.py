"""Paying an order: the payment is accepted here, and charged later by ``charges``."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.payments import PaymentStarted
from trellis.schema.identity import Identity
from trellis.subgraphs.payments import queries
from trellis.subgraphs.payments.errors import (
    AlreadyPaid,
    AmountDiffers,
    NotThePayer,
    OrderNotFound,
    OrderNotPayable,
)
from trellis.subgraphs.payments.events import about
from trellis.subgraphs.payments.models import Charge, Order, OrderStatus, Payment
from trellis.subgraphs.payments.providers.base import CardToken


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """``user_id``, ``amount`` and ``currency`` are what the client believes: they must be so."""

    order_id: UUID
    user_id: UUID | None = None
    amount: Decimal | None = None
    currency: str | None = None


async def start_payment(
    uow: UnitOfWork, caller: Identity, new: NewPayment, card: CardToken, provider: str
) -> Payment:
    """Accept a payment of the caller's own order, by its total.

    Raises ``OrderNotFound``, ``NotThePayer``, ``AmountDiffers``, ``AlreadyPaid`` while another
    payment of the order is processing or has succeeded, ``OrderNotPayable``.
    """
    order = await queries.order_to_pay(uow.session, caller, new.order_id)
    if order is None:
        raise OrderNotFound(new.order_id)
    _check_beliefs(order, new)
    if (other := await queries.payment_that_holds(uow.session, order.id)) is not None:
        raise AlreadyPaid(other.id)
    if order.status is OrderStatus.CONFIRMED:
        raise AlreadyPaid
    if order.status is not OrderStatus.PENDING or order.total <= 0:
        raise OrderNotPayable(order.status)
    payment = Payment(
        order_id=order.id,
        user_id=order.user_id,
        amount=order.total,
        currency=order.currency,
        provider=provider,
        card_brand=card.brand,
        card_last_four=card.last_four,
        card_expiry_month=card.expiry_month,
        card_expiry_year=card.expiry_year,
    )
    uow.session.add(payment)
    try:
        await uow.session.flush()
    except IntegrityError as lost:  # the rule of the table, should the lock ever fail
        raise AlreadyPaid from lost
    uow.session.add(Charge(payment_id=payment.id, card_token=card.token, due_at=utc_now()))
    uow.emit(PaymentStarted(**about(payment)))
    return payment


def _check_beliefs(order: Order, new: NewPayment) -> None:
    if new.user_id is not None and new.user_id != order.user_id:
        raise NotThePayer
    if new.amount is not None and new.amount != order.total:
        raise AmountDiffers("amount", order.total)
    if new.currency is not None and new.currency != order.currency:
        raise AmountDiffers("currency", order.currency)
