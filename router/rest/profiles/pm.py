"""The dialect of the project management suite: snake case, a message and a request id on top."""

from typing import Any

from trellis.router.rest.profile import Failure, Profile, ResponseInfo
from trellis.router.rest.profiles.paging import NumberedPages
from trellis.router.rest.profiles.writing import (
    prefixed_request_id,
    prefixed_request_id_header,
    service_down,
    told_message,
    written_time,
)
from trellis.router.rest.spelling import snake_case
from trellis.router.rest.vocabulary import closed_vocabulary

# Clients of this dialect know eight codes, and one more at signing in.
FAILURES = closed_vocabulary(
    {
        "BAD_REQUEST": "VALIDATION_ERROR",
        "BAD_USER_INPUT": (400, "VALIDATION_ERROR"),
        "BAD_USER_INPUT:INVALID_TOKEN": (401, "AUTHENTICATION_FAILED"),
        "UNAUTHENTICATED": "AUTHENTICATION_FAILED",
        "INVALID_CREDENTIALS": "INVALID_CREDENTIALS",
        "FORBIDDEN": "AUTHORIZATION_FAILED",
        "NOT_FOUND": "RESOURCE_NOT_FOUND",
        "CONFLICT": "RESOURCE_CONFLICT",
        "SERVICE_UNAVAILABLE:DATABASE": (500, "INTERNAL_SERVER_ERROR"),
    }
)

RETRY_SECONDS = 30
_MESSAGES = {
    "VALIDATION_ERROR": "Invalid input data",
    "INVALID_CREDENTIALS": "Invalid email or password",
    "AUTHORIZATION_FAILED": "Insufficient permissions",
    "INTERNAL_SERVER_ERROR": "Internal server error",
}


def success(data: Any, info: ResponseInfo) -> dict[str, Any]:
    body: dict[str, Any] = {"success": True, "data": data}
    if info.pagination is not None:
        body["pagination"] = info.pagination
    body["message"] = info.message or "Operation completed successfully"
    return body | _signature(info)


def failure(failed: Failure, info: ResponseInfo) -> dict[str, Any]:
    error = {"code": failed.code, "message": _message(failed), "details": details(failed)}
    return {"success": False, "error": error} | _signature(info)


def _message(failed: Failure) -> str:
    if failed.status != 503:
        return told_message(failed, _MESSAGES)
    service = failed.details.get("service", "")
    return f"{service} service is temporarily unavailable".strip().capitalize()


def details(failed: Failure) -> list[dict[str, Any]]:
    """What is wrong with the request, or which service is down; empty for all else."""
    if failed.problems:
        return [{"field": one.field, "message": one.message} for one in failed.problems]
    if failed.status == 503:
        return service_down(failed, RETRY_SECONDS)
    if field := failed.details.get("field"):
        return [{"field": snake_case(field), "message": failed.message}]
    return []


def _signature(info: ResponseInfo) -> dict[str, Any]:
    return {
        "timestamp": written_time(info.time),
        "request_id": prefixed_request_id(info.request_id),
    }


PM = Profile(
    name="pm",
    prefix="/pm",
    spell_member=snake_case,
    spell_enum=snake_case,
    success=success,
    failure=failure,
    failures=FAILURES,
    paginator=NumberedPages(clamps=True, tells_neighbours=True),
    headers=prefixed_request_id_header,
    retry_seconds=RETRY_SECONDS,
    title="Project management suite",
    description="Organizations, teams, projects with their milestones and tasks, comments.",
)
