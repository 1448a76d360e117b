"""An order and its payment end in a legal state whatever step fails: confirmed and paid, or
cancelled and not paid."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.subgraphs.orders.asking import MUG, RULER, item
from tests.subgraphs.payments.asking import ADA, refund
from tests.subgraphs.saga.books import check_books, settle
from tests.subgraphs.saga.world import Saga, saga_in
from tests.support.templates import emptied
from trellis.db.models import utc_now
from trellis.db.settings import DataSettings
from trellis.subgraphs.orders.models import PAID_WITHIN
from trellis.subgraphs.orders.use_cases.upkeep import expire_orders

CONFIRMED, ON_REQUEST = ("CONFIRMED", None), ("CANCELLED", "REQUESTED")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def saga(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Saga]:
    folder = tmp_path_factory.mktemp("shared")
    on_server = request.param == "postgresql"
    url = request.getfixturevalue("postgres_url") if on_server else None
    async with saga_in(await emptied(DataSettings(database_url=url), folder)) as world:
        yield world


def started(answer: Any) -> str:
    """The id of the payment."""
    assert not answer.errors, answer.errors
    return answer.data["processPayment"]["payment"]["id"]


@pytest.mark.parametrize(
    "failures",
    [
        [],
        ["before charge"],
        ["after charge"],
        ["before charge", "after charge"],
    ],
    ids=lambda value: ", ".join(value) or "nothing fails",
)
@pytest.mark.parametrize("card", ["visa", "delay", "timeout", "duplicate"])
async def test_a_paid_order_is_confirmed_whatever_the_provider_does(
    saga: Saga, card: str, failures: Sequence[str]
):
    saga.failures[:] = failures
    made = await saga.order(item(MUG))
    started(await saga.pay(made["id"], card))
    await settle(saga)
    assert (await saga.state(made["id"]), saga.failures) == (CONFIRMED, [])
    await check_books(saga)


@pytest.mark.parametrize("failures", [[], ["before refund"], ["after refund"]], ids=str)
async def test_a_confirmed_order_that_is_cancelled_is_refunded(saga: Saga, failures: Sequence[str]):
    made = await saga.order(item(MUG))
    started(await saga.pay(made["id"]))
    await settle(saga)
    saga.failures[:] = failures
    assert not (await saga.cancel(made["id"])).errors
    await settle(saga)
    assert (await saga.state(made["id"]), saga.failures) == (ON_REQUEST, [])
    await check_books(saga)


@pytest.mark.parametrize("failures", [[], ["before refund"], ["after refund"]], ids=str)
async def test_an_order_that_is_refunded_in_full_is_cancelled(saga: Saga, failures: Sequence[str]):
    made = await saga.order(item(RULER))
    payment = started(await saga.pay(made["id"]))
    await settle(saga)
    saga.failures[:] = failures
    await refund(saga.till, payment, ADA, amount="4.00")
    await settle(saga)
    assert await saga.state(made["id"]) == CONFIRMED
    await refund(saga.till, payment, ADA, amount="60.00")
    await settle(saga)
    assert await saga.state(made["id"]) == ("CANCELLED", "REFUNDED")
    assert saga.failures == []
    await check_books(saga)


@pytest.mark.parametrize("failures", [[], ["before charge"], ["after charge"]], ids=str)
@pytest.mark.parametrize("card", ["visa", "delay", "timeout"])
async def test_an_order_that_is_cancelled_while_it_is_paid_costs_nothing(
    saga: Saga, card: str, failures: Sequence[str]
):
    saga.failures[:] = failures
    made = await saga.order(item(MUG))
    started(await saga.pay(made["id"], card))
    assert not (await saga.cancel(made["id"])).errors
    await settle(saga)
    assert await saga.state(made["id"]) == ON_REQUEST
    await check_books(saga)
    saga.failures.clear()


async def test_whose_payment_fails_pays_with_another_card(saga: Saga):
    made = await saga.order(item(MUG))
    started(await saga.pay(made["id"], "nofundslater"))
    await settle(saga)
    assert await saga.state(made["id"]) == ("PENDING", None)
    [refused] = (await saga.pay(made["id"], "declined")).errors
    assert refused.extensions["code"] == "BAD_USER_INPUT"
    started(await saga.pay(made["id"]))
    await settle(saga)
    assert await saga.state(made["id"]) == CONFIRMED
    await check_books(saga)


async def test_an_order_whose_bank_takes_the_money_back_is_cancelled(saga: Saga):
    made = await saga.order(item(MUG))
    started(await saga.pay(made["id"], "chargeback"))
    await settle(saga)
    assert await saga.state(made["id"]) == ("CANCELLED", "CHARGED_BACK")
    await check_books(saga)


async def test_each_subgraph_may_stop_before_it_hears_of_the_other(saga: Saga):
    """Orders before the payment completes, payments before the order is cancelled."""
    first, second = await saga.order(item(MUG)), await saga.order(item(RULER))
    started(await saga.pay(first["id"], "delay"))
    started(await saga.pay(second["id"]))
    await saga.stop("orders")
    await saga.stop("payments")
    await saga.start("payments")
    await saga.start("orders")
    await settle(saga)
    assert [await saga.state(one["id"]) for one in (first, second)] == [CONFIRMED, CONFIRMED]
    await saga.stop("payments")
    assert not (await saga.cancel(first["id"])).errors
    await saga.start("payments")
    await settle(saga)
    assert await saga.state(first["id"]) == ON_REQUEST
    await check_books(saga)


async def _expired_while_paid(saga: Saga) -> str:
    """The id of an order that expires after its payment has begun."""
    for _ in range(10):  # the provider may be faster
        made = await saga.order(item(MUG, 3))
        answer = await saga.pay(made["id"], "delay")
        await expire_orders(saga.shop.context().storage, now=utc_now() + PAID_WITHIN)
        if not answer.errors and await saga.state(made["id"]) == ("CANCELLED", "EXPIRED"):
            return made["id"]
    raise AssertionError("each was paid at once")


async def test_a_payment_that_comes_too_late_is_refunded(
    data_settings: DataSettings, tmp_path: Path
):
    data = await emptied(data_settings, tmp_path)
    async with saga_in(data) as saga:
        id = await _expired_while_paid(saga)
        await settle(saga)
        assert await saga.state(id) == ("CANCELLED", "EXPIRED")
        await check_books(saga)
