"""What may go wrong with payments.

The ``reason`` in the extensions is what REST clients get a code of their own for (PAY_001 to
PAY_004).
"""

from decimal import Decimal
from uuid import UUID

from trellis.db.replica import MissingInReplica
from trellis.schema.errors import (
    BadUserInput,
    Conflict,
    FieldProblem,
    Forbidden,
    NotFound,
    Unavailable,
)
from trellis.schema.events.orders import STREAM


class PaymentNotFound(NotFound):
    """Also the answer for a payment that the caller may not know of."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such payment.", id=str(id))


class OrderNotFound(MissingInReplica, NotFound):
    """Also the answer for an order that the caller may not know of."""

    stream = STREAM

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such order.", id=str(id))


class InvalidPaymentMethod(BadUserInput):
    """The payment method cannot be used. ``field`` is a member of the payment method; its value
    is never part of the message."""

    def __init__(self, field: str, message: str, code: str = "INVALID_FORMAT") -> None:
        problem = FieldProblem(f"paymentMethod.{field}", code, message)
        super().__init__(message, [problem], reason="INVALID_PAYMENT_METHOD")


class CardDeclined(BadUserInput):
    """The provider knows at once that the card cannot be charged."""

    def __init__(self, code: str, message: str) -> None:
        is_short = code == INSUFFICIENT_FUNDS
        reason = INSUFFICIENT_FUNDS if is_short else "INVALID_PAYMENT_METHOD"
        super().__init__(message, reason=reason, declineCode=code)


INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"


class AmountDiffers(BadUserInput):
    """An order is paid by its own total and in its currency, whatever the client believes."""

    def __init__(self, field: str, wanted: Decimal | str) -> None:
        message = f"{field} must be that of the order, {wanted}."
        super().__init__(message, [FieldProblem(field, "INVALID_FORMAT", message)])


class NotThePayer(BadUserInput):
    def __init__(self) -> None:
        message = "userId must be the id of the payer."
        super().__init__(message, [FieldProblem("userId", "INVALID_FORMAT", message)])


class AlreadyPaid(Conflict):
    """One payment of an order succeeds: the others are refused as long as it does or may."""

    def __init__(self, payment_id: UUID | None = None) -> None:
        details = {} if payment_id is None else {"paymentId": str(payment_id)}
        message = "The order is paid, or its payment is being processed."
        super().__init__(message, reason="ALREADY_PAID", **details)


class OrderNotPayable(Conflict):
    """It was cancelled, or costs nothing."""

    def __init__(self, status: str) -> None:
        super().__init__("The order cannot be paid.", status=status)


class RefundNotAllowed(Conflict):
    """Only completed payments can be refunded, up to what was captured and not given back."""

    def __init__(self, message: str, **details: str) -> None:
        super().__init__(message, reason="REFUND_NOT_ALLOWED", **details)


class PartialRefund(Forbidden):
    """Payers cancel their order; how much of it is worth something is not theirs to say."""

    def __init__(self, amount: Decimal) -> None:
        super().__init__(
            "Only administrators refund a part of a payment.", refundableAmount=str(amount)
        )


class NotYours(Forbidden):
    def __init__(self) -> None:
        super().__init__("Payments are visible to the payer and to administrators.")


class ProviderAway(Unavailable):
    """The payment provider does not answer."""

    def __init__(self) -> None:
        super().__init__("Payments cannot be taken at the moment. Try again.", retry_after=5)
