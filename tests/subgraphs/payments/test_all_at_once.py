"""Everything that can be done about an order at the same time: money in equals money out."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from tests.subgraphs.payments.asking import (
    ADA,
    ALAN,
    PAY,
    REFUND,
    books,
    make_due,
    method,
    order,
    order_status,
    provider,
    read,
    rows,
    tell_of_order,
    work,
)
from tests.support.subgraphs import Running
from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.schema.errors import Unavailable
from trellis.subgraphs.payments.models import Payment, PaymentStatus, Refund, RefundStatus
from trellis.subgraphs.payments.providers.base import RefundAnswer, RefundDeclined, RefundRequest
from trellis.subgraphs.payments.providers.simulated import DELAY, SimulatedProvider

CARDS = ("visa", "timeout", "duplicate", "chargeback", "nofundslater")


class Unsteady(SimulatedProvider):
    """Declines about every third refund, by a chance that repeats."""

    def __init__(self, storage: Storage, chance: random.Random) -> None:
        super().__init__(storage)
        self._chance = chance

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        if self._chance.random() < 0.3:
            return RefundDeclined("not at the moment")
        return await super().refund(request)


async def once_more_while_busy(step: Callable[[], Awaitable[Any]]) -> None:
    """As jobs and readers of events do it."""
    for _ in range(20):
        with suppress(Unavailable):
            await step()
            return
    raise AssertionError("the database stayed busy")


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_at_once_no_money_is_lost_or_made(payments: Running, seed: int):
    chance = random.Random(seed)
    storage = payments.context().storage
    later = provider(payments, clock=lambda: utc_now() + DELAY)
    for card in CARDS:
        placed = await order(payments, total="10.00")
        given = {"orderId": placed, "paymentMethod": method(card)}
        started = await asyncio.gather(*(payments.answer(PAY, ALAN, i=given) for _ in range(3)))
        [id] = [
            answer.data["processPayment"]["payment"]["id"]
            for answer in started
            if not answer.errors and answer.data
        ]
        cancelled = partial(tell_of_order, status="cancelled", version=2, total="10.00")
        steps: list[Callable[[], Awaitable[Any]]] = [
            partial(work, payments, Unsteady(storage, chance)),
            partial(payments.answer, REFUND, ADA, id=id, i={"amount": "3.00"}),
            partial(payments.answer, REFUND, ADA, id=id, i={"amount": "8.00"}),
            partial(payments.answer, REFUND, ALAN, id=id, i={}),
            partial(cancelled, payments, placed),
            partial(work, payments, later),
            partial(work, payments, Unsteady(storage, chance)),
        ]
        chance.shuffle(steps)
        await asyncio.gather(*(once_more_while_busy(step) for step in steps))
        for _ in range(6):
            await make_due(payments)
            await work(payments, later)
        assert await order_status(payments, placed) == "cancelled"
        found = await read(payments, id)
        assert found["status"] in {"FAILED", "REFUNDED", "CHARGED_BACK"}, (card, found)
    assert await books(payments) == (Decimal(0), Decimal(0))
    for payment in await rows(payments, Payment):
        assert payment.status is not PaymentStatus.PROCESSING
        assert payment.refund_reserved == payment.refunded
    assert all(one.status is not RefundStatus.PENDING for one in await rows(payments, Refund))
