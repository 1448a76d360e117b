"""Card numbers where none belongs, and tokens that anybody can write."""

import pytest

from tests.subgraphs.payments.asking import (
    ADA,
    ALAN,
    PAY,
    events,
    order,
    paid,
    pay,
    read,
    refund,
    rows,
    work,
)
from tests.support.subgraphs import Running
from trellis.subgraphs.payments.cards import without_card_numbers
from trellis.subgraphs.payments.models import Payment, Refund, SimulatedCharge

NUMBER = "4242424242424242"
SPACED = "4242 4242-4242 4242"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"card {NUMBER}!", "card (card 4242)!"),
        (f"{SPACED} and 378282246310005", "(card 4242) and (card 0005)"),
        (f"{SPACED} 123", "(card 4242) 123"),  # with its code
        (f"no. 7 {SPACED} 12/30", "no. 7 (card 4242) 12/30"),
        ("order 4242424242424241", "order 4242424242424241"),  # no check digit
        (f"x{NUMBER}1234", f"x{NUMBER}1234"),  # longer than any
        ("call +49 89 4242 4242", "call +49 89 4242 4242"),
        ("", ""),
    ],
)
def test_what_can_be_the_number_of_a_card_is_taken_out_of_a_text(text: str, shown: str):
    assert without_card_numbers(text) == shown


async def test_a_card_number_in_the_reason_of_a_refund_is_kept_nowhere(payments: Running):
    done = await paid(payments)
    answer = await refund(payments, done["id"], ADA, reason=f"Paid with {SPACED}.", amount="1")
    assert answer["payment"]["refunds"][0]["reason"] == "Paid with (card 4242)."
    assert [row.reason for row in await rows(payments, Refund)] == ["Paid with (card 4242)."]
    assert "4242 4242" not in str([event.payload for event in await events(payments)])


@pytest.mark.parametrize("token", [NUMBER, SPACED, f"tok {NUMBER}", "4000-0000-0000-0002"])
async def test_a_card_number_in_place_of_a_token_goes_nowhere(payments: Running, token: str):
    method = {"type": "CREDIT_CARD", "token": token}
    given = {"orderId": await order(payments), "paymentMethod": method}
    answer = await payments.answer(PAY, ALAN, i=given)
    assert answer.errors
    assert answer.errors[0].extensions["reason"] == "INVALID_PAYMENT_METHOD"
    assert token not in str(answer.errors)
    assert await rows(payments, Payment) == []


@pytest.mark.parametrize("card", ["nofunds", "declined", "nofundslater"])
async def test_the_token_of_a_card_that_fails_is_not_charged(payments: Running, card: str):
    method = {"type": "CREDIT_CARD", "token": f"sim_{card}_0123"}
    started = await pay(payments, await order(payments), paymentMethod=method)
    await work(payments)
    assert (await read(payments, started["id"]))["status"] == "FAILED"
    assert await rows(payments, SimulatedCharge) == []
