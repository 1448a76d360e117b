"""What the requirement documents say of an error's body and headers, dialect by dialect."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_RATE = ("limit", "remaining", "reset")
_SECRET = ("password", "token", "secret", "code", "card")

PM_CODES = {
    "VALIDATION_ERROR",
    "AUTHENTICATION_FAILED",
    "AUTHORIZATION_FAILED",
    "RESOURCE_NOT_FOUND",
    "RESOURCE_CONFLICT",
    "RATE_LIMIT_EXCEEDED",
    "INTERNAL_SERVER_ERROR",
    "SERVICE_UNAVAILABLE",
    "INVALID_CREDENTIALS",
}
# Sections 11.2, 11.3 and 12.3: every word, and what it is told with.
TRACKER_MESSAGES = {
    "INVALID_CREDENTIALS": "Invalid email or password",
    "TOKEN_EXPIRED": "Access token has expired",
    "TOKEN_INVALID": "Invalid access token",
    "REFRESH_TOKEN_EXPIRED": "Refresh token has expired",
    "INSUFFICIENT_PERMISSIONS": "Insufficient permissions to access resource",
    "RESOURCE_FORBIDDEN": "Access to resource is forbidden",
    "INVALID_FORMAT": "Field format is invalid",
    "VALIDATION_ERROR": "Request validation failed",
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
TRACKER_FIELD_CODES = {
    "REQUIRED_FIELD_MISSING",
    "INVALID_FORMAT",
    "VALUE_TOO_LONG",
    "VALUE_TOO_SHORT",
    "INVALID_ENUM_VALUE",
}
LEARN_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: https://cdn.fislearn.com; "
    "connect-src 'self' https://api.fislearn.com wss://ws.fislearn.com; "
    "font-src 'self' https://fonts.gstatic.com; frame-src 'none'; object-src 'none'"
)


@dataclass(frozen=True, slots=True)
class Expected:
    """A refusal as the document has it. ``code`` and ``message`` are None where it says none;
    ``fields`` must all be among the details, ``has_faults`` says that there are some."""

    status: int
    code: str | None = None
    message: str | None = None
    fields: frozenset[str] = frozenset()
    has_faults: bool = False


def wrong_with(dialect: str, response: httpx.Response, expected: Expected) -> list[str]:
    """What of the answer is not as the document of the dialect says."""
    if response.status_code != expected.status:
        return [f"status {response.status_code}, not {expected.status}: {response.text[:200]}"]
    if not response.headers.get("content-type", "").startswith(
        ("application/json", "application/vnd.")
    ):
        return [f"content type {response.headers.get('content-type')}"]
    body = response.json()
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("message"), str):
        return [f"no error object: {response.text[:200]}"]
    return [
        *_wrong_words(error, expected),
        *_wrong_headers(response),
        *_FORMS[dialect](body, error, response),
        *_wrong_faults(error, expected),
    ]


def _wrong_words(error: Mapping[str, Any], expected: Expected) -> Iterator[str]:
    if expected.code is not None and error.get("code") != expected.code:
        yield f"code {error.get('code')}, not {expected.code}"
    if expected.message is not None and error["message"] != expected.message:
        yield f"message {error['message']!r}, not {expected.message!r}"


def _wrong_headers(response: httpx.Response) -> Iterator[str]:
    if response.status_code == 401 and "www-authenticate" not in response.headers:
        yield "401 without WWW-Authenticate"
    if response.status_code == 405 and not response.headers.get("allow"):
        yield "405 without Allow"
    if response.status_code in (429, 503) and "retry-after" not in response.headers:
        yield "no Retry-After"
    if "x-request-id" not in response.headers:
        yield "no X-Request-ID"
    if response.status_code == 429:
        yield from _wrong_rate(response)


def _wrong_rate(response: httpx.Response) -> Iterator[str]:
    """S0-RL-01, S1-RL-01: what is left of a limit that is used up, and until when."""
    told = {name: response.headers.get(f"x-ratelimit-{name}", "") for name in _RATE}
    if not all(value.isdecimal() for value in told.values()) or told["remaining"] != "0":
        yield f"limits {told}"
    elif not 0 < int(told["reset"]) - time.time() <= 24 * 3600:
        yield f"the limit is reset at {told['reset']}"


def _wrong_faults(error: Mapping[str, Any], expected: Expected) -> Iterator[str]:
    if not expected.has_faults:
        return
    details = error.get("details")
    if not isinstance(details, list) or not details:
        yield f"no list of faults: {details}"
        return
    told = {detail.get("field") for detail in details}
    if missing := expected.fields - told:
        yield f"not told: {sorted(missing)} (told: {sorted(map(str, told))})"


def _pm(body: Any, error: Any, response: httpx.Response) -> Iterator[str]:
    """S0-ENV-02, S0-ENV-03, S0-ERR-01, C-47."""
    yield from _members(body, {"success", "error", "timestamp", "request_id"})
    yield from _members(error, {"code", "message", "details"}, "error.")
    if error.get("code") not in PM_CODES:
        yield f"code {error.get('code')} is none of the document"
    details = error.get("details")
    if not isinstance(details, list):
        yield f"details are no list: {details}"
    elif response.status_code == 503:
        yield from _service_down(details, response)
    elif any(set(detail) != {"field", "message"} for detail in details):
        yield f"details: {details}"
    yield from _signed(body, response)


def _service_down(details: Any, response: httpx.Response) -> Iterator[str]:
    """S0-ERR-04: which service is down, and when to come back."""
    again = response.headers.get("retry-after")
    for detail in details or ({},):
        told = (detail.get("status"), str(detail.get("retry_after")))
        if set(detail) != {"service", "status", "retry_after"} or told != ("down", again):
            yield f"service: {detail}, Retry-After {again}"


def _signed(body: Any, response: httpx.Response) -> Iterator[str]:
    if body.get("success") is not False:
        yield "success is not false"
    if not _TIME.fullmatch(str(body.get("timestamp"))):
        yield f"timestamp {body.get('timestamp')}"
    id = str(body.get("request_id"))
    if not id.startswith("req_") or response.headers.get("x-request-id") != id:
        yield f"request_id {id}, header {response.headers.get('x-request-id')}"


def _tracker(body: Any, error: Any, response: httpx.Response) -> Iterator[str]:
    """S1-ENV-02, S1-ERR-03 to -09, S1-VER-04."""
    yield from _members(body, {"success", "error", "meta"})
    yield from _members(error, {"code", "message", "details"}, "error.")
    yield from _tracker_words(error)
    yield from _meta(body, response)


def _tracker_words(error: Any) -> Iterator[str]:
    code = error.get("code")
    if code not in TRACKER_MESSAGES:
        yield f"code {code} is none of the document"
    elif error["message"] != TRACKER_MESSAGES[code]:
        yield f"message {error['message']!r} of {code}"
    details = error.get("details")
    for detail in details if isinstance(details, list) else ():
        if set(detail) != {"field", "code", "message"}:
            yield f"detail {detail}"
        elif detail["code"] not in TRACKER_FIELD_CODES:
            yield f"field code {detail['code']} is none of the document"
    if code == "INSUFFICIENT_PERMISSIONS" and not (
        isinstance(details, dict)
        and details.get("required_permission")
        and isinstance(details.get("user_permissions"), list)
    ):
        yield f"permissions are not named: {details}"

    if code == "RATE_LIMIT_EXCEEDED" and not (
        isinstance(details, dict)
        and set(details) == {"limit", "window", "reset_at"}
        and _TIME.fullmatch(str(details["reset_at"]))
    ):
        yield f"the limit is not told: {details}"


def _meta(body: Any, response: httpx.Response) -> Iterator[str]:
    meta = body.get("meta") or {}
    if set(meta) != {"timestamp", "version", "request_id"} or meta["version"] != "v1":
        yield f"meta {meta}"
    elif meta["request_id"] != response.headers.get("x-request-id"):
        yield f"request_id {meta['request_id']} is not that of the header"
    versions = tuple(
        response.headers.get(f"api-{kind}")
        for kind in ("version", "supported-versions", "deprecated-versions")
    )
    if versions != ("v1", "v1, v2", "v0"):
        yield f"versions {versions}"


def _union(body: Any, error: Any, response: httpx.Response) -> Iterator[str]:
    """C-78: the members of both, the words of the tracker."""
    yield from _members(body, {"success", "error", "meta", "timestamp", "request_id"})
    yield from _members(error, {"code", "message", "details"}, "error.")
    yield from _tracker_words(error)
    yield from _meta(body, response)
    yield from _signed(body, response)


def _learn(body: Any, error: Any, response: httpx.Response) -> Iterator[str]:
    """S4-ENV-03, S4-ENV-04, C-76, S4-SEC-02 to -06."""
    yield from _members(body, {"success", "error"})
    wanted = {"code", "message", "requestId"}
    if error.get("code") == "RATE_LIMIT_EXCEEDED":  # S4-RL-09
        wanted |= {"retryAfter", "limit", "resetAt"}
    yield from _members(error, wanted, "error.", optional={"details", "field"})
    if body.get("success") is not False:
        yield "success is not false"
    if error.get("requestId") != response.headers.get("x-request-id"):
        yield "requestId is not that of the header"
    if "ermission" in str(error.get("details")):
        yield f"permissions are told: {error['details']}"
    details = error.get("details")
    for detail in details if isinstance(details, list) else ():
        yield from _learn_fault(detail)
    headers = {
        "content-security-policy": LEARN_POLICY,
        "referrer-policy": "strict-origin-when-cross-origin",
        "x-dns-prefetch-control": "off",
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store, no-cache, must-revalidate, proxy-revalidate",
        "pragma": "no-cache",
        "expires": "0",
    }
    for name, value in headers.items():
        if response.headers.get(name) != value:
            yield f"{name}: {response.headers.get(name)}"


def _learn_fault(detail: Any) -> Iterator[str]:
    if not {"field", "code", "message"} <= set(detail) <= {"field", "code", "message", "value"}:
        yield f"detail {detail}"
        return
    if "value" in detail and any(word in detail["field"].lower() for word in _SECRET):
        yield f"the value of {detail['field']} is told"
    if len(str(detail.get("value", ""))) > 100:
        yield f"the value of {detail['field']} is not cut"


def _bare(_body: Any, _error: Any, _response: httpx.Response) -> Iterator[str]:
    """Documents 002 and 003 say nothing of an error's body but codes of their services."""
    yield from ()


def _members(
    value: Any, wanted: set[str], path: str = "", *, optional: set[str] | None = None
) -> Iterator[str]:
    if missing := wanted - set(value):
        yield f"missing: {', '.join(path + name for name in sorted(missing))}"
    if more := set(value) - wanted - (optional or set()):
        yield f"not documented: {', '.join(path + name for name in sorted(more))}"


_FORMS: Mapping[str, Callable[[Any, Any, httpx.Response], Iterator[str]]] = {
    "pm": _pm,
    "tracker": _tracker,
    "union": _union,
    "learn": _learn,
    "commerce": _bare,
    "todo": _bare,
}
