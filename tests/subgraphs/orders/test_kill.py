"""kill -9 at any moment: each order that was acknowledged is there once, with each of its events
once and its items reserved once, and a client that tries again gets the same order."""

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from tests.subgraphs.orders.asking import BESIDE, CARDS, CREATE, MUG, RULER, stock
from tests.subgraphs.orders.busy_process import STOCK, basket
from tests.subgraphs.orders.payment_log import PaymentLog
from tests.subgraphs.orders.quiet import make_quiet
from tests.support.killing import told_until_killed
from tests.support.subgraphs import Running, caller, running
from tests.support.templates import emptied
from trellis.db.bus import MemoryBus
from trellis.db.outbox import outbox_of
from trellis.db.seed.shop import demo_orders
from trellis.db.settings import DataSettings
from trellis.subgraphs.orders.models import Order, OrderItem, OrderStatus

BUSY = "tests.subgraphs.orders.busy_process"
_ACKNOWLEDGED = 20
DEMO = {order.id for order in demo_orders()}


async def rows(shop: Running, entity: type[Any]) -> list[Any]:
    async with shop.context().storage.read() as session:
        return list(await session.scalars(select(entity)))


async def announced(shop: Running) -> Counter[tuple[str, int]]:
    """How often each version of each order was announced."""
    storage = shop.context().storage
    outbox = outbox_of(storage.metadata)
    async with storage.read() as session:
        found = await session.execute(select(outbox.c.key, outbox.c.payload))
        return Counter((key, payload["version"]) for key, payload in found)


@pytest.mark.parametrize(
    "rounds", [2, pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(3_600)])]
)
async def test_no_acknowledged_order_is_lost_or_doubled_by_kill_9(
    data_settings: DataSettings, tmp_path: Path, rounds: int
):
    moments, told = random.Random(15), list[dict[str, Any]]()
    data = await emptied(data_settings, tmp_path)
    for number in range(rounds):
        told += await told_until_killed(
            BUSY, data, number, lines=_ACKNOWLEDGED, seconds=moments.uniform(0, 0.4)
        )

    bus, log = MemoryBus(), PaymentLog(tmp_path / "payments.jsonl")
    await bus.connect()
    bus.attach("payments", log)
    absent = [name for name in BESIDE if name != "payments"]
    async with running(make_quiet, data, absent, bus=bus, fresh=False) as shop:
        await shop.context().storage.catch_up("payments", timeout=30)
        orders = {str(row.id): row for row in await rows(shop, Order) if row.id not in DEMO}
        items = [row for row in await rows(shop, OrderItem) if row.order_id not in DEMO]

        acknowledged = {(one["who"], one["key"]): one["id"] for one in told if "id" in one}
        assert len(acknowledged) > rounds * 5
        assert set(acknowledged.values()) <= set(orders)
        made = Counter((row.user_id, row.request_key) for row in orders.values())
        assert set(made.values()) == {1}

        await check_ledger(shop, orders, items)
        assert await announced(shop) == Counter(
            (id, version) for id, row in orders.items() for version in range(1, row.version + 1)
        )
        check_payments(orders, log)
        # Only now, since it makes the orders that were never made.
        for (who, key), id in list(acknowledged.items())[-10:]:
            given = {"items": basket(), "idempotencyKey": key}
            again = await shop.ask(CREATE, caller(who), i=given)
            assert again["createOrder"]["order"]["id"] == id
    await bus.close()


async def check_ledger(shop: Running, orders: dict[str, Any], items: list[OrderItem]) -> None:
    """What is in stock and what open orders have is what there was."""
    reserved = Counter[str]()
    for row in items:
        if orders[str(row.order_id)].status is not OrderStatus.CANCELLED:
            reserved[str(row.product_id)] += row.quantity
    for product in (MUG, RULER, CARDS):
        assert (await stock(shop, product) or 0) + reserved[product] == STOCK


def check_payments(orders: dict[str, Any], log: PaymentLog) -> None:
    """Each payment has confirmed its order, unless it was cancelled before: and nothing else has
    confirmed one."""
    paid = {str(event.order_id): event.payment_id for event in log.completed()}
    for id, row in orders.items():
        if row.status is OrderStatus.PENDING:
            assert id not in paid
        elif row.status is OrderStatus.CONFIRMED:
            assert row.payment_id == paid[id]
    assert OrderStatus.CONFIRMED in {row.status for row in orders.values()}
