"""What happens to orders without anybody sending a request: time passes, and other domains
announce something."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.learning import CourseDeleted, CourseEvent
from trellis.schema.events.payments import (
    PaymentChargedBack,
    PaymentCompleted,
    PaymentEvent,
    PaymentRefunded,
)
from trellis.subgraphs.orders import queries
from trellis.subgraphs.orders.errors import StrayPayment
from trellis.subgraphs.orders.events import product_changed
from trellis.subgraphs.orders.models import (
    CancellationReason,
    Order,
    OrderStatus,
    Product,
)
from trellis.subgraphs.orders.use_cases.changes import cancel, confirm

KEYS_KEPT = timedelta(hours=24)
"""As long as REST keeps the answers of its Idempotency-Key."""

_AT_ONCE = 100
"""How many orders one transaction cancels: others wait for their products meanwhile."""


async def expire_orders(storage: Storage, *, now: datetime | None = None) -> None:
    """Cancel all orders that were not paid in time."""
    moment = now or utc_now()
    async with storage.read() as session:
        is_due = await queries.has_expired(session, moment)
    while is_due:
        async with storage.begin() as uow:
            orders = await queries.some_expired(uow.session, moment, _AT_ONCE)
            if orders:
                await cancel(uow, orders, CancellationReason.EXPIRED)
        is_due = len(orders) == _AT_ONCE


async def forget_keys(storage: Storage, *, now: datetime | None = None) -> None:
    """Let keys be used anew a day after they were."""
    before = (now or utc_now()) - KEYS_KEPT
    old = col(Order.request_key).is_not(None), col(Order.created_at) < before
    # Not a change of the order: its version and its times stay.
    gone = (
        update(Order)
        .where(*old)
        .values(request_key=None, request_digest=None, updated_at=col(Order.updated_at))
    )
    async with storage.begin() as uow:
        await uow.session.execute(gone.execution_options(synchronize_session=False))


async def apply_payment(uow: UnitOfWork, event: PaymentEvent) -> None:
    """Confirm the order that was paid; cancel the one whose money went back, all of it.

    A payment that completes for an order that is cancelled meanwhile is refunded by payments.
    Raises ``StrayPayment`` for one that fits no order: people have to look at its event.
    """
    order = await queries.order_of_payment(uow.session, event.order_id)
    if order is None:
        raise StrayPayment(f"There is no order {event.order_id} for payment {event.payment_id}")
    match event:
        case PaymentCompleted():
            await _apply_completed(uow, order, event)
        case PaymentChargedBack():
            await _end(uow, order, event, CancellationReason.CHARGED_BACK)
        case PaymentRefunded() if event.refunded_total >= event.amount:
            await _end(uow, order, event, CancellationReason.REFUNDED)


async def _apply_completed(uow: UnitOfWork, order: Order, event: PaymentCompleted) -> None:
    if (event.amount, event.currency) != (order.total, order.currency):
        raise StrayPayment(f"Payment {event.payment_id} is not what order {order.id} costs")
    if order.status is OrderStatus.PENDING:
        await confirm(uow, order, event.payment_id)
    elif order.status is OrderStatus.CONFIRMED and order.payment_id != event.payment_id:
        raise StrayPayment(f"Order {order.id} was paid twice, by {event.payment_id} at last")


async def _end(
    uow: UnitOfWork, order: Order, event: PaymentEvent, reason: CancellationReason
) -> None:
    is_paid_by_it = order.payment_id == event.payment_id
    if order.status is OrderStatus.CONFIRMED and is_paid_by_it:
        await cancel(uow, [order], reason)


async def keep_course(uow: UnitOfWork, event: CourseEvent) -> None:
    """A course with a price is a product with the id of the course; it stays one that is not for
    sale when it is free, withdrawn or deleted."""
    product = await queries.product_for_update(uow.session, event.course_id)
    state = event.state
    is_for_sale = state.is_for_sale and not isinstance(event, CourseDeleted)
    if product is None and is_for_sale:
        product = Product(
            id=event.course_id, name=state.title, price=state.price, currency=state.currency
        )
        uow.session.add(product)
    elif product is None or (product.course_version or 0) > event.version:
        return
    product.course_version = event.version
    product.name, product.is_for_sale = state.title, is_for_sale
    if is_for_sale:  # what is free has no price that it could be ordered at
        product.price, product.currency = state.price, state.currency
    await uow.session.flush()
    uow.emit(product_changed(product))


async def forget_person(uow: UnitOfWork, user_id: UUID) -> None:
    """Cancel what somebody whose account was deleted has not paid.

    Of other orders, which belong to the accounts of the shop, only the id stays, behind which
    accounts shows nothing personal.
    """
    orders = await queries.unpaid_of(uow.session, user_id)
    if orders:
        await cancel(uow, orders, CancellationReason.USER_DELETED)
