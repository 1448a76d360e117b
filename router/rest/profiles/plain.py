"""The dialect without habits: names and values as in the graph, data as it is, RFC 9457 problems.

Fields that carry ``@rest`` are served in it, and stored operations that need no other.
"""

from typing import Any

from trellis.router.rest.profile import Failure, Profile, ResponseInfo
from trellis.router.rest.profiles.paging import RelayPages
from trellis.router.rest.profiles.writing import NOT_FOR_CLIENTS
from trellis.router.rest.spelling import same
from trellis.router.rest.statuses import phrase
from trellis.router.rest.vocabulary import canonical

# The codes of the graph, except that denied fields have the code of denied operations.
FAILURES = canonical(
    {"FORBIDDEN": "FORBIDDEN", "UNAUTHORIZED_FIELD_OR_TYPE": "FORBIDDEN", "INTERNAL": "INTERNAL"}
)


def success(data: Any, info: ResponseInfo) -> Any:
    """The data without an envelope; for a page, an object with ``items`` and ``pageInfo``."""
    return data if info.pagination is None else {"items": data, **info.pagination}


def failure(failed: Failure, info: ResponseInfo) -> dict[str, Any]:
    """Problem details (RFC 9457) of the type ``about:blank``: the title is the status in words,
    ``code`` is for programs, ``errors`` list what is wrong with the request."""
    problem: dict[str, Any] = {
        "title": phrase(failed.status),
        "status": failed.status,
        "detail": failed.message,
        "code": failed.code,
        "requestId": info.request_id,
    }
    if failed.problems:
        problem["errors"] = [
            {"field": one.field, "code": one.code, "detail": one.message} for one in failed.problems
        ]
    details = {name: value for name, value in failed.details.items() if name not in NOT_FOR_CLIENTS}
    return {**problem, "details": details} if details else problem


PLAIN = Profile(
    name="plain",
    prefix="",
    spell_member=same,
    spell_enum=same,
    success=success,
    failure=failure,
    failures=FAILURES,
    failure_media="application/problem+json",
    paginator=RelayPages(),
    refuses_unknown_members=True,
    title="Plain",
    description="What the graph's own fields are served as.",
)
