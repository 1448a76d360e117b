"""What may go wrong with orders."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from trellis.db.replica import MissingInReplica
from trellis.schema.errors import BadUserInput, Conflict, FieldProblem, Forbidden, NotFound
from trellis.schema.events.accounts import STREAM as ACCOUNTS
from trellis.schema.events.learning import STREAM as LEARNING
from trellis.schema.events.payments import STREAM as PAYMENTS


class OrderNotFound(NotFound):
    """Also the answer for an order that the caller may not know of."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such order.", id=str(id))


class ProductNotFound(NotFound):
    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such product.", id=str(id))


class InvalidUser(MissingInReplica, BadUserInput):
    """Nobody for whom the caller may order: the same answer whether or not there is such a user."""

    stream = ACCOUNTS

    def __init__(self) -> None:
        message = "userId is not the id of a user for whom you may order."
        problem = FieldProblem("userId", "INVALID_USER", message)
        super().__init__(message, [problem], reason="INVALID_USER")


class NoItems(BadUserInput):
    def __init__(self) -> None:
        message = "An order needs at least one item."
        super().__init__(message, [FieldProblem("items", "NO_ITEMS", message)], reason="NO_ITEMS")


class NotOrderable(MissingInReplica, BadUserInput):
    """Some of the products are unknown, not for sale, or have another price. A course may have
    become a product a moment ago."""

    stream = LEARNING

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__(" ".join(problem.message for problem in problems), problems)


class OrderTooLarge(BadUserInput):
    def __init__(self, limit: Decimal) -> None:
        message = f"An order may cost {limit} at most."
        super().__init__(message, [FieldProblem("items", "INVALID_FORMAT", message)])


class OutOfStock(Conflict):
    """Less of a product is there than was ordered."""

    def __init__(self, product_id: UUID, name: str, available: int) -> None:
        message = f"{name}: {available} available, which is less than was ordered."
        super().__init__(
            message, reason="OUT_OF_STOCK", productId=str(product_id), available=available
        )


class TooManyUnpaid(Conflict):
    """Unpaid orders keep their items from other buyers, so a person has few of them."""

    def __init__(self, limit: int) -> None:
        message = f"You have {limit} unpaid orders. Pay or cancel one of them first."
        super().__init__(message, reason="TOO_MANY_UNPAID", limit=limit)


class OrderKeyReused(Conflict):
    """Another order was made with the same key."""

    code = "IDEMPOTENCY_KEY_REUSED"

    def __init__(self) -> None:
        super().__init__("Another order was made with this idempotencyKey. Use a new one.")


class OrderNotOpen(Conflict):
    """The order does not change any more, or not in this way."""

    def __init__(self, status: str) -> None:
        super().__init__(f"The order is {status}: it cannot be changed so.", status=status)


class PaymentMissing(MissingInReplica, BadUserInput):
    """No completed payment of that id has confirmed the order; news of it may be on the way."""

    stream = PAYMENTS

    def __init__(self) -> None:
        message = "paymentId is not a completed payment of this order."
        super().__init__(message, [FieldProblem("paymentId", "INVALID_FORMAT", message)])


class OrdersNotYours(Forbidden):
    def __init__(self) -> None:
        super().__init__("Only the person and administrators may see these orders.")


class OnlyAdministrators(Forbidden):
    def __init__(self) -> None:
        super().__init__("Only administrators may change products.")


class ProductOfCourse(Conflict):
    def __init__(self, id: UUID) -> None:
        message = "The product is a course: change the course instead."
        super().__init__(message, courseId=str(id))


class ProductChanged(Conflict):
    def __init__(self, current: int) -> None:
        message = "The product was changed meanwhile. Read it again and retry."
        super().__init__(message, currentVersion=current)


class StrayPayment(Exception):
    """A payment that pays for nothing here: its event is parked, because money was taken."""
