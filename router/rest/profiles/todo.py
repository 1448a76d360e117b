"""The dialect of the personal task list: bare objects and lists in snake case."""

from collections.abc import Mapping

from trellis.router.rest.profile import Profile
from trellis.router.rest.profiles.bare import failure, success
from trellis.router.rest.profiles.paging import OffsetPages
from trellis.router.rest.spelling import snake_case

# Somebody else's things do not exist here: what is forbidden is not found.
FAILURES: Mapping[str, tuple[int, str]] = {
    "BAD_REQUEST": (400, "BAD_REQUEST"),
    "BAD_USER_INPUT": (400, "INVALID_INPUT"),
    "UNAUTHENTICATED": (401, "UNAUTHORIZED"),
    "TOKEN_EXPIRED": (401, "UNAUTHORIZED"),
    "INVALID_CREDENTIALS": (401, "INVALID_CREDENTIALS"),
    "REFRESH_TOKEN_EXPIRED": (401, "UNAUTHORIZED"),
    "FORBIDDEN": (404, "NOT_FOUND"),
    "UNAUTHORIZED_FIELD_OR_TYPE": (404, "NOT_FOUND"),
    "ENTITLEMENT_REQUIRED": (404, "NOT_FOUND"),
    "NOT_FOUND": (404, "NOT_FOUND"),
    "ALREADY_EXISTS": (409, "CONFLICT"),
    "CONFLICT": (409, "CONFLICT"),
    "RATE_LIMITED": (429, "RATE_LIMIT_EXCEEDED"),
    "INTERNAL": (500, "INTERNAL_SERVER_ERROR"),
    "SERVICE_UNAVAILABLE": (503, "SERVICE_UNAVAILABLE"),
    "SUBGRAPH_UNAVAILABLE": (503, "SERVICE_UNAVAILABLE"),
    "SUBGRAPH_TIMEOUT": (503, "SERVICE_UNAVAILABLE"),
    "SUBGRAPH_INVALID_RESPONSE": (503, "SERVICE_UNAVAILABLE"),
    "REQUEST_TIMEOUT": (503, "SERVICE_UNAVAILABLE"),
}

TODO = Profile(
    name="todo",
    prefix="/todo",
    spell_member=snake_case,
    spell_enum=snake_case,
    success=success,
    failure=failure,
    failures=FAILURES,
    paginator=OffsetPages(default=100),
    title="Personal tasks",
    description="Signing on, in and out, and one's own tasks.",
)
