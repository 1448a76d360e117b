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

# Codes are the graph's own; what is denied below an answer is told like what is denied at all.
FAILURES = canonical(
    {"FORBIDDEN": "FORBIDDEN", "UNAUTHORIZED_FIELD_OR_TYPE": "FORBIDDEN", "INTERNAL": "INTERNAL"}
)


def success(data: Any, info: ResponseInfo) -> Any:
    """The data and nothing else; the items of a page under ``items``, beside ``pageInfo``."""
    return data if info.pagination is None else {"items": data, **info.pagination}


def failure(failed: Failure, info: ResponseInfo) -> dict[str, Any]:
    """Problem details (RFC 9457) of the type ``about:blank``: the title is the status in words,
    ``code`` is for programs, ``errors`` say what is wrong with the request."""
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
    told = {name: value for name, value in failed.details.items() if name not in NOT_FOR_CLIENTS}
    return {**problem, "details": told} if told else problem


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
