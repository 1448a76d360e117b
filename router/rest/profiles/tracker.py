"""The dialect of the issue tracker: snake case, and a meta object on every answer."""

from typing import Any

from trellis.router.rest.profile import Failure, Headers, Profile, ResponseInfo
from trellis.router.rest.profiles.paging import NumberedPages
from trellis.router.rest.profiles.writing import (
    other_details,
    rate_details,
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
        "FORBIDDEN:RESOURCE": "RESOURCE_FORBIDDEN",
        "UNAUTHORIZED_FIELD_OR_TYPE:RESOURCE": "RESOURCE_FORBIDDEN",
        "ENTITLEMENT_REQUIRED": "RESOURCE_FORBIDDEN",
        "NOT_FOUND": "RESOURCE_NOT_FOUND",
        "ALREADY_EXISTS": "RESOURCE_ALREADY_EXISTS",
        "ALREADY_EXISTS:PROJECT_MEMBER_ALREADY_EXISTS": "PROJECT_MEMBER_ALREADY_EXISTS",
        "CONFLICT": "RESOURCE_CONFLICT",
        "CONFLICT:ISSUE_CANNOT_BE_DELETED": "ISSUE_CANNOT_BE_DELETED",
        "CONFLICT:WORKFLOW_TRANSITION_INVALID": "WORKFLOW_TRANSITION_INVALID",
        "SERVICE_UNAVAILABLE:DATABASE": (500, "DATABASE_CONNECTION_ERROR"),
    }
)
# Section 11.2, and 11.3 for what is missing there.
_MESSAGES = {
    "INVALID_CREDENTIALS": "Invalid email or password",
    "TOKEN_EXPIRED": "Access token has expired",
    "TOKEN_INVALID": "Invalid access token",
    "REFRESH_TOKEN_EXPIRED": "Refresh token has expired",
    "INSUFFICIENT_PERMISSIONS": "Insufficient permissions to access resource",
    "RESOURCE_FORBIDDEN": "Access to resource is forbidden",
    "VALIDATION_ERROR": "Request validation failed",
    "INVALID_FORMAT": "Field format is invalid",
    "RESOURCE_NOT_FOUND": "Requested resource not found",
    "RESOURCE_ALREADY_EXISTS": "Resource already exists",
    "RESOURCE_CONFLICT": "Resource conflict detected",
    "WORKFLOW_TRANSITION_INVALID": "Invalid workflow transition",
    "PROJECT_MEMBER_ALREADY_EXISTS": "User is already a project member",
    "ISSUE_CANNOT_BE_DELETED": "Issue cannot be deleted due to dependencies",
    "RATE_LIMIT_EXCEEDED": "Rate limit exceeded. Try again later.",
    "INTERNAL_SERVER_ERROR": "Internal server error occurred",
    "SERVICE_UNAVAILABLE": "Service temporarily unavailable",
    "DATABASE_CONNECTION_ERROR": "Database connection error",
}
_FIELD_CODES = frozenset(
    {
        "REQUIRED_FIELD_MISSING",
        "INVALID_FORMAT",
        "VALUE_TOO_LONG",
        "VALUE_TOO_SHORT",
        "INVALID_ENUM_VALUE",
    }
)
# Of these the fixed message says enough.
_WITHOUT_REASON = frozenset({401, 403, 404, 429})

VERSION = "v1"
# The second version answers as the first.
VERSION_PATHS = (("/api/v1/", "/api/v2/"),)
_HEADERS: Headers = (
    (b"api-version", b"v1"),
    (b"api-supported-versions", b"v1, v2"),
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
    """The error object (section 1.3): a list of details for what the client sent, an object of
    facts where there are some, else an empty list."""
    message = _MESSAGES.get(failed.code, failed.message)
    return {"code": failed.code, "message": message, "details": _details(failed) or []}


def _details(failed: Failure) -> Any:
    if failed.problems:
        return [
            {"field": one.field, "code": _field_code(one.code), "message": one.message}
            for one in failed.problems
        ]
    if failed.canonical == "MFA_REQUIRED":
        code = "REQUIRED_FIELD_MISSING"
        return [{"field": "mfa_code", "code": code, "message": failed.message}]
    if failed.canonical == "RATE_LIMITED":
        return rate_details(failed)
    details = other_details(failed)
    if failed.code == "INSUFFICIENT_PERMISSIONS" and "user_permissions" in failed.details:
        details["user_permissions"] = failed.details["user_permissions"]
    if failed.status < 500 and failed.status not in _WITHOUT_REASON:
        details["reason"] = failed.message
    return details


def _field_code(code: str) -> str:
    """The nearest word of the vocabulary: numbers out of range and unknown members count as a wrong
    format."""
    return code if code in _FIELD_CODES else "INVALID_FORMAT"


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
    media_types=(
        "application/vnd.projectmanager.v1+json",
        "application/vnd.projectmanager.v2+json",
    ),
    also_below=VERSION_PATHS,
    version=VERSION,
    headers=version_headers,
    title="Issue tracker",
    description="Users, projects, their members, issues and comments.",
)
