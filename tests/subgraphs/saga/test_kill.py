"""kill -9 of orders and payments at any moment: nothing that was acknowledged is lost, and in the
end each order is paid and confirmed or cancelled and not paid."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.subgraphs.payments.asking import rows
from tests.subgraphs.saga.books import check_books, orders_of, settle
from tests.subgraphs.saga.trading_process import EXPIRES_AFTER
from tests.subgraphs.saga.world import saga_in
from tests.support.killing import told_until_killed
from tests.support.templates import emptied
from trellis.db.settings import DataSettings
from trellis.subgraphs.orders.models import OrderStatus
from trellis.subgraphs.payments.models import Payment

TRADING = "tests.subgraphs.saga.trading_process"
_ACKNOWLEDGED = 15


@pytest.mark.parametrize(
    "rounds", [3, pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(3_600)])]
)
async def test_money_in_equals_money_out_whenever_the_platform_is_killed(
    data_settings: DataSettings, tmp_path: Path, rounds: int
):
    moments, told = random.Random(150), list[dict[str, str]]()
    data = await emptied(data_settings, tmp_path)
    for number in range(rounds):
        told += await told_until_killed(
            TRADING, data, number, lines=_ACKNOWLEDGED, seconds=moments.uniform(0, 1.0)
        )

    async with saga_in(data, expires_after=EXPIRES_AFTER) as saga:
        patience = 60 + 10 * rounds
        async with asyncio.timeout(patience):
            while any(one.status is OrderStatus.PENDING for one in await orders_of(saga.shop)):
                await settle(saga, patience)
                await asyncio.sleep(0.1)
        await settle(saga, patience)

        there = {
            "order": {str(one.id) for one in await orders_of(saga.shop)},
            "payment": {str(one.id) for one in await rows(saga.till, Payment)},
        }
        assert len(told) >= rounds * _ACKNOWLEDGED
        lost = [line for line in told for kind, id in line.items() if id not in there[kind]]
        assert lost == []
        await check_books(saga)
        ends = {one.status for one in await orders_of(saga.shop)}
        assert ends <= {OrderStatus.CONFIRMED, OrderStatus.CANCELLED}
        assert len(ends) == 2
