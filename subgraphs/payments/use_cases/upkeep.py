"""What happens to payments without anybody requesting it: events of orders and people."""

from sqlalchemy import update
from sqlmodel import col, select

from trellis.db.replica import keep
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import UserDeleted
from trellis.schema.events.orders import OrderEvent
from trellis.subgraphs.payments import queries
from trellis.subgraphs.payments.models import Order, OrderStatus, Payment, Refund
from trellis.subgraphs.payments.use_cases.refunds import refund_cancelled_order


async def keep_order(uow: UnitOfWork, event: OrderEvent) -> None:
    """Note the state of an order. What was paid for one that is cancelled is refunded; a payment
    that is still processing is, once it completes (``charges.settle``)."""
    await queries.hold_order(uow.session, event.order_id)
    copy = Order(
        id=event.order_id,
        user_id=event.user_id,
        status=OrderStatus(event.state.status),
        total=event.state.total,
        currency=event.state.currency,
        version=event.version,
    )
    if not await keep(uow, copy) or copy.status is not OrderStatus.CANCELLED:
        return
    payment = await queries.payment_that_holds(uow.session, event.order_id)
    if payment is not None:
        await refund_cancelled_order(uow, payment)


async def forget_person(uow: UnitOfWork, event: UserDeleted) -> None:
    """Remove what is known of the cards of somebody whose account was deleted, and what was written
    about their payments. Who paid how much for which order has to be kept by law; of the person
    only the id stays, behind which accounts shows nothing personal."""
    theirs = col(Payment.user_id) == event.user_id
    of_theirs = select(Payment.id).where(theirs)
    refunds = update(Refund).where(col(Refund.payment_id).in_(of_theirs))
    await uow.session.execute(refunds.values(reason=None))
    await uow.session.execute(update(Payment).where(theirs).values(**_WITHOUT_CARD))


_WITHOUT_CARD: dict[str, None] = dict.fromkeys(
    ("card_brand", "card_last_four", "card_expiry_month", "card_expiry_year", "failure_reason")
)
