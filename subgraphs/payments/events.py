"""What every event about a payment begins with."""

from decimal import Decimal
from typing import TypedDict
from uuid import UUID

from trellis.subgraphs.payments.models import Payment


class About(TypedDict):
    """The fields of ``PaymentEvent``."""

    payment_id: UUID
    order_id: UUID
    user_id: UUID
    amount: Decimal
    currency: str
    version: int


def about(payment: Payment) -> About:
    return {
        "payment_id": payment.id,
        "order_id": payment.order_id,
        "user_id": payment.user_id,
        "amount": payment.amount,
        "currency": payment.currency,
        "version": payment.version,
    }
