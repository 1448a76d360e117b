"""The payments of the shop."""

import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

from tests.conformance.rest.asking import Ask, Case, changed
from tests.conformance.rest.cases.commerce_orders import new_order
from tests.conformance.rest.world import World
from trellis.db.seed.world import demo_id

_PAYMENTS = "/commerce/api/payments"
_INVALID = (422, None)
_TOTAL = 75.48  # of the basket
_SECONDS = 20.0
_CARD = {
    "type": "credit_card",
    "cardNumber": "4111111111111111",
    "expiryMonth": "12",
    "expiryYear": "2030",
    "cvv": "123",
}


def payment(world: World) -> Ask:
    return Ask(
        token=world.token("alan"),
        body={
            "orderId": new_order(world),
            "userId": world.person_id("alan"),
            "amount": _TOTAL,
            "currency": "USD",
            "paymentMethod": _CARD,
        },
    )


def by_card(number: str) -> Any:
    return changed(payment, paymentMethod={**_CARD, "cardNumber": number})


def of_paid_order(world: World) -> Ask:
    return changed(payment, orderId=str(demo_id("order", "alan-1")))(world)


def is_processing(_world: World, ask: Ask, response: httpx.Response) -> list[str]:
    made, text = response.json(), response.text
    told = made["status"], made["amount"], made["currency"], made["orderId"]
    wrong = [] if told == ("processing", _TOTAL, "USD", ask.body["orderId"]) else [f"{told}"]
    return [*wrong, *(f"{name} is shown" for name in ("4111", "cvv") if name in text)]


def completed(world: World) -> Ask:
    ask = payment(world)
    made = ask.send(world, "POST", _PAYMENTS).json()
    asked = Ask(token=ask.token, path={"payment_id": made["id"]})
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        found = asked.send(world, "GET", _PAYMENTS + "/{payment_id}").json()
        if found["status"] == "completed":
            return asked
        time.sleep(0.1)
    raise AssertionError("the payment was not completed")


def is_completed(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    found = response.json()
    return [] if found["status"] == "completed" else [f"status: {found['status']}"]


def refund(world: World) -> Ask:
    ask = completed(world)
    body = {"amount": _TOTAL, "reason": "Order cancelled"}
    return Ask(token=ask.token, path=ask.path, body=body)


def refunded_already(world: World) -> Ask:
    ask = refund(world)
    ask.send(world, "POST", _PAYMENTS + "/{payment_id}/refund")
    return ask


def is_refunded(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    found = response.json()
    told = found["status"], found["refundedAmount"]
    return [] if told == ("refunded", _TOTAL) else [f"status, refundedAmount: {told}"]


def payments(world: World) -> Ask:
    return Ask(
        token=world.token("katherine"),
        path={"user_id": world.person_id("katherine")},
        query={"limit": 1, "offset": 1},
    )


def is_the_older_one(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    ids = [payment["id"] for payment in response.json()]
    return [] if ids == [str(demo_id("payment", "katherine-1"))] else [f"ids: {ids}"]


def payments_of_colleague(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"user_id": world.person_id("grace")})


COMMERCE_PAYMENTS: Mapping[str, Case] = {
    "S2-payments-create": Case(
        payment,
        {
            (400, "PAY_001"): by_card("4111111111111112"),
            (400, "PAY_002"): by_card("4000000000009995"),
            (409, "PAY_003"): of_paid_order,
            _INVALID: changed(payment, orderId=str(uuid4()), amount=None),
        },
        is_processing,
        unprovoked={(503, None): "test_outages.py lets each subgraph fail on every route"},
    ),
    "S2-payments-get": Case(completed, check=is_completed),
    "S2-payments-refund": Case(refund, {(409, "PAY_004"): refunded_already}, is_refunded),
    "S2-payments-by-user": Case(payments, {(403, None): payments_of_colleague}, is_the_older_one),
}
