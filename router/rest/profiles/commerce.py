"""The dialect of the shop's services: bare objects; users in snake case, the rest in camel case."""

from trellis.router.rest.profile import Profile
from trellis.router.rest.profiles.bare import failure, success
from trellis.router.rest.profiles.paging import OffsetPages
from trellis.router.rest.spelling import camel_case, snake_case
from trellis.router.rest.vocabulary import vocabulary

# Only what the services number has a code of its own; users, orders and payments are areas.
FAILURES = vocabulary(
    {
        "BAD_USER_INPUT:INVALID_TOKEN": (400, "USER_003"),
        "NOT_FOUND:users": "USER_004",
        "NOT_FOUND:orders": "ORDER_003",
        "ALREADY_EXISTS:email": "USER_001",
        "ALREADY_EXISTS:username": "USER_002",
        "CONFLICT:orders": "ORDER_004",
    }
)

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
