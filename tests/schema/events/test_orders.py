"""The JSON of events about orders is what outboxes hold, so it does not change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from trellis.schema.events import orders
from trellis.schema.events.event import Event

A, B, C, D = (UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in (1, 2, 3, 4))
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=30)

STATE = orders.OrderState(
    status="pending",
    items=(
        orders.OrderItemState(product_id=C, name="Mug", quantity=2, unit_price=Decimal("29.99")),
    ),
    total=Decimal("59.98"),
    currency="USD",
    payment_id=None,
    created_at=NOON,
    expires_at=LATER,
    confirmed_at=None,
    cancelled_at=None,
)
PAID = replace(STATE, status="confirmed", payment_id=D, confirmed_at=LATER)
ENDED = replace(STATE, status="cancelled", cancelled_at=LATER)
ORDER: dict[str, Any] = {"order_id": A, "user_id": B, "version": 1}
STORED_STATE = {
    "status": "pending",
    "items": [{"product_id": str(C), "name": "Mug", "quantity": 2, "unit_price": "29.99"}],
    "total": "59.98",
    "currency": "USD",
    "payment_id": None,
    "created_at": "2026-03-01T12:00:00+00:00",
    "expires_at": "2026-03-01T12:30:00+00:00",
    "confirmed_at": None,
    "cancelled_at": None,
}
STORED_PAID = {
    **STORED_STATE,
    "status": "confirmed",
    "payment_id": str(D),
    "confirmed_at": "2026-03-01T12:30:00+00:00",
}
STORED_ENDED = {
    **STORED_STATE,
    "status": "cancelled",
    "cancelled_at": "2026-03-01T12:30:00+00:00",
}
STORED_ORDER = {"order_id": str(A), "user_id": str(B), "version": 1}

STORED: list[tuple[Event, str, dict[str, Any]]] = [
    (
        orders.OrderCreated(**ORDER, state=STATE),
        "order.created",
        {**STORED_ORDER, "state": STORED_STATE},
    ),
    (
        orders.OrderConfirmed(**ORDER, state=PAID),
        "order.confirmed",
        {**STORED_ORDER, "state": STORED_PAID},
    ),
    (
        orders.OrderCancelled(**ORDER, state=ENDED, reason="expired"),
        "order.cancelled",
        {**STORED_ORDER, "state": STORED_ENDED, "reason": "expired"},
    ),
    (
        orders.ProductChanged(
            product_id=A,
            version=3,
            name="Mug",
            price=Decimal("29.99"),
            currency="USD",
            stock=None,
            is_for_sale=True,
        ),
        "product.changed",
        {
            "product_id": str(A),
            "version": 3,
            "name": "Mug",
            "price": "29.99",
            "currency": "USD",
            "stock": None,
            "is_for_sale": True,
        },
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
    kinds = {kind for kind in vars(orders).values() if isinstance(kind, type)}
    assert {type(event) for event, *_ in STORED} == {one for one in kinds if hasattr(one, "topic")}


def test_every_event_about_an_order_has_its_state():
    of_orders = tuple(type(event) for event, *_ in STORED if isinstance(event, orders.OrderEvent))
    assert of_orders == orders.ORDER_STATES
