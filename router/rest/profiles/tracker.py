"""The dialect of the issue tracker: snake case, and a meta object on every answer."""

from typing import Any

from trellis.router.rest.profile import Failure, Headers, Profile, ResponseInfo
from trellis.router.rest.profiles.paging import NumberedPages
from trellis.router.rest.profiles.writing import (
    other_details,
    rate_details,
    told_message,
    written_time,
)
from trellis.router.rest.spelling import snake_case
from trellis.router.rest.vocabulary import closed_vocabulary

FAILURES = closed_vocabulary(
    {
        "BAD_REQUEST": "INVALID_FORMAT",
        "MFA_REQUIRED": "INVALID_CREDENTIALS",
        "BAD_USER_INPUT:INVALID_TOKEN": (401, "TOKEN_INVALID"),
        "UNAUTHENTICATED": "TOKEN_INVALID",
        "TOKEN_EXPIRED": "TOKEN_EXPIRED",
        "INVALID_CREDENTIALS": "INVALID_CREDENTIALS",
        "REFRESH_TOKEN_EXPIRED": "REFRESH_TOKEN_EXPIRED",
        "FORBIDDEN": "INSUFFICIENT_PERMISSIONS",
        "ENTITLEMENT_REQUIRED": "RESOURCE_FORBIDDEN",
        "NOT_FOUND": "RESOURCE_NOT_FOUND",
        "ALREADY_EXISTS": "RESOURCE_ALREADY_EXISTS",
        "ALREADY_EXISTS:PROJECT_MEMBER_ALREADY_EXISTS": "PROJECT_MEMBER_ALREADY_EXISTS",
        "CONFLICT": "RESOURCE_CONFLICT",
        "CONFLICT:ISSUE_CANNOT_BE_DELETED": "ISSUE_CANNOT_BE_DELETED",
        "CONFLICT:WORKFLOW_TRANSITION_INVALID": "WORKFLOW_TRANSITION_INVALID",
    }
)

VERSION = "v1"
_HEADERS: Headers = (
    (b"api-version", b"v1"),
    (b"api-supported-versions", b"v1"),
    (b"api-deprecated-versions", b"v0"),
)


def success(data: Any, info: ResponseInfo) -> dict[str, Any]:
    body = {"success": True, "data": data, "meta": meta(info)}
    if info.pagination is not None:
        body["pagination"] = info.pagination
    return body


def failure(failed: Failure, info: ResponseInfo) -> dict[str, Any]:
    return {"success": False, "error": error(failed), "meta": meta(info)}


def error(failed: Failure) -> dict[str, Any]:
    """The error object: a list of details for what the client sent, else an object of facts."""
    message = told_message(failed, {"VALIDATION_ERROR": "Request validation failed"})
    written: dict[str, Any] = {"code": failed.code, "message": message}
    if details := _details(failed):
        written["details"] = details
    return written


def _details(failed: Failure) -> Any:
    if failed.problems:
        return [
            {"field": one.field, "code": one.code, "message": one.message}
            for one in failed.problems
        ]
    if failed.canonical == "RATE_LIMITED":
        return rate_details(failed)
    permissions = failed.details.get("user_permissions")
    return other_details(failed) | (
        {} if permissions is None else {"user_permissions": permissions}
    )


def meta(info: ResponseInfo) -> dict[str, Any]:
    return {
        "timestamp": written_time(info.time),
        "version": VERSION,
        "request_id": info.request_id,
    }


def version_headers(_info: ResponseInfo) -> Headers:
    return _HEADERS


TRACKER = Profile(
    name="tracker",
    prefix="/tracker",
    spell_member=snake_case,
    spell_enum=snake_case,
    success=success,
    failure=failure,
    failures=FAILURES,
    paginator=NumberedPages(clamps=False, tells_neighbours=False),
    media_types=("application/vnd.projectmanager.v1+json",),
    headers=version_headers,
    title="Issue tracker",
    description="Users, projects, their members, issues and comments.",
)
