"""What people are notified of when they order, pay and subscribe."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

from tests.subgraphs.notifications.telling import Expected, user
from trellis.db.models import utc_now
from trellis.schema.events.accounts import SubscriptionChanged
from trellis.schema.events.orders import (
    OrderCancelled,
    OrderConfirmed,
    OrderItemState,
    OrderState,
)
from trellis.schema.events.payments import PaymentCompleted, PaymentFailed, PaymentRefunded


def of_order(*products: str) -> dict[str, Any]:
    """An order of Alan's, one of each product."""
    items = tuple(
        OrderItemState(product_id=uuid4(), name=name, quantity=1, unit_price=Decimal("25.16"))
        for name in products
    )
    at = utc_now()
    order = OrderState(
        status="confirmed",
        items=items,
        total=Decimal("75.48"),
        currency="USD",
        payment_id=uuid4(),
        created_at=at,
        expires_at=at,
        confirmed_at=at,
        cancelled_at=None,
    )
    return {"order_id": uuid4(), "user_id": user("alan"), "version": 2, "state": order}


def of_payment(**members: Any) -> dict[str, Any]:
    """A payment of Alan's."""
    ids = {"payment_id": uuid4(), "order_id": uuid4(), "user_id": user("alan")}
    return ids | {"amount": Decimal("75.48"), "currency": "USD", "version": 2} | members


OF_THE_SHOP: Sequence[Expected] = (
    (
        SubscriptionChanged(
            user_id=user("alan"),
            organization_id=None,
            previous_tier="free",
            tier="pro",
            status="active",
            expires_at=None,
        ),
        "ada",
        "alan",
        "subscription_changed",
        "Your subscription is now pro; it was free",
    ),
    (
        OrderConfirmed(**of_order("Mug", "Cards", "Ruler")),
        "ada",
        "alan",
        "order_confirmed",
        "Your order of 'Mug' and 2 more is paid: 75.48 USD",
    ),
    (
        OrderCancelled(**of_order("Mug"), reason="expired"),
        "ada",
        "alan",
        "order_cancelled",
        "Your order of 'Mug' was cancelled: it was not paid in time.",
    ),
    (
        PaymentCompleted(**of_payment(transaction_id="txn_1", completed_at=utc_now())),
        "ada",
        "alan",
        "payment_completed",
        "Your payment of 75.48 USD has arrived",
    ),
    (
        PaymentFailed(
            **of_payment(reason="The card was declined.", code="CARD_DECLINED", failed_at=utc_now())
        ),
        "ada",
        "alan",
        "payment_failed",
        "Your payment of 75.48 USD has failed: The card was declined.",
    ),
    (
        PaymentRefunded(
            **of_payment(
                refund_id=uuid4(),
                refunded_amount=Decimal("5.48"),
                refunded_total=Decimal("10.48"),
                reason=None,
                refunded_at=utc_now(),
            )
        ),
        "ada",
        "alan",
        "payment_refunded",
        "You get 5.48 USD of your payment of 75.48 USD back",
    ),
)
