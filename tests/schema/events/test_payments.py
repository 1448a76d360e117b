"""The JSON of events about payments is what outboxes hold, so it does not change."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from trellis.schema.events import payments
from trellis.schema.events.event import Event

A, B, C, D = (UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in (1, 2, 3, 4))
NOON, STORED_NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC), "2026-03-01T12:00:00+00:00"
PAYMENT: dict[str, Any] = {
    "payment_id": A,
    "order_id": B,
    "user_id": C,
    "amount": Decimal("75.48"),
    "currency": "USD",
    "version": 2,
}
STORED_PAYMENT = {
    "payment_id": str(A),
    "order_id": str(B),
    "user_id": str(C),
    "amount": "75.48",
    "currency": "USD",
    "version": 2,
}

STORED: list[tuple[Event, str, dict[str, Any]]] = [
    (payments.PaymentStarted(**PAYMENT), "payment.started", STORED_PAYMENT),
    (
        payments.PaymentCompleted(**PAYMENT, transaction_id="txn-789", completed_at=NOON),
        "payment.completed",
        {**STORED_PAYMENT, "transaction_id": "txn-789", "completed_at": STORED_NOON},
    ),
    (
        payments.PaymentFailed(
            **PAYMENT, reason="Insufficient funds", code="INSUFFICIENT_FUNDS", failed_at=NOON
        ),
        "payment.failed",
        {
            **STORED_PAYMENT,
            "reason": "Insufficient funds",
            "code": "INSUFFICIENT_FUNDS",
            "failed_at": STORED_NOON,
        },
    ),
    (
        payments.PaymentRefunded(
            **PAYMENT,
            refund_id=D,
            refunded_amount=Decimal("5.48"),
            refunded_total=Decimal("10.00"),
            reason=None,
            refunded_at=NOON,
        ),
        "payment.refunded",
        {
            **STORED_PAYMENT,
            "refund_id": str(D),
            "refunded_amount": "5.48",
            "refunded_total": "10.00",
            "reason": None,
            "refunded_at": STORED_NOON,
        },
    ),
    (
        payments.PaymentChargedBack(
            **PAYMENT, charged_back_amount=Decimal("70.00"), charged_back_at=NOON
        ),
        "payment.charged_back",
        {**STORED_PAYMENT, "charged_back_amount": "70.00", "charged_back_at": STORED_NOON},
    ),
]


@pytest.mark.parametrize(
    ("event", "topic", "payload"), STORED, ids=[topic for _, topic, _ in STORED]
)
def test_an_event_is_written_and_read_as_it_always_was(
    event: Event, topic: str, payload: dict[str, Any]
):
    assert (event.topic, event.key, event.payload()) == (topic, str(A), payload)
    assert type(event).read(payload) == event


def test_every_event_has_its_example_here():
    assert tuple(type(event) for event, *_ in STORED) == payments.PAYMENT_CHANGES
