"""How an order goes on::

pending ── paid ──> confirmed
   │                    │
   └──── cancelled <────┘        for good
"""

from collections.abc import Sequence
from uuid import UUID

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.orders import OrderCancelled, OrderConfirmed
from trellis.schema.identity import Identity
from trellis.subgraphs.orders import queries
from trellis.subgraphs.orders.errors import OrderNotFound, OrderNotOpen, PaymentMissing
from trellis.subgraphs.orders.events import about
from trellis.subgraphs.orders.models import CancellationReason, Order, OrderStatus
from trellis.subgraphs.orders.use_cases.stock import release


async def cancel_order(uow: UnitOfWork, caller: Identity, id: UUID) -> Order:
    """Cancel a pending or a confirmed order; payments refund what was paid for it.

    Raises ``OrderNotFound`` and ``OrderNotOpen``.
    """
    order = await _order(uow, caller, id)
    if order.status is OrderStatus.CANCELLED:
        raise OrderNotOpen(order.status)
    await cancel(uow, [order], CancellationReason.REQUESTED)
    return order


async def confirm_order(uow: UnitOfWork, caller: Identity, id: UUID, payment_id: UUID) -> Order:
    """The order that this payment has confirmed.

    The completed payment confirms it by itself, with the event that says so: nobody else can. So
    this raises ``PaymentMissing`` for one that has not completed, ``OrderNotOpen`` for an order
    that another one has confirmed or that is cancelled, and ``OrderNotFound``.
    """
    order = await _order(uow, caller, id)
    if order.status is OrderStatus.PENDING:
        raise PaymentMissing
    if order.status is OrderStatus.CANCELLED or order.payment_id != payment_id:
        raise OrderNotOpen(order.status)
    return order


async def _order(uow: UnitOfWork, caller: Identity, id: UUID) -> Order:
    order = await queries.order_for_update(uow.session, caller, id)
    if order is None:
        raise OrderNotFound(id)
    return order


async def confirm(uow: UnitOfWork, order: Order, payment_id: UUID) -> None:
    """Note that a pending order, which is locked, was paid."""
    order.status, order.payment_id = OrderStatus.CONFIRMED, payment_id
    order.confirmed_at = utc_now()
    await uow.session.flush()
    [items] = await queries.items_by_order(uow.session, [order.id])
    uow.emit(OrderConfirmed(**about(order, items)))


async def cancel(uow: UnitOfWork, orders: Sequence[Order], reason: CancellationReason) -> None:
    """Cancel orders, which are locked and not cancelled, and give back what they had reserved."""
    now = utc_now()
    for order in orders:
        order.status, order.cancelled_at = OrderStatus.CANCELLED, now
        order.cancellation_reason = reason
    await uow.session.flush()
    lists = await queries.items_by_order(uow.session, [order.id for order in orders])
    await release(uow.session, [item for items in lists for item in items])
    for order, items in zip(orders, lists, strict=True):
        uow.emit(OrderCancelled(**about(order, items), reason=reason.value))
