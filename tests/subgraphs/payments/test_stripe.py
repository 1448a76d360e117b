"""Payments by Stripe, against stripe-mock: the requests are those that Stripe's own description of
its API accepts."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest
import stripe

from tests.support.servers import free_port, wait_until
from tests.support.services import require_program
from trellis.db.models import utc_now
from trellis.subgraphs.payments.cards import CardDetails
from trellis.subgraphs.payments.errors import CardDeclined, InvalidPaymentMethod
from trellis.subgraphs.payments.providers.base import (
    Captured,
    ChargeRequest,
    Declined,
    Dispute,
    ProviderUnavailable,
    Refunded,
    RefundRequest,
    StillProcessing,
)
from trellis.subgraphs.payments.providers.minor_units import from_minor_units, to_minor_units
from trellis.subgraphs.payments.providers.stripe import (
    StripeProvider,
    _answer_of,
    _decline_code,
    _dispute_of,
    _refusal,
    _takes_money,
)
from trellis.subgraphs.payments.settings import PaymentSettings

CARD = CardDetails(number="4242424242424242", code="737", expiry_month=12, expiry_year=2030)
KEY = "sk_test_123"


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a stripe-mock: `go install github.com/stripe/stripe-mock@latest`."""
    program, port = require_program("stripe-mock"), free_port()
    log = tmp_path_factory.mktemp("stripe") / "log"
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx.get(
                f"{url}/v1/balance", headers={"authorization": f"Bearer {KEY}"}
            ).is_success
        except httpx.TransportError:
            return False

    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "-http-addr", f"127.0.0.1:{port}", "-https-addr", "127.0.0.1:0"],
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(answers, process, 30, Path(log))
        yield url
    finally:
        process.terminate()
        process.wait(10)


def request(**members: Any) -> ChargeRequest:
    given: dict[str, Any] = {
        "payment_id": uuid4(),
        "order_id": uuid4(),
        "card_token": "pm_card_visa",
        "amount": Decimal("75.48"),
        "currency": "USD",
        "started_at": utc_now(),
    }
    return ChargeRequest(**given | members)


# How Stripe's library hands its bodies to httpx.
@pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")
async def test_stripe_takes_each_of_our_requests(mock: str):
    provider = StripeProvider(KEY, mock)
    token = await provider.tokenize(CARD)
    assert token.token.startswith("pm_") and token.last_four is not None
    assert (await provider.describe(token.token)).token.startswith("pm_")
    # Its answers are examples: an intent of the mock waits for a payment method.
    assert isinstance(await provider.charge(request()), Declined)
    assert isinstance(await provider.charge(request(reference="pi_123")), Declined)
    assert isinstance(
        await provider.charge(request(started_at=utc_now() - timedelta(days=2))), Declined
    )
    refund = RefundRequest(
        refund_id=uuid4(), transaction_id="pi_123", amount=Decimal("5.00"), currency="USD"
    )
    answer = await provider.refund(refund)
    assert isinstance(answer, Refunded) and answer.transaction_id.startswith("re_")
    # The dispute of the mock is about no payment intent, so it is none of ours.
    assert await provider.disputes(utc_now() - timedelta(days=1)) == []
    await provider.aclose()


async def test_a_stripe_that_is_away_says_nothing_about_the_charge():
    provider = StripeProvider(KEY, f"http://127.0.0.1:{free_port()}")
    for call in (provider.charge(request()), provider.tokenize(CARD)):
        with pytest.raises(ProviderUnavailable) as lost:
            await call
        assert "4242" not in str(lost.value) and lost.value.__cause__ is None
    await provider.aclose()


def intent(status: str, **members: Any) -> Any:
    return SimpleNamespace(**{"id": "pi_1", "status": status, "last_payment_error": None} | members)


def test_what_the_states_of_an_intent_mean():
    assert _answer_of(intent("succeeded")) == Captured("pi_1")
    assert _answer_of(intent("processing")) == StillProcessing("pi_1")
    error = SimpleNamespace(
        decline_code="insufficient_funds", code="card_declined", message="No funds."
    )
    failed = intent("requires_payment_method", last_payment_error=error)
    assert _answer_of(failed) == Declined("INSUFFICIENT_FUNDS", "No funds.")
    expired = SimpleNamespace(code="expired_card", message="Expired.")
    failed = intent("requires_payment_method", last_payment_error=expired)
    assert _answer_of(failed) == Declined("EXPIRED_CARD", "Expired.")
    signs_in = _answer_of(intent("requires_action"))
    assert isinstance(signs_in, Declined) and signs_in.code == "REQUIRES_ACTION"


@pytest.mark.parametrize(
    ("status", "intent", "takes"),
    [
        ("needs_response", "pi_1", True),
        ("under_review", "pi_1", True),
        ("lost", "pi_1", True),
        ("lost", None, False),  # of a charge that others have made
        ("won", "pi_1", False),
        ("prevented", "pi_1", False),
        *((f"warning_{stage}", "pi_1", False) for stage in ("needs_response", "closed")),
    ],
)
def test_an_inquiry_and_a_dispute_that_was_won_take_no_money(
    status: str, intent: str | None, takes: bool
):
    assert _takes_money(SimpleNamespace(status=status, payment_intent=intent)) is takes


def test_a_dispute_says_what_was_taken_of_which_charge():
    created = utc_now().replace(microsecond=0)
    told = SimpleNamespace(
        payment_intent="pi_1", amount=7000, currency="usd", created=created.timestamp()
    )
    assert _dispute_of(told) == Dispute("pi_1", Decimal("70.00"), created)


def test_what_a_refused_card_is_told_as():
    def refused(code: str) -> Any:
        return stripe.CardError("said with 4242", param=None, code=code)

    number = _refusal(refused("incorrect_number"))
    assert isinstance(number, InvalidPaymentMethod)
    assert number.problems[0].field == "paymentMethod.cardNumber"
    declined = _refusal(refused("card_declined"))
    assert isinstance(declined, CardDeclined) and "4242" not in str(declined)
    assert isinstance(_refusal(refused("something_new")), InvalidPaymentMethod)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"code": "card_declined", "decline_code": "insufficient_funds"}, "INSUFFICIENT_FUNDS"),
        ({"code": "expired_card"}, "EXPIRED_CARD"),
        ({}, "CARD_DECLINED"),
    ],
    ids=["by the bank", "by Stripe", "without a reason"],
)
def test_a_declined_charge_says_why(error: dict[str, str], code: str):
    declined = stripe.CardError("No.", None, error.get("code"), json_body={"error": error})
    assert _decline_code(declined) == code


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [("75.48", "USD", 7548), ("75", "EUR", 7500), ("500", "JPY", 500), ("1.25", "KWD", 1250)],
)
def test_amounts_are_sent_in_the_smallest_unit(amount: str, currency: str, units: int):
    assert to_minor_units(Decimal(amount), currency) == units
    assert from_minor_units(units, currency) == Decimal(amount)


def test_an_amount_without_coins_is_an_error():
    with pytest.raises(ValueError, match="no amount"):
        to_minor_units(Decimal("500.50"), "JPY")


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"TRELLIS_PAYMENTS_PROVIDER": "cash"}, "simulated or stripe"),
        ({"TRELLIS_PAYMENTS_PROVIDER": "stripe"}, "TRELLIS_STRIPE_SECRET_KEY"),
        (
            {
                "TRELLIS_PAYMENTS_PROVIDER": "stripe",
                "TRELLIS_STRIPE_SECRET_KEY": KEY,
                "STRIPE_LOG": "debug",
            },
            "card numbers",
        ),
    ],
    ids=["unknown", "without key", "with debug"],
)
def test_settings_that_make_no_sense_end_the_start(environ: dict[str, str], message: str):
    with pytest.raises(ValueError, match=message) as refused:
        PaymentSettings.from_environment(environ)
    assert KEY not in str(refused.value)
