"""Addresses that the project suite and the issue tracker share, without an indication which is
meant.

Every response has the members of both. Where they conflict (statuses and codes of errors), the
tracker's apply.
"""

from dataclasses import replace
from typing import Any

from trellis.router.rest.profile import Failure, Headers, Profile, ResponseInfo
from trellis.router.rest.profiles import pm, tracker
from trellis.router.rest.profiles.paging import NumberedPages
from trellis.router.rest.profiles.writing import (
    prefixed_request_id,
    prefixed_request_id_header,
    written_time,
)
from trellis.router.rest.spelling import snake_case

# The tracker's document has an object of facts for these; the suite's clients read lists. An object
# with the reason is written too, since the fixed message does not say what is wrong.
_WITH_OBJECT = frozenset({"INSUFFICIENT_PERMISSIONS", "RATE_LIMIT_EXCEEDED"})


def success(data: Any, info: ResponseInfo) -> dict[str, Any]:
    body = tracker.success(data, _one_id(info))
    body["message"] = info.message or "Operation completed successfully"
    return body | _signature(info)


def failure(failed: Failure, info: ResponseInfo) -> dict[str, Any]:
    body = tracker.failure(failed, _one_id(info))
    error = body["error"]
    details = error["details"]
    says_enough = "reason" in details if isinstance(details, dict) else bool(details)
    if not says_enough and failed.code not in _WITH_OBJECT:
        error["details"] = pm.details(failed)
    return body | _signature(info)


def _one_id(info: ResponseInfo) -> ResponseInfo:
    """Everything that names the request has the suite's prefix, the header too."""
    return replace(info, request_id=prefixed_request_id(info.request_id))


def _headers(info: ResponseInfo) -> Headers:
    return [*tracker.version_headers(info), *prefixed_request_id_header(info)]


def _signature(info: ResponseInfo) -> dict[str, Any]:
    return {
        "timestamp": written_time(info.time),
        "request_id": prefixed_request_id(info.request_id),
    }


UNION = Profile(
    name="union",
    prefix="",
    spell_member=snake_case,
    spell_enum=snake_case,
    success=success,
    failure=failure,
    failures=tracker.FAILURES,
    paginator=NumberedPages(clamps=False, tells_neighbours=True),
    headers=_headers,
    retry_seconds=pm.RETRY_SECONDS,
    also_below=tracker.VERSION_PATHS,
    version=tracker.VERSION,
    counted_as="tracker",
    title="Project suite and issue tracker",
    description="The addresses that both share, with the members of both.",
)
