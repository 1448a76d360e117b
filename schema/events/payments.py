"""Events about payments and refunds, in the stream of the subgraph ``payments``.

No event contains card data. Readers keep the state with the greatest ``version``, since events may
be late or repeated.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from trellis.schema.events.event import Event

STREAM = "payments"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEvent(Event):
    """``amount`` is what the order costs, in ``currency``, by its code of ISO 4217."""

    payment_id: UUID
    order_id: UUID
    user_id: UUID
    amount: Decimal
    currency: str
    version: int

    @property
    def key(self) -> str:
        return str(self.payment_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentStarted(PaymentEvent):
    """The payment was accepted and is processing; it completes or fails later."""

    topic: ClassVar[str] = "payment.started"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCompleted(PaymentEvent):
    """The provider has the money. An order has one completed payment at most.

    ``transaction_id`` is the provider's.
    """

    topic: ClassVar[str] = "payment.completed"
    transaction_id: str
    completed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFailed(PaymentEvent):
    """No money was taken; the order may be paid by another payment.

    ``reason`` is a sentence for the payer, ``code`` one such as INSUFFICIENT_FUNDS.
    """

    topic: ClassVar[str] = "payment.failed"
    reason: str
    code: str
    failed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefunded(PaymentEvent):
    """The payer got ``refunded_amount`` back, and ``refunded_total`` with all refunds before."""

    topic: ClassVar[str] = "payment.refunded"
    refund_id: UUID
    refunded_amount: Decimal
    refunded_total: Decimal
    reason: str | None
    refunded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentChargedBack(PaymentEvent):
    """The payer's bank took the money back, all that was not refunded: ``charged_back_amount``.

    It cannot be refunded any more, so an order that it has paid is to be cancelled.
    """

    topic: ClassVar[str] = "payment.charged_back"
    charged_back_amount: Decimal
    charged_back_at: datetime


PAYMENT_CHANGES: tuple[type[PaymentEvent], ...] = (
    PaymentStarted,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    PaymentChargedBack,
)
"""Every event after which a payment is to be read again."""
