"""To whom payments are delivered, and what is left of somebody whose account was deleted."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import pytest

from tests.subgraphs.payments.asking import (
    ALAN,
    GRACE,
    order,
    paid,
    pay,
    read,
    refund,
    rows,
    work,
)
from tests.support.leaving import user_deleted
from tests.support.shared import ROOT
from tests.support.subgraphs import Running
from trellis.schema.identity import Identity
from trellis.subgraphs.payments.models import Payment, Refund
from trellis.subgraphs.payments.providers.simulated import TEST_CARDS
from trellis.subgraphs.payments.use_cases import upkeep

LISTEN = """subscription($id: ID!, $after: String) {
  paymentUpdated(orderId: $id, after: $after) { id status refundedAmount eventCursor } }"""


async def updates(
    payments: Running, who: Identity, id: str, after: str | None = None
) -> AsyncGenerator[Any]:
    events = await payments.subgraph.schema.subscribe(
        LISTEN, variable_values={"id": id, "after": after}, context_value=payments.context(who)
    )
    async with aclosing(events) as stream:  # type: ignore[type-var]
        async for event in stream:
            yield event


async def test_each_step_of_a_payment_is_delivered_and_can_be_resumed(payments: Running):
    other, placed = await order(payments), await order(payments)
    await pay(payments, other)
    started = await pay(payments, placed)
    await work(payments)
    await refund(payments, started["id"])

    async with aclosing(updates(payments, ALAN, placed, "0")) as stream:
        found = [(await anext(stream)).data["paymentUpdated"] for _ in range(3)]
    assert {one["id"] for one in found} == {started["id"]}
    # As it is now, whatever it was at the time of the event.
    assert {(one["status"], one["refundedAmount"]) for one in found} == {("REFUNDED", "75.48")}
    async with aclosing(updates(payments, ALAN, placed, found[1]["eventCursor"])) as stream:
        last = (await anext(stream)).data["paymentUpdated"]
    assert last["eventCursor"] == found[2]["eventCursor"]


@pytest.mark.parametrize("who", [ALAN, GRACE], ids=["unknown order", "order of another"])
async def test_others_do_not_learn_that_there_is_such_an_order(payments: Running, who: Identity):
    placed = str(uuid4()) if who is ALAN else await order(payments)
    async with aclosing(updates(payments, who, placed)) as stream:
        answer = await anext(stream)
    assert answer.errors[0].extensions["code"] == "NOT_FOUND"


async def test_nothing_personal_is_left_of_somebody_whose_account_was_deleted(payments: Running):
    done = await paid(payments)
    await refund(payments, done["id"], reason="I moved to Wilmslow")
    gone = user_deleted(ALAN.id)
    async with payments.context().storage.begin() as uow:
        await upkeep.forget_person(uow, gone)
    [payment], [back] = await rows(payments, Payment), await rows(payments, Refund)
    assert (payment.card_brand, payment.card_last_four, payment.card_expiry_year) == (None,) * 3
    assert back.reason is None
    # Who paid how much for what stays: it has to be known by law.
    assert (payment.user_id, str(payment.amount)) == (ALAN.id, "75.48")
    assert (await read(payments, done["id"]))["card"] is None


def test_the_guide_lists_the_test_cards():
    lines = (ROOT / "docs" / "payments.md").read_text(encoding="utf-8").splitlines()
    told = [line for line in lines if line.startswith("| ") and line[2].isdigit()]
    assert told == [f"| {card.number} | {card.effect} |" for card in TEST_CARDS]
