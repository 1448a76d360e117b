"""The dialect of the shop's services: bare objects; users in snake case, the rest in camel case."""

from dataclasses import replace
from typing import Any

from trellis.router.rest.profile import Failure, Profile, ResponseInfo
from trellis.router.rest.profiles import bare
from trellis.router.rest.profiles.paging import OffsetPages
from trellis.router.rest.spelling import camel_case, snake_case
from trellis.router.rest.vocabulary import vocabulary

# Only what the services number has a code of its own; users, orders and payments are areas.
FAILURES = vocabulary(
    {
        "BAD_USER_INPUT:INVALID_TOKEN": (400, "USER_003"),
        "BAD_USER_INPUT:INVALID_USER": (400, "ORDER_001"),
        "BAD_USER_INPUT:NO_ITEMS": (400, "ORDER_002"),
        "BAD_USER_INPUT:INVALID_PAYMENT_METHOD": (400, "PAY_001"),
        "BAD_USER_INPUT:INSUFFICIENT_FUNDS": (400, "PAY_002"),
        "NOT_FOUND:users": "USER_004",
        "NOT_FOUND:orders": "ORDER_003",
        "ALREADY_EXISTS:email": "USER_001",
        "ALREADY_EXISTS:username": "USER_002",
        "CONFLICT:orders": "ORDER_004",
        "CONFLICT:OUT_OF_STOCK": "OUT_OF_STOCK",
        "CONFLICT:TOO_MANY_UNPAID": "TOO_MANY_UNPAID",
        "CONFLICT:ALREADY_PAID": "PAY_003",
        "CONFLICT:REFUND_NOT_ALLOWED": "PAY_004",
    }
)

# The document has one sentence for each of its own codes.
_MESSAGES = {
    "USER_001": "Email already exists",
    "USER_002": "Username already exists",
    "USER_003": "Invalid verification token",
    "USER_004": "User not found",
    "ORDER_001": "Invalid user ID",
    "ORDER_002": "Empty order items",
    "ORDER_003": "Order not found",
    "ORDER_004": "Order cannot be modified",
    "PAY_001": "Invalid payment method",
    "PAY_002": "Insufficient funds",
    "PAY_003": "Payment already processed",
    "PAY_004": "Refund not allowed",
}


def failure(failed: Failure, info: ResponseInfo) -> dict[str, Any]:
    """An error with the sentence of the document where it has one."""
    message = _MESSAGES.get(failed.code, failed.message)
    return bare.failure(replace(failed, message=message), info)


COMMERCE = Profile(
    name="commerce",
    prefix="/commerce",
    spell_member=snake_case,
    spell_enum=snake_case,
    success=bare.success,
    failure=failure,
    failures=FAILURES,
    paginator=OffsetPages(default=10),
    spell_member_in={"orders": camel_case, "payments": camel_case},
    title="Shop",
    description="Users, orders and payments.",
)
