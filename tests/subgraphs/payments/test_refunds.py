"""Refunds and chargebacks: never more goes back than was captured."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from tests.subgraphs.payments.asking import (
    ADA,
    ALAN,
    GRACE,
    REFUND,
    books,
    events,
    make_due,
    order,
    paid,
    pay,
    provider,
    read,
    refund,
    rows,
    tell_of_order,
    topics,
    work,
)
from tests.support.subgraphs import Running
from trellis.db.models import utc_now
from trellis.subgraphs.payments.metrics import REFUNDS_GIVEN_UP
from trellis.subgraphs.payments.models import DisputesRead, Refund, SimulatedRefund
from trellis.subgraphs.payments.providers.base import (
    Dispute,
    ProviderUnavailable,
    RefundDeclined,
    RefundRequest,
)
from trellis.subgraphs.payments.providers.simulated import DELAY, SimulatedProvider
from trellis.subgraphs.payments.use_cases import disputes, refunds

NOTHING = Decimal(0)


async def test_a_payer_takes_back_the_whole_payment(payments: Running):
    done = await paid(payments)
    answer = await refund(payments, done["id"], amount="75.48", reason=" Order cancelled ")
    assert answer["refund"]["status"] == "COMPLETED"
    found = answer["payment"]
    assert (found["status"], found["refundedAmount"]) == ("REFUNDED", "75.48")
    assert [one["reason"] for one in found["refunds"]] == ["Order cancelled"]
    event = (await events(payments))[-1]
    assert event.topic == "payment.refunded"
    told = event.payload
    assert (told["refunded_amount"], told["refunded_total"]) == ("75.48", "75.48")
    assert told["version"] == found["version"]
    assert await books(payments) == (NOTHING, NOTHING)


async def test_administrators_refund_parts(payments: Running):
    done = await paid(payments)
    first = await refund(payments, done["id"], ADA, amount="0.48")
    assert first["payment"]["status"] == "COMPLETED"
    second = await refund(payments, done["id"], ADA, amount="50")
    assert second["payment"]["refundedAmount"] == "50.48"
    refused = await payments.refusal(REFUND, ADA, id=done["id"], i={"amount": "25.01"})
    assert (refused["code"], refused["reason"]) == ("CONFLICT", "REFUND_NOT_ALLOWED")
    assert refused["refundableAmount"] == "25.00"
    rest = await refund(payments, done["id"])  # the payer takes back what is left
    assert rest["refund"]["amount"] == "25.00" and rest["payment"]["status"] == "REFUNDED"
    assert await books(payments) == (NOTHING, NOTHING)


async def test_a_payer_does_not_decide_how_much_goes_back(payments: Running):
    done = await paid(payments)
    refused = await payments.refusal(REFUND, ALAN, id=done["id"], i={"amount": "75.47"})
    assert refused["code"] == "FORBIDDEN" and refused["refundableAmount"] == "75.48"
    assert await rows(payments, Refund) == []


async def test_an_amount_that_makes_no_sense_is_refused(payments: Running):
    done = await paid(payments)
    for amount in ("0", "-1", "1.001", "99999999999"):
        refused = await payments.refusal(REFUND, ADA, id=done["id"], i={"amount": amount})
        assert [problem["field"] for problem in refused["fields"]] == ["amount"]


async def test_what_is_not_completed_is_not_refunded(payments: Running):
    failed = await pay(payments, await order(payments), "nofundslater")
    refunded = await paid(payments)
    await refund(payments, refunded["id"])
    await work(payments)
    processing = await pay(payments, await order(payments))
    for payment in (processing, failed, refunded):
        refused = await payments.refusal(REFUND, ALAN, id=payment["id"], i={})
        assert refused["reason"] == "REFUND_NOT_ALLOWED"
    assert len(await rows(payments, Refund)) == 1


async def test_others_do_not_refund_what_they_do_not_see(payments: Running):
    done = await paid(payments)
    assert (await payments.refusal(REFUND, GRACE, id=done["id"], i={}))["code"] == "NOT_FOUND"
    assert (await payments.refusal(REFUND, ADA, id="none", i={}))["code"] == "NOT_FOUND"


async def test_50_parallel_refunds_give_back_what_was_captured_and_no_more(payments: Running):
    done = await paid(payments, total="10.00")
    answers = await asyncio.gather(
        *(
            payments.answer_of_many(REFUND, ADA, id=done["id"], i={"amount": "0.30"})
            for _ in range(50)
        )
    )
    outcomes = Counter(
        answer.errors[0].extensions["reason"] if answer.errors else "MADE" for answer in answers
    )
    assert outcomes == {"MADE": 33, "REFUND_NOT_ALLOWED": 17}
    for _ in range(5):  # one that meets a busy database is requested at the next run
        await make_due(payments)
        await work(payments)
        if (await read(payments, done["id"]))["refundedAmount"] == "9.90":
            break
    assert await books(payments) == (Decimal("0.10"), Decimal("0.10"))
    assert Counter(await topics(payments))["payment.refunded"] == 33
    totals = [e.payload["refunded_total"] for e in await events(payments) if "refund" in e.topic]
    assert len(set(totals)) == 33


class Losing(SimulatedProvider):
    """Gives back the money, but its answer is lost."""

    async def refund(self, request: RefundRequest) -> object:  # type: ignore[override]
        await super().refund(request)
        raise ProviderUnavailable("lost")


class Declining(SimulatedProvider):
    async def refund(self, request: RefundRequest) -> RefundDeclined:
        return RefundDeclined("no")


async def start_refund(payments: Running, done: dict[str, object]) -> Refund:
    async with payments.context().storage.begin() as uow:
        return await refunds.request_refund(uow, ADA, UUID(str(done["id"])), Decimal("5"), None)


async def test_a_refund_whose_answer_was_lost_is_made_once(payments: Running):
    done = await paid(payments)
    await start_refund(payments, done)
    await work(payments, Losing(payments.context().storage))
    found = await read(payments, done["id"])
    assert found["refundedAmount"] == "0.00" and found["refunds"][0]["status"] == "PENDING"
    await make_due(payments)
    await work(payments)
    assert (await read(payments, done["id"]))["refundedAmount"] == "5.00"
    assert len(await rows(payments, SimulatedRefund)) == 1
    kept, believed = await books(payments)
    assert kept == believed == Decimal("70.48")


async def test_a_declined_refund_gives_its_amount_free_again(payments: Running):
    done = await paid(payments)
    await start_refund(payments, done)
    await work(payments, Declining(payments.context().storage))
    found = await read(payments, done["id"])
    assert found["refunds"][0]["status"] == "FAILED" and found["refundedAmount"] == "0.00"
    assert "payment.refunded" not in await topics(payments)
    assert (await refund(payments, done["id"]))["payment"]["status"] == "REFUNDED"


async def amounts(payments: Running, id: str) -> list[tuple[str, str]]:
    return [(one["amount"], one["status"]) for one in (await read(payments, id))["refunds"]]


async def test_a_part_that_is_declined_after_the_order_was_cancelled_goes_back_all_the_same(
    payments: Running,
):
    placed = await order(payments)
    started = await pay(payments, placed)
    await work(payments)
    await start_refund(payments, started)
    await tell_of_order(payments, placed, status="cancelled", version=2)
    assert await amounts(payments, started["id"]) == [("5.00", "PENDING"), ("70.48", "PENDING")]
    part, rest = await rows(payments, Refund)
    storage = payments.context().storage
    if part.requested_by is None:
        part, rest = rest, part
    await refunds.carry_out(storage, Declining(storage), part.id)
    await work(payments)
    await make_due(payments)
    await work(payments)
    found = await read(payments, started["id"])
    assert (found["status"], found["refundedAmount"]) == ("REFUNDED", "75.48")
    assert Counter(await amounts(payments, started["id"])) == Counter(
        [("5.00", "FAILED"), ("5.00", "COMPLETED"), ("70.48", "COMPLETED")]
    )
    assert await books(payments) == (NOTHING, NOTHING)


async def test_the_refund_of_a_cancelled_order_is_requested_again_when_it_was_declined(
    payments: Running,
):
    placed = await order(payments)
    started = await pay(payments, placed)
    await work(payments)
    await tell_of_order(payments, placed, status="cancelled", version=2)
    await work(payments, Declining(payments.context().storage))
    assert await amounts(payments, started["id"]) == [("75.48", "FAILED"), ("75.48", "PENDING")]
    await work(payments)  # not at once
    assert (await read(payments, started["id"]))["refundedAmount"] == "0.00"
    await make_due(payments)
    await work(payments)
    assert (await read(payments, started["id"]))["status"] == "REFUNDED"
    assert await books(payments) == (NOTHING, NOTHING)


async def test_a_refund_that_is_always_declined_is_left_to_people(
    payments: Running, caplog: pytest.LogCaptureFixture
):
    placed = await order(payments)
    started = await pay(payments, placed)
    await work(payments)
    await tell_of_order(payments, placed, status="cancelled", version=2)
    before = REFUNDS_GIVEN_UP._value.get()
    for _ in range(10):
        await make_due(payments)
        await work(payments, Declining(payments.context().storage))
    made = await amounts(payments, started["id"])
    assert made == [("75.48", "FAILED")] * (1 + len(refunds.AGAIN_AFTER))
    errors = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert errors == [f"payment {started['id']} of a cancelled order keeps 75.48 USD: refund it"]
    assert REFUNDS_GIVEN_UP._value.get() == before + 1
    again = await refund(payments, started["id"], ADA)  # by hand
    assert again["payment"]["status"] == "REFUNDED"


async def test_the_rest_of_a_payment_of_which_a_bank_took_a_part_goes_back(payments: Running):
    placed = await order(payments)
    started = await pay(payments, placed)
    await work(payments)
    transaction = (await read(payments, started["id"]))["transactionId"]
    storage = payments.context().storage
    async with storage.begin() as uow:
        await disputes.apply_dispute(
            uow, "simulated", Dispute(transaction, Decimal("30.00"), utc_now())
        )
    await tell_of_order(payments, placed, status="cancelled", version=2)
    await work(payments)
    found = await read(payments, started["id"])
    assert (found["status"], found["refundedAmount"]) == ("CHARGED_BACK", "45.48")


async def test_a_retry_that_the_bank_was_faster_than_is_not_requested(payments: Running):
    """The provider declines, a day later all is to go back again, and then a bank takes a part."""
    placed = await order(payments)
    started = await pay(payments, placed)
    await work(payments)
    transaction = (await read(payments, started["id"]))["transactionId"]
    await tell_of_order(payments, placed, status="cancelled", version=2)
    await work(payments, Declining(payments.context().storage))
    async with payments.context().storage.begin() as uow:
        await disputes.apply_dispute(
            uow, "simulated", Dispute(transaction, Decimal("30.00"), utc_now())
        )
    for _ in range(2):
        await make_due(payments)
        await work(payments)
    found = await read(payments, started["id"])
    assert (found["status"], found["refundedAmount"]) == ("CHARGED_BACK", "45.48")
    assert [one["amount"] for one in found["refunds"]] == ["75.48", "75.48", "45.48"]


class Asked(SimulatedProvider):
    """Notes since when the disputes are wanted."""

    since: datetime

    async def disputes(self, since: datetime) -> Sequence[Dispute]:
        self.since = since
        return []


@pytest.mark.parametrize(("last", "back"), [(timedelta(0), 1), (timedelta(hours=2), 120)])
async def test_once_an_hour_disputes_are_read_far_back(
    payments: Running, monkeypatch: pytest.MonkeyPatch, last: timedelta, back: int
):
    now = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)
    storage, by = payments.context().storage, Asked(payments.context().storage)
    async with storage.begin() as uow:
        await uow.session.merge(DisputesRead(provider=by.name, until=now - last))
    monkeypatch.setattr(disputes, "utc_now", lambda: now)
    await disputes.read_disputes(storage, by)
    assert by.since == now - last - timedelta(days=back)


@pytest.mark.parametrize("first", ["payment", "news"])
async def test_what_is_paid_for_a_cancelled_order_goes_back_in_either_order_of_events(
    payments: Running, first: str
):
    placed = await order(payments)
    started = await pay(payments, placed, "timeout")
    await work(payments)  # charged, but nobody here knows
    if first == "payment":
        await make_due(payments)
        await work(payments)
    await tell_of_order(payments, placed, status="cancelled", version=2)
    await make_due(payments)
    await work(payments)
    found = await read(payments, started["id"])
    assert (found["status"], found["refundedAmount"]) == ("REFUNDED", "75.48")
    assert await topics(payments) == ["payment.started", "payment.completed", "payment.refunded"]
    assert await books(payments) == (NOTHING, NOTHING)


async def test_a_confirmed_order_that_is_cancelled_is_refunded_once(payments: Running):
    placed = await order(payments)
    started = await pay(payments, placed)
    await work(payments)
    await tell_of_order(payments, placed, status="confirmed", version=2)
    await refund(payments, started["id"], ADA, amount="5.48")
    for _ in range(2):
        await tell_of_order(payments, placed, status="cancelled", version=3)
        await work(payments)
    found = await read(payments, started["id"])
    assert found["status"] == "REFUNDED"
    assert [one["amount"] for one in found["refunds"]] == ["5.48", "70.00"]


async def test_a_chargeback_takes_what_was_not_refunded(payments: Running):
    done = await paid(payments, "chargeback")
    await refund(payments, done["id"], ADA, amount="5.48")
    later = provider(payments, clock=lambda: utc_now() + DELAY)
    for _ in range(2):  # it is read again
        await work(payments, later)
    found = await read(payments, done["id"])
    assert found["status"] == "CHARGED_BACK" and found["refundedAmount"] == "5.48"
    told = [e.payload for e in await events(payments) if e.topic == "payment.charged_back"]
    assert [one["charged_back_amount"] for one in told] == ["70.00"]
    assert await books(payments) == (NOTHING, NOTHING)
    refused = await payments.refusal(REFUND, ADA, id=done["id"], i={"amount": "1"})
    assert refused["reason"] == "REFUND_NOT_ALLOWED"


async def test_what_was_refunded_is_not_charged_back(payments: Running):
    done = await paid(payments, "chargeback")
    await refund(payments, done["id"])
    await work(payments, provider(payments, clock=lambda: utc_now() + DELAY))
    assert (await read(payments, done["id"]))["status"] == "REFUNDED"


async def test_a_refund_of_what_the_bank_took_meanwhile_is_declined(payments: Running):
    done = await paid(payments, "chargeback")
    await start_refund(payments, done)
    later = provider(payments, clock=lambda: utc_now() + DELAY)
    await later.disputes(utc_now())
    await work(payments, later)
    found = await read(payments, done["id"])
    assert found["status"] == "CHARGED_BACK" and found["refunds"][0]["status"] == "FAILED"
    assert await books(payments) == (NOTHING, NOTHING)
