"""What was paid in the demo world: every confirmed order, by a test card."""

from datetime import timedelta
from uuid import UUID

from trellis.db.seed.shop import DemoOrder, demo_orders
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.currencies import DEFAULT_CURRENCY
from trellis.subgraphs.payments.models import (
    Order,
    OrderStatus,
    Payment,
    PaymentStatus,
    SimulatedCharge,
)
from trellis.subgraphs.payments.providers.simulated import Behaviour, SimulatedProvider

_PAYING = timedelta(seconds=30)
_FIRST_VERSION = 1


async def write_demo_data(uow: UnitOfWork) -> None:
    """Does nothing when the first demo order is here: it was done before."""
    orders = demo_orders()
    if await uow.session.get(Order, orders[0].id) is not None:
        return
    uow.session.add_all(_copy(order) for order in orders)
    paid = [_payment(order, id) for order in orders if (id := order.payment_id) is not None]
    uow.session.add_all(paid)
    uow.session.add_all(_charge(payment) for payment in paid)


def _copy(order: DemoOrder) -> Order:
    return Order(
        id=order.id,
        user_id=order.user_id,
        status=OrderStatus(order.status),
        total=order.total,
        currency=DEFAULT_CURRENCY,
        version=_FIRST_VERSION,
    )


def _payment(order: DemoOrder, id: UUID) -> Payment:
    return Payment(
        id=id,
        order_id=order.id,
        user_id=order.user_id,
        amount=order.total,
        currency=DEFAULT_CURRENCY,
        status=PaymentStatus.COMPLETED,
        provider=SimulatedProvider.name,
        transaction_id=f"txn_demo_{order.name}",
        card_brand="visa",
        card_last_four="4242",
        card_expiry_month=12,
        card_expiry_year=2030,
        created_at=order.changed_at - _PAYING,
        updated_at=order.changed_at,
        completed_at=order.changed_at,
    )


def _charge(payment: Payment) -> SimulatedCharge:
    """In the books of the provider, so that it can be refunded."""
    assert payment.transaction_id is not None
    return SimulatedCharge(
        key=f"payment-{payment.id}",
        transaction_id=payment.transaction_id,
        behaviour=Behaviour.SUCCESS,
        amount=payment.amount,
        currency=payment.currency,
        requests=1,
        settles_at=payment.created_at,
    )
