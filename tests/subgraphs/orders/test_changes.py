"""How orders go on: pending, confirmed by their payment, cancelled for good."""

from typing import Any
from uuid import uuid4

import pytest

from tests.subgraphs.orders.asking import (
    ADA,
    ALAN,
    CANCEL,
    GRACE,
    MUG,
    SET_STATUS,
    cancel,
    charged_back,
    codes,
    completed,
    create,
    events,
    get,
    item,
    refunded,
    stock,
    take,
    topics,
)
from tests.support.subgraphs import Running
from trellis.subgraphs.orders.errors import StrayPayment


async def in_state(shop: Running, status: str) -> dict[str, Any]:
    """An order of two mugs, paid by the payment that it names."""
    made = await create(shop, item(MUG, 2))
    if status in ("CONFIRMED", "REFUNDED"):
        await take(shop, completed(made))
    if status in ("CANCELLED", "REFUNDED"):
        await cancel(shop, made["id"])
    return await get(shop, made["id"])


async def test_a_completed_payment_confirms_its_order(shop: Running):
    made, payment = await create(shop, item(MUG, 2)), uuid4()
    await take(shop, completed(made, payment))

    paid = await get(shop, made["id"])
    assert (paid["status"], paid["paymentId"], paid["version"]) == ("CONFIRMED", str(payment), 2)
    assert paid["confirmedAt"] is not None
    last = (await events(shop, made["id"]))[-1]
    assert last.topic == "order.confirmed"
    state = last.payload["state"]
    assert (state["status"], state["payment_id"]) == ("confirmed", str(payment))
    assert [one["product_id"] for one in state["items"]] == [MUG]
    assert await stock(shop) == 38


async def test_a_payment_that_is_announced_again_changes_nothing(shop: Running):
    made, payment = await create(shop), uuid4()
    await take(shop, completed(made, payment), completed(made, payment))
    assert await topics(shop, made["id"]) == ["order.created", "order.confirmed"]


async def test_a_payment_of_a_cancelled_order_changes_nothing(shop: Running):
    """Payments refund it when they read that the order is cancelled."""
    made = await in_state(shop, "CANCELLED")
    await take(shop, completed(made))
    assert await topics(shop, made["id"]) == ["order.created", "order.cancelled"]


@pytest.mark.parametrize("wrong", [{"amount": 1}, {"currency": "EUR"}, {"order_id": uuid4()}])
async def test_a_payment_that_fits_no_order_is_parked(shop: Running, wrong: dict[str, Any]):
    made = await create(shop)
    with pytest.raises(StrayPayment):
        await take(shop, completed(made, **wrong))
    assert await topics(shop, made["id"]) == ["order.created"]


async def test_an_order_is_paid_once(shop: Running):
    made = await in_state(shop, "CONFIRMED")
    with pytest.raises(StrayPayment):
        await take(shop, completed(made))
    assert (await get(shop, made["id"]))["paymentId"] == made["paymentId"]


@pytest.mark.parametrize("status", ["PENDING", "CONFIRMED"])
async def test_an_open_order_is_cancelled_on_request(shop: Running, status: str):
    made = await in_state(shop, status)
    ended = await cancel(shop, made["id"])

    assert (ended["status"], ended["cancellationReason"]) == ("CANCELLED", "REQUESTED")
    assert ended["cancelledAt"] is not None
    assert ended["paymentId"] == made["paymentId"]
    last = (await events(shop, made["id"]))[-1]
    assert (last.topic, last.payload["reason"]) == ("order.cancelled", "requested")
    assert await stock(shop) == 40


async def test_the_owner_and_administrators_cancel_and_nobody_else(shop: Running):
    made = await create(shop)
    assert (await shop.refusal(CANCEL, GRACE, id=made["id"]))["code"] == "NOT_FOUND"
    assert (await shop.refusal(CANCEL, ALAN, id=str(uuid4())))["code"] == "NOT_FOUND"
    assert (await shop.refusal(CANCEL, ALAN, id="order-1"))["code"] == "NOT_FOUND"
    assert (await cancel(shop, made["id"], ADA))["status"] == "CANCELLED"


# What is requested in each state: the new status, or the code of the refusal. None is the payment
# that has confirmed the order.
OTHER = str(uuid4())


@pytest.mark.parametrize(
    ("status", "wanted", "payment", "told"),
    [
        ("PENDING", "CANCELLED", None, "CANCELLED"),
        ("PENDING", "CONFIRMED", OTHER, "BAD_USER_INPUT"),
        ("PENDING", "PENDING", None, "BAD_USER_INPUT"),
        ("CONFIRMED", "CANCELLED", None, "CANCELLED"),
        ("CONFIRMED", "CONFIRMED", None, "CONFIRMED"),
        ("CONFIRMED", "CONFIRMED", OTHER, "CONFLICT"),
        ("CONFIRMED", "PENDING", None, "BAD_USER_INPUT"),
        ("CANCELLED", "CANCELLED", None, "CONFLICT"),
        ("CANCELLED", "CONFIRMED", OTHER, "CONFLICT"),
        ("CANCELLED", "PENDING", None, "BAD_USER_INPUT"),
        ("REFUNDED", "CONFIRMED", None, "CONFLICT"),
        ("REFUNDED", "CANCELLED", None, "CONFLICT"),
    ],
    ids=lambda value: "another payment" if value == OTHER else str(value),
)
async def test_a_status_is_set_as_the_state_allows(
    shop: Running, status: str, wanted: str, payment: str | None, told: str
):
    made = await in_state(shop, status)
    announced = len(await events(shop))
    given = {"id": made["id"], "s": wanted, "p": payment or made["paymentId"]}

    if told in ("CANCELLED", "CONFIRMED"):
        found = (await shop.ask(SET_STATUS, ALAN, **given))["updateOrderStatus"]["order"]
        assert found["status"] == told
    else:
        assert (await shop.refusal(SET_STATUS, ALAN, **given))["code"] == told
    is_changed = told == "CANCELLED"
    assert len(await events(shop)) == announced + is_changed
    assert (await get(shop, made["id"]))["status"] == (told if is_changed else made["status"])


async def test_an_order_is_not_confirmed_without_a_payment(shop: Running):
    made = await create(shop)
    for given, problem in (
        ({}, "REQUIRED_FIELD_MISSING"),
        ({"p": "pay-456"}, "INVALID_FORMAT"),
        ({"p": str(uuid4())}, "INVALID_FORMAT"),
    ):
        for who in (ALAN, ADA):
            refusal = await shop.refusal(SET_STATUS, who, id=made["id"], s="CONFIRMED", **given)
            assert codes(refusal) == [("paymentId", problem)]
    assert (await get(shop, made["id"]))["status"] == "PENDING"


async def test_an_order_whose_money_went_back_is_cancelled(shop: Running):
    for end, reason in (
        (lambda made, id: refunded(made, id, made["total"]), "REFUNDED"),
        (charged_back, "CHARGED_BACK"),
    ):
        made, payment = await create(shop, item(MUG, 2)), uuid4()
        await take(shop, completed(made, payment))
        await take(shop, end(made, payment), end(made, payment))
        ended = await get(shop, made["id"])
        assert (ended["status"], ended["cancellationReason"]) == ("CANCELLED", reason)
        assert await stock(shop) == 40


async def test_a_partial_refund_leaves_the_order_confirmed(shop: Running):
    made, payment = await create(shop, item(MUG, 2)), uuid4()
    await take(shop, completed(made, payment), refunded(made, payment, "29.99"))
    assert (await get(shop, made["id"]))["status"] == "CONFIRMED"


async def test_the_refund_of_a_cancelled_order_changes_nothing(shop: Running):
    made, payment = await create(shop), uuid4()
    await take(shop, completed(made, payment))
    ended = await cancel(shop, made["id"])
    await take(shop, refunded(made, payment, made["total"]))
    assert await get(shop, made["id"]) == ended
