"""The dialect of the shop's services: bare objects; users in snake case, the rest in camel case."""

from collections.abc import Mapping

from trellis.router.rest.profile import Profile
from trellis.router.rest.profiles.bare import failure, success
from trellis.router.rest.profiles.paging import OffsetPages
from trellis.router.rest.spelling import camel_case, snake_case

# Only what the services number has a code of its own; users, orders and payments are areas.
FAILURES: Mapping[str, tuple[int, str]] = {
    "BAD_REQUEST": (400, "BAD_REQUEST"),
    "BAD_USER_INPUT": (422, "VALIDATION_ERROR"),
    "BAD_USER_INPUT:INVALID_TOKEN": (400, "USER_003"),
    "UNAUTHENTICATED": (401, "UNAUTHORIZED"),
    "TOKEN_EXPIRED": (401, "UNAUTHORIZED"),
    "INVALID_CREDENTIALS": (401, "UNAUTHORIZED"),
    "REFRESH_TOKEN_EXPIRED": (401, "UNAUTHORIZED"),
    "FORBIDDEN": (403, "FORBIDDEN"),
    "UNAUTHORIZED_FIELD_OR_TYPE": (403, "FORBIDDEN"),
    "ENTITLEMENT_REQUIRED": (403, "FORBIDDEN"),
    "NOT_FOUND": (404, "NOT_FOUND"),
    "NOT_FOUND:users": (404, "USER_004"),
    "NOT_FOUND:orders": (404, "ORDER_003"),
    "ALREADY_EXISTS": (409, "CONFLICT"),
    "ALREADY_EXISTS:email": (409, "USER_001"),
    "ALREADY_EXISTS:username": (409, "USER_002"),
    "CONFLICT": (409, "CONFLICT"),
    "CONFLICT:orders": (409, "ORDER_004"),
    "RATE_LIMITED": (429, "RATE_LIMIT_EXCEEDED"),
    "INTERNAL": (500, "INTERNAL_SERVER_ERROR"),
    "SERVICE_UNAVAILABLE": (503, "SERVICE_UNAVAILABLE"),
    "SUBGRAPH_UNAVAILABLE": (503, "SERVICE_UNAVAILABLE"),
    "SUBGRAPH_TIMEOUT": (503, "SERVICE_UNAVAILABLE"),
    "SUBGRAPH_INVALID_RESPONSE": (503, "SERVICE_UNAVAILABLE"),
    "REQUEST_TIMEOUT": (503, "SERVICE_UNAVAILABLE"),
}

COMMERCE = Profile(
    name="commerce",
    prefix="/commerce",
    spell_member=snake_case,
    spell_enum=snake_case,
    success=success,
    failure=failure,
    failures=FAILURES,
    paginator=OffsetPages(default=10),
    spell_member_in={"orders": camel_case, "payments": camel_case},
    title="Shop",
    description="Users, orders and payments.",
)
