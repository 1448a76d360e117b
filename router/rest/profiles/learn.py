"""The dialect of the learning platform: camel case, cursors, page and rate limit under meta.

Its documents know optional members but no nulls: what is null is left out.
"""

from typing import Any

from trellis.router.rest.profile import (
    Documentation,
    Failure,
    Headers,
    Problem,
    Profile,
    ResponseInfo,
)
from trellis.router.rest.profiles.paging import CursorPages
from trellis.router.rest.profiles.writing import iso_moment, told_message
from trellis.router.rest.spelling import camel_case, same, snake_case
from trellis.router.rest.vocabulary import vocabulary

FAILURES = vocabulary(
    {
        "BAD_USER_INPUT:INVALID_TOKEN": (401, "UNAUTHORIZED"),
        "ENTITLEMENT_REQUIRED": "SUBSCRIPTION_REQUIRED",
        "SUBGRAPH_UNAVAILABLE": (502, "BAD_GATEWAY"),
        "SUBGRAPH_UNAVAILABLE:CIRCUIT_OPEN": (503, "SERVICE_UNAVAILABLE"),
        "SUBGRAPH_INVALID_RESPONSE": "BAD_GATEWAY",
        "SUBGRAPH_TIMEOUT": "GATEWAY_TIMEOUT",
        "REQUEST_TIMEOUT": "GATEWAY_TIMEOUT",
    }
)
_FIELD_CODES = {
    "REQUIRED_FIELD_MISSING": "REQUIRED",
    "VALUE_TOO_SHORT": "TOO_SHORT",
    "VALUE_TOO_LONG": "TOO_LONG",
    "INVALID_ENUM_VALUE": "INVALID_ENUM",
    "VALUE_OUT_OF_RANGE": "OUT_OF_RANGE",
}
_MESSAGES = {
    "VALIDATION_ERROR": "Validation failed",
    "FORBIDDEN": "Insufficient permissions",
    "RATE_LIMIT_EXCEEDED": "Too many requests",
    "INTERNAL_SERVER_ERROR": "Unexpected error",
    "BAD_GATEWAY": "Upstream service error",
    "SERVICE_UNAVAILABLE": "Service temporarily unavailable",
    "GATEWAY_TIMEOUT": "Upstream timeout",
}
_NOT_FOR_CLIENTS = frozenset(
    {
        *("fields", "field", "reason", "service", "path"),
        *("required_permission", "user_permissions"),  # what a caller may do says what others may
    }
)

# Offsets went out of use with version 1.2.0, of 2024-02-01 (RFC 9745 counts in Unix time).
_OFFSET_DEPRECATED_SINCE = b"@1706745600"

_HEADERS: Headers = (
    (b"cache-control", b"no-store, no-cache, must-revalidate, proxy-revalidate"),
    (b"pragma", b"no-cache"),
    (b"expires", b"0"),
)


def success(data: Any, info: ResponseInfo) -> dict[str, Any]:
    body: dict[str, Any] = {"success": True, "data": data}
    meta: dict[str, Any] = {}
    if info.pagination is not None:
        meta["pagination"] = info.pagination
    if info.rate is not None:
        meta["rateLimit"] = {
            "limit": info.rate.limit,
            "remaining": info.rate.remaining,
            "resetAt": iso_moment(info.rate.reset),
        }
    if meta:
        body["meta"] = meta
    return body


def failure(failed: Failure, info: ResponseInfo) -> dict[str, Any]:
    message = told_message(failed, _MESSAGES)
    if failed.canonical == "UNAUTHENTICATED":
        message = "Authentication required"
    error: dict[str, Any] = {"code": failed.code, "message": message}
    if failed.canonical == "RATE_LIMITED":
        error |= _told_limit(failed)
    elif details := _details(failed):
        error["details"] = details
    if field := _only_field(failed):
        error["field"] = field
    error["requestId"] = info.request_id
    return {"success": False, "error": error}


def _details(failed: Failure) -> Any:
    if failed.problems:
        return [_problem(one) for one in failed.problems]
    return {
        camel_case(name): value
        for name, value in failed.details.items()
        if name not in _NOT_FOR_CLIENTS
    }


def _problem(problem: Problem) -> dict[str, Any]:
    code = _FIELD_CODES.get(problem.code, problem.code)
    detail = {"field": problem.field, "code": code, "message": problem.message}
    return detail if problem.value is None else {**detail, "value": problem.value}


def _only_field(failed: Failure) -> str | None:
    """The member that the error is about, when it is about one."""
    if len(failed.problems) == 1:
        return failed.problems[0].field
    return failed.details.get("field")


def _told_limit(failed: Failure) -> dict[str, Any]:
    names = {"retryAfter": "retry_after", "limit": "limit", "resetAt": "reset_at"}
    details = {own: failed.details[name] for own, name in names.items() if name in failed.details}
    if "resetAt" in details:
        details["resetAt"] = iso_moment(details["resetAt"])
    return details


# Section 4.3: the policy, frames, referrers, and the filter of old browsers, which is better off.
_PAGE_HEADERS: Headers = (
    (
        b"content-security-policy",
        b"default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        b"img-src 'self' data: https://cdn.fislearn.com; "
        b"connect-src 'self' https://api.fislearn.com wss://ws.fislearn.com; "
        b"font-src 'self' https://fonts.gstatic.com; frame-src 'none'; object-src 'none'",
    ),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"x-dns-prefetch-control", b"off"),
    (b"x-xss-protection", b"0"),
)
_PRODUCTION_HEADERS: Headers = (
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains; preload"),
)


def no_caching(_info: ResponseInfo) -> Headers:
    return _HEADERS


# Section 5.1. Details are a list of faults, or facts about the refusal; both are objects inside.
_UUID = {"id": {"format": "uuid"}}
_DOCUMENTATION = Documentation(
    info={
        "title": "FIS Learn API",
        "version": "1.0.0",
        "description": """API documentation for the FIS Learn e-learning platform.

## Authentication
All endpoints (except auth) require a valid JWT token in the Authorization header:
```
Authorization: Bearer <token>
```

## Rate Limiting
Rate limits are enforced per user and vary by subscription tier.
Rate limit headers are included in all responses.

## Errors
Errors follow a consistent format with machine-readable codes.
""",
        "contact": {
            "name": "API Support",
            "email": "api-support@fislearn.com",
            "url": "https://developers.fislearn.com",
        },
    },
    servers=(
        {"url": "https://api.fislearn.com", "description": "Production"},
        {"url": "https://api.staging.fislearn.com", "description": "Staging"},
        {"url": "http://localhost:3000", "description": "Local development"},
    ),
    tags={
        "Auth": "Authentication and authorization",
        "Users": "User management",
        "Courses": "Course operations",
        "Chat": "Real-time chat",
        "Executions": "Code execution",
        "Files": "File uploads",
    },
    error={
        "type": "object",
        "required": ["success", "error"],
        "properties": {
            "success": {"type": "boolean", "enum": [False]},
            "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": {"type": "string", "examples": ["VALIDATION_ERROR"]},
                    "message": {"type": "string", "examples": ["Validation failed"]},
                    "details": {"type": ["array", "object"], "items": {"type": "object"}},
                    "requestId": {"type": "string", "examples": ["req_abc123"]},
                },
            },
        },
    },
    pagination={
        "type": "object",
        "properties": {
            "cursor": {"type": "string"},
            "nextCursor": {"type": "string"},
            "hasMore": {"type": "boolean"},
        },
    },
    renamed={"SubscriptionTerms": "Subscription", "TooManyRequests": "RateLimited"},
    members={
        "User": {
            **_UUID,
            "email": {"format": "email"},
            "avatarUrl": {"format": "uri"},
            "role": {"enum": ["admin", "instructor", "moderator", "subscriber", "free_user"]},
        },
        "Course": _UUID,
        "Execution": _UUID,
        "Message": {**_UUID, "channelId": {"format": "uuid"}},
    },
)

LEARN = Profile(
    name="learn",
    prefix="/learn",
    spell_member=same,
    spell_enum=snake_case,
    success=success,
    failure=failure,
    failures=FAILURES,
    stale_member="_stale",
    paginator=CursorPages(offset_deprecated_since=_OFFSET_DEPRECATED_SINCE),
    omits_nulls=True,
    echoes_values=True,
    headers=no_caching,
    page_headers=_PAGE_HEADERS,
    production_headers=_PRODUCTION_HEADERS,
    documentation=_DOCUMENTATION,
    title="Learning platform",
    description="Signing in, sessions, the second factor and accounts.",
)
