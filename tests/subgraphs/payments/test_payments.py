"""Payments: one per order, charged once, by the order's own total."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.subgraphs.payments.asking import (
    ADA,
    ALAN,
    GRACE,
    PAY,
    READ,
    books,
    events,
    make_due,
    method,
    order,
    order_status,
    pay,
    provider,
    read,
    rows,
    tell_of_order,
    topics,
    work,
)
from tests.support.subgraphs import Running
from trellis.db.models import utc_now
from trellis.subgraphs.payments.models import Charge, Payment, SimulatedCharge
from trellis.subgraphs.payments.providers.base import ChargeRequest, ProviderUnavailable
from trellis.subgraphs.payments.providers.simulated import DELAY, SimulatedProvider
from trellis.subgraphs.payments.use_cases import charges


async def test_a_payment_is_processing_first_and_completes_later(payments: Running):
    placed = await order(payments)
    started = await pay(payments, placed, userId=str(ALAN.id), amount="75.48", currency="USD")
    assert started["status"] == "PROCESSING"
    assert (started["amount"], started["currency"]) == ("75.48", "USD")
    assert started["order"] == {"id": placed} and started["user"] == {"id": str(ALAN.id)}
    assert started["card"] == {
        "brand": "visa",
        "lastFour": "4242",
        "expiryMonth": 12,
        "expiryYear": utc_now().year + 1,
    }
    assert started["transactionId"] is None and started["completedAt"] is None

    await work(payments)
    done = await read(payments, started["id"], ALAN)
    assert done["status"] == "COMPLETED" and done["version"] == started["version"] + 1
    assert done["transactionId"].startswith("txn_") and done["completedAt"] is not None
    [begun, completed] = await events(payments)
    assert (begun.topic, completed.topic) == ("payment.started", "payment.completed")
    assert completed.payload["transaction_id"] == done["transactionId"]
    assert completed.payload["order_id"] == placed and completed.payload["amount"] == "75.48"
    assert await rows(payments, Charge) == []


OUTCOMES = {
    "visa2": ("COMPLETED", None),
    "mastercard": ("COMPLETED", None),
    "amex": ("COMPLETED", None),
    "duplicate": ("COMPLETED", None),
    "chargeback": ("COMPLETED", None),
    "nofundslater": ("FAILED", "INSUFFICIENT_FUNDS"),
    "delay": ("PROCESSING", None),
    "timeout": ("PROCESSING", None),
}


async def test_what_becomes_of_each_test_card(payments: Running):
    started = {card: await pay(payments, await order(payments), card) for card in OUTCOMES}
    await work(payments)
    for card, outcome in OUTCOMES.items():
        found = await read(payments, started[card]["id"])
        assert (found["status"], found["failureCode"]) == outcome
        assert (found["failedAt"] is not None) == (found["status"] == "FAILED")
    charged = {charge.key for charge in await rows(payments, SimulatedCharge)}
    assert charged == {
        f"payment-{started[card]['id']}" for card in OUTCOMES if card != "nofundslater"
    }


async def test_a_lost_answer_is_requested_again_and_charged_once(payments: Running):
    started = await pay(payments, await order(payments), "timeout")
    await work(payments)
    await work(payments)  # it pauses
    [charge] = await rows(payments, SimulatedCharge)
    assert charge.requests == 1
    await make_due(payments)
    await work(payments)
    [charge] = await rows(payments, SimulatedCharge)
    assert charge.requests == 2
    assert (await read(payments, started["id"]))["transactionId"] == charge.transaction_id


async def test_a_slow_charge_completes_when_the_provider_knows(payments: Running):
    started = await pay(payments, await order(payments), "delay")
    await work(payments)
    await make_due(payments)
    late = provider(payments, clock=lambda: utc_now() + DELAY)
    await work(payments, late)
    assert (await read(payments, started["id"]))["status"] == "COMPLETED"
    assert await topics(payments) == ["payment.started", "payment.completed"]


async def test_a_card_that_is_known_to_fail_is_refused_at_once(payments: Running):
    placed = await order(payments)
    given = {"orderId": placed, "paymentMethod": method("nofunds")}
    refused = await payments.refusal(PAY, ALAN, i=given)
    assert refused["code"] == "BAD_USER_INPUT" and refused["reason"] == "INSUFFICIENT_FUNDS"
    given = {"orderId": placed, "paymentMethod": method("declined")}
    assert (await payments.refusal(PAY, ALAN, i=given))["reason"] == "INVALID_PAYMENT_METHOD"
    assert await rows(payments, Payment) == [] and await events(payments) == []


INVALID_METHODS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"cardNumber": "4242424242424241"}, "cardNumber"),
    ({"cardNumber": "4242"}, "cardNumber"),
    ({"cardNumber": None}, "cardNumber"),
    ({"cardNumber": "６011111111111117"}, "cardNumber"),
    ({"cardNumber": "6011111111111117"}, "cardNumber"),  # no test card
    ({"cardNumber": {"not": "a text"}}, "cardNumber"),
    ({"cvv": "12"}, "cvv"),
    ({"cvv": None}, "cvv"),
    ({"cvv": "12a"}, "cvv"),
    ({"expiryMonth": "13"}, "expiryMonth"),
    ({"expiryMonth": None}, "expiryMonth"),
    ({"expiryYear": "2020"}, "expiryYear"),
    ({"expiryYear": "9999"}, "expiryYear"),
    ({"token": "sim_visa_1"}, "token"),
    ({"cardNumber": None, "cvv": None, "token": "tok_of_others"}, "token"),
)


async def test_an_invalid_payment_method_is_refused(payments: Running):
    for members, field in INVALID_METHODS:
        given = {"orderId": str(uuid4()), "paymentMethod": method(**members)}
        refused = await payments.refusal(PAY, ALAN, i=given)
        assert refused["reason"] == "INVALID_PAYMENT_METHOD"
        assert [problem["field"] for problem in refused["fields"]] == [f"paymentMethod.{field}"]
    assert await rows(payments, Payment) == []


async def test_spaces_two_digit_years_and_numbers_are_accepted(payments: Running):
    year = str(utc_now().year + 1)[2:]
    card = method(cardNumber="4242 4242 4242 4242", expiryMonth="1", expiryYear=year, cvv=737)
    started = await pay(payments, await order(payments), paymentMethod=card)
    assert started["card"]["expiryYear"] == utc_now().year + 1


async def test_a_token_stands_for_a_card(payments: Running):
    by_token = {"type": "CREDIT_CARD", "token": "sim_mastercard_1"}
    started = await pay(payments, await order(payments), paymentMethod=by_token)
    assert started["card"]["brand"] == "mastercard" and started["card"]["lastFour"] == "4444"
    await work(payments)
    assert (await read(payments, started["id"]))["status"] == "COMPLETED"


WRONG_BELIEFS: tuple[tuple[dict[str, str], str], ...] = (
    ({"amount": "75.47"}, "amount"),
    ({"amount": "0"}, "amount"),
    ({"amount": "-75.48"}, "amount"),
    ({"amount": "75.481"}, "amount"),
    ({"currency": "EUR"}, "currency"),
    ({"currency": "XXX"}, "currency"),
    ({"userId": str(GRACE.id)}, "userId"),
    ({"userId": "nobody"}, "userId"),
)


async def test_what_the_client_believes_must_be_so(payments: Running):
    placed = await order(payments)
    for members, field in WRONG_BELIEFS:
        given = {"orderId": placed, "paymentMethod": method()} | members
        refused = await payments.refusal(PAY, ALAN, i=given)
        assert refused["code"] == "BAD_USER_INPUT"
        assert [problem["field"] for problem in refused["fields"]] == [field]
    assert await rows(payments, Payment) == []


async def test_a_second_payment_is_refused_until_the_first_has_failed(payments: Running):
    placed = await order(payments)
    first = await pay(payments, placed, "nofundslater")
    again = {"orderId": placed, "paymentMethod": method()}
    refused = await payments.refusal(PAY, ALAN, i=again)
    assert (refused["code"], refused["reason"]) == ("CONFLICT", "ALREADY_PAID")
    assert refused["paymentId"] == first["id"]
    await work(payments)
    second = await pay(payments, placed)
    await work(payments)
    assert (await payments.refusal(PAY, ALAN, i=again))["paymentId"] == second["id"]


async def test_50_parallel_payers_of_one_order_pay_it_once(payments: Running):
    placed = await order(payments)
    given = {"orderId": placed, "paymentMethod": method()}
    answers = await asyncio.gather(
        *(payments.answer_of_many(PAY, ALAN, i=given) for _ in range(50))
    )
    outcomes = Counter(
        answer.errors[0].extensions["reason"] if answer.errors else "PAID" for answer in answers
    )
    assert outcomes == {"PAID": 1, "ALREADY_PAID": 49}
    await asyncio.gather(*(work(payments) for _ in range(10)))
    assert Counter(await topics(payments)) == {"payment.started": 1, "payment.completed": 1}
    [charge] = await rows(payments, SimulatedCharge)
    assert charge.requests == 1
    kept, believed = await books(payments)
    assert kept == believed == charge.amount


async def test_nobody_pays_for_others_or_what_is_not_there(payments: Running):
    placed = await order(payments)
    given = {"orderId": placed, "paymentMethod": method()}
    for who in (GRACE, ADA):  # Ada is an administrator
        assert (await payments.refusal(PAY, who, i=given))["code"] == "NOT_FOUND"
    unknown = given | {"orderId": str(uuid4())}
    assert (await payments.refusal(PAY, ALAN, i=unknown))["code"] == "NOT_FOUND"
    assert await rows(payments, Payment) == []


async def test_cancelled_confirmed_and_free_orders_cannot_be_paid(payments: Running):
    cancelled, confirmed, free = [await order(payments, total=t) for t in ("5.00", "6.00", "0")]
    await tell_of_order(payments, cancelled, status="cancelled", version=2, total="5.00")
    await tell_of_order(payments, confirmed, status="confirmed", version=2, total="6.00")

    async def refusal(id: str) -> tuple[str, str | None]:
        given = {"orderId": id, "paymentMethod": method()}
        refused = await payments.refusal(PAY, ALAN, i=given)
        return refused["code"], refused.get("reason") or refused.get("status")

    assert await refusal(cancelled) == ("CONFLICT", "cancelled")
    assert await refusal(confirmed) == ("CONFLICT", "ALREADY_PAID")
    assert await refusal(free) == ("CONFLICT", "pending")


async def test_late_and_repeated_news_of_an_order_change_nothing(payments: Running):
    placed = await order(payments)
    await tell_of_order(payments, placed, status="cancelled", version=3)
    await tell_of_order(payments, placed, status="pending", version=2)
    assert await order_status(payments, placed) == "cancelled"


async def test_an_order_that_is_cancelled_before_it_is_charged_is_not_charged(payments: Running):
    placed = await order(payments)
    started = await pay(payments, placed)
    await tell_of_order(payments, placed, status="cancelled", version=2)
    await work(payments)
    found = await read(payments, started["id"])
    assert (found["status"], found["failureCode"]) == ("FAILED", "ORDER_CANCELLED")
    assert await rows(payments, SimulatedCharge) == []


async def test_payments_are_shown_to_their_payer_and_to_administrators(payments: Running):
    started = await pay(payments, await order(payments))
    assert (await payments.ask(READ, GRACE, id=started["id"]))["payment"] is None
    for who in (ALAN, ADA):
        assert (await payments.ask(READ, who, id=started["id"]))["payment"] is not None
    assert (await payments.ask(READ, ALAN, id="no-id"))["payment"] is None


async def test_payments_of_orders_and_people(payments: Running):
    placed, failed = await order(payments), await order(payments)
    first = await pay(payments, failed, "nofundslater")
    await work(payments)
    second, third = await pay(payments, failed), await pay(payments, placed)

    orders = [{"__typename": "Order", "id": id} for id in (placed, failed)]
    wanted = "... on Order { payment { id } payments { totalCount edges { node { id } } } }"
    [of_placed, of_failed] = await payments.entities(ALAN, wanted, *orders)
    assert of_placed["payment"] == {"id": third["id"]}
    assert of_failed["payment"] == {"id": second["id"]}
    assert [edge["node"]["id"] for edge in of_failed["payments"]["edges"]] == [
        second["id"],
        first["id"],
    ]
    [hidden, _] = await payments.entities(GRACE, wanted, *orders)
    assert hidden == {"payment": None, "payments": {"totalCount": 0, "edges": []}}

    person = {"__typename": "User", "id": str(ALAN.id).upper()}
    wanted = "... on User { payments(first: 2, skip: 1) { totalCount edges { node { id } } } }"
    for who in (ALAN, ADA):
        [found] = await payments.entities(who, wanted, person)
        assert found["payments"]["totalCount"] == 3
        assert [edge["node"]["id"] for edge in found["payments"]["edges"]] == [
            second["id"],
            first["id"],
        ]
    query = f"query($r: [_Any!]!) {{ _entities(representations: $r) {{ {wanted} }} }}"
    assert (await payments.refusal(query, GRACE, r=[person]))["code"] == "FORBIDDEN"


async def test_the_dry_run_of_a_payment_reaches_no_provider(payments: Running):
    placed = await order(payments)
    given = {"orderId": placed, "paymentMethod": method()}
    assert (await payments.dry_run(PAY, ALAN, i=given))["code"] == "DRY_RUN"
    assert await rows(payments, Payment) == await rows(payments, Charge) == []


class Away(SimulatedProvider):
    """Takes no request at all."""

    async def charge(self, request: ChargeRequest) -> object:  # type: ignore[override]
        raise ProviderUnavailable("down")


class Broken(SimulatedProvider):
    async def charge(self, request: ChargeRequest) -> object:  # type: ignore[override]
        raise RuntimeError("a mistake")


@pytest.mark.parametrize("kind", [Away, Broken])
async def test_a_provider_that_fails_delays_a_payment_and_loses_none(
    payments: Running, kind: type[SimulatedProvider]
):
    started = await pay(payments, await order(payments))
    await work(payments, kind(payments.context().storage))
    assert (await read(payments, started["id"]))["status"] == "PROCESSING"
    [charge] = await rows(payments, Charge)
    assert charge.attempts == 1 and charge.due_at > utc_now()
    await make_due(payments)
    await work(payments)
    assert (await read(payments, started["id"]))["status"] == "COMPLETED"


async def test_two_workers_that_charge_at_the_same_time_charge_once(payments: Running):
    started = await pay(payments, await order(payments))
    storage, by = payments.context().storage, provider(payments)
    async with storage.begin() as uow:
        claimed = await charges.claim(uow, UUID(started["id"]), charges.LEASE)
    assert claimed is not None
    async with storage.begin() as uow:  # somebody else has it
        assert await charges.claim(uow, UUID(started["id"]), charges.LEASE) is None
    # Its lease ends while it still waits for the provider, and another one takes the charge.
    answers = [await by.charge(claimed.request)]
    await make_due(payments)
    await work(payments)
    async with storage.begin() as uow:
        await charges.settle(uow, UUID(started["id"]), answers[0])  # type: ignore[arg-type]
    assert Counter(await topics(payments))["payment.completed"] == 1
    assert len(await rows(payments, SimulatedCharge)) == 1
