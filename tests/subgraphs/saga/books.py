"""Whether money in equals money out: what orders, payments and the provider believe agrees."""

import asyncio
from collections import Counter
from decimal import Decimal

from sqlalchemy import select as select_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from tests.subgraphs.payments.asking import books, make_due
from tests.subgraphs.payments.asking import rows as payment_rows
from tests.subgraphs.saga.world import Saga
from tests.support.subgraphs import Running
from trellis.db.outbox import outbox_of
from trellis.db.seed.shop import demo_orders, demo_products
from trellis.subgraphs.orders.models import Order, OrderItem, OrderStatus, Product
from trellis.subgraphs.payments.models import (
    Charge,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
    SimulatedCharge,
)
from trellis.subgraphs.payments.models import Order as OrderCopy
from trellis.subgraphs.payments.providers.simulated import Behaviour

_DEMO = {order.id for order in demo_orders()}

# The states of an order that knows of its payment's.
_ENDED = (OrderStatus.CONFIRMED, OrderStatus.CANCELLED)
_GOES_WITH = {
    PaymentStatus.PROCESSING: (),
    PaymentStatus.FAILED: tuple(OrderStatus),
    PaymentStatus.COMPLETED: _ENDED,
    PaymentStatus.REFUNDED: (OrderStatus.CANCELLED,),
    PaymentStatus.CHARGED_BACK: (OrderStatus.CANCELLED,),
}


async def orders_of(shop: Running) -> list[Order]:
    """All that the demo data has not brought."""
    async with shop.context().storage.read() as session:
        return [row for row in await session.scalars(select(Order)) if row.id not in _DEMO]


async def is_settled(saga: Saga) -> bool:
    """Whether nothing is on its way any more, between the subgraphs or to the provider."""
    kinds = (Payment, OrderCopy, Charge, Refund, SimulatedCharge)
    # What was read at two moments would not fit together.
    async with saga.till.context().storage.read() as session:
        await see_one_moment(session)
        payments, copies, charges, refunds, taken = [
            list(await session.scalars(select(kind))) for kind in kinds
        ]
    believed = sum(one.charged_back for one in payments), sum(one.refunded for one in payments)
    at_provider = sum(one.disputed for one in taken), sum(one.refunded for one in taken)
    if (
        charges
        or believed != at_provider
        or any(one.status is RefundStatus.PENDING for one in refunds)
        or any(_is_to_be_taken_back(one) for one in taken)
    ):
        return False
    known = {copy.id: copy.status.value for copy in copies}
    orders = {order.id: order for order in await orders_of(saga.shop)}
    if any(known.get(id) != order.status.value for id, order in orders.items()):
        return False
    return all(orders[one.order_id].status in _GOES_WITH[one.status] for one in payments)


async def see_one_moment(session: AsyncSession) -> None:
    """Let the transaction read all as it was at its beginning, which SQLite does anyway."""
    if session.get_bind().dialect.name == "postgresql":
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _is_to_be_taken_back(charge: SimulatedCharge) -> bool:
    """Some banks take the money back a moment later, by themselves."""
    is_open = charge.disputed_at is None and charge.refunded < charge.amount
    return charge.behaviour == Behaviour.CHARGEBACK and is_open


async def settle(saga: Saga, seconds: float = 30) -> None:
    """Wait until all that was started has ended, without the pauses between tries."""
    async with asyncio.timeout(seconds):
        while not await is_settled(saga):
            await make_due(saga.till)
            await asyncio.sleep(0.05)


async def check_books(saga: Saga) -> None:
    """Each confirmed order is paid by its payment, in full, each cancelled one is not paid; nothing
    else was taken, and what is not in stock belongs to orders that are not cancelled."""
    payments = {one.id: one for one in await payment_rows(saga.till, Payment)}
    kept = Counter[object]()
    for one in payments.values():
        if one.completed_at is not None:
            kept[one.order_id] += one.amount - one.refunded - one.charged_back
    orders = await orders_of(saga.shop)
    for order in orders:
        is_paid = order.status is OrderStatus.CONFIRMED
        theirs = [one for one in payments.values() if one.order_id == order.id]
        assert kept[order.id] == (order.total if is_paid else 0), (order, theirs)
        if is_paid:
            assert order.payment_id is not None
            assert payments[order.payment_id].order_id == order.id
    at_provider, believed = await books(saga.till)
    income = sum((o.total for o in orders if o.status is OrderStatus.CONFIRMED), Decimal(0))
    assert (at_provider, believed) == (income, income)
    await _check_stock(saga.shop, orders)
    for part in (saga.shop, saga.till):
        await _check_events(part)


async def _check_stock(shop: Running, orders: list[Order]) -> None:
    there = {product.id: product.stock for product in demo_products()}
    reserved = Counter[object]()
    open_ones = {order.id for order in orders if order.status is not OrderStatus.CANCELLED}
    async with shop.context().storage.read() as session:
        for row in await session.scalars(select(OrderItem)):
            if row.order_id in open_ones:
                reserved[row.product_id] += row.quantity
        for product in await session.scalars(select(Product)):
            if product.stock is not None:
                assert product.stock + reserved[product.id] == there[product.id], product.name


async def _check_events(part: Running) -> None:
    """No state was announced twice, and no event was parked."""
    storage = part.context().storage
    outbox, inbox = outbox_of(storage.metadata), storage.metadata.tables["inbox"]
    async with storage.read() as session:
        found = list(
            await session.execute(select_rows(outbox.c.topic, outbox.c.key, outbox.c.payload))
        )
        parked = list(
            await session.execute(select_rows(inbox.c.error).where(inbox.c.error.is_not(None)))
        )
    announced = Counter((topic, key, payload["version"]) for topic, key, payload in found)
    assert set(announced.values()) <= {1}
    assert parked == []
