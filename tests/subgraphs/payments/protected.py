"""Members of the inputs of payments that decide who may what: what is tried with them, or why they
decide nothing."""

from collections.abc import Mapping

from tests.subgraphs.payments.asking import method
from tests.subgraphs.tenants.attempts import Attempt, own

HARMLESS: Mapping[str, str] = {"PaymentMethodInput.type": "there is one"}
PROTECTED: Mapping[str, tuple[Attempt, ...]] = {
    "ProcessPaymentInput.amount": (
        Attempt(
            "processPayment",
            "ProcessPaymentInput",
            {"orderId": own("order"), "amount": "0.01", "paymentMethod": method()},
            ("boss",),
            code="BAD_USER_INPUT",
        ),
    ),
    "RefundPaymentInput.amount": (
        Attempt(
            "refundPayment",
            "RefundPaymentInput",
            {"amount": "0.01"},
            ("member",),
            id=own("payment", 1),
        ),
    ),
}
