"""Dialect profiles: how a family of REST clients sees the graph's answers and errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from router.rest.projection import snake_case


@dataclass(frozen=True, slots=True)
class Failure:
    """An error on its way to a client: the canonical code and what the profile makes of it."""

    code: str
    message: str
    details: Any = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One dialect. ``failures`` maps canonical codes to (status, code); ``success`` and
    ``failure`` write the bodies around data and errors."""

    name: str
    prefix: str
    member_name: Callable[[str], str]
    enum_value: Callable[[str], str]
    failures: Mapping[str, tuple[int, str]]
    success: Callable[[Any, str], Mapping[str, Any]]
    failure: Callable[[Failure, str], Mapping[str, Any]]

    def translate(self, code: str) -> tuple[int, str]:
        """Status and code for a canonical code; what the table does not know is our fault."""
        return self.failures.get(code, self.failures["INTERNAL"])


def _meta(request_id: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"timestamp": now, "version": "v1", "request_id": request_id}


def _tracker_success(data: Any, request_id: str) -> Mapping[str, Any]:
    return {"success": True, "data": data, "meta": _meta(request_id)}


def _tracker_failure(failure: Failure, request_id: str) -> Mapping[str, Any]:
    error: dict[str, Any] = {"code": failure.code, "message": failure.message}
    if failure.details is not None:
        error["details"] = failure.details
    return {"success": False, "error": error, "meta": _meta(request_id)}


TRACKER = Profile(
    name="tracker",
    prefix="/tracker",
    member_name=snake_case,
    enum_value=str.lower,
    failures={
        "BAD_REQUEST": (400, "INVALID_FORMAT"),
        "BAD_USER_INPUT": (422, "VALIDATION_ERROR"),
        "UNAUTHENTICATED": (401, "TOKEN_INVALID"),
        "TOKEN_EXPIRED": (401, "TOKEN_EXPIRED"),
        "INVALID_CREDENTIALS": (401, "INVALID_CREDENTIALS"),
        "REFRESH_TOKEN_EXPIRED": (401, "REFRESH_TOKEN_EXPIRED"),
        "FORBIDDEN": (403, "INSUFFICIENT_PERMISSIONS"),
        "UNAUTHORIZED_FIELD_OR_TYPE": (403, "INSUFFICIENT_PERMISSIONS"),
        "ENTITLEMENT_REQUIRED": (403, "RESOURCE_FORBIDDEN"),
        "NOT_FOUND": (404, "RESOURCE_NOT_FOUND"),
        "ALREADY_EXISTS": (409, "RESOURCE_ALREADY_EXISTS"),
        "CONFLICT": (409, "RESOURCE_CONFLICT"),
        "PAYLOAD_TOO_LARGE": (413, "PAYLOAD_TOO_LARGE"),
        "RATE_LIMITED": (429, "RATE_LIMIT_EXCEEDED"),
        "INTERNAL": (500, "INTERNAL_SERVER_ERROR"),
        "SERVICE_UNAVAILABLE": (503, "SERVICE_UNAVAILABLE"),
        "SUBGRAPH_UNAVAILABLE": (503, "SERVICE_UNAVAILABLE"),
        "SUBGRAPH_TIMEOUT": (503, "SERVICE_UNAVAILABLE"),
        "REQUEST_TIMEOUT": (503, "SERVICE_UNAVAILABLE"),
    },
    success=_tracker_success,
    failure=_tracker_failure,
)

PROFILES = {profile.name: profile for profile in (TRACKER,)}
