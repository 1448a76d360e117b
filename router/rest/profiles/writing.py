"""What the envelopes of several dialects have in common: times, request ids, details."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from trellis.router.rest.profile import Failure, Headers, ResponseInfo
from trellis.router.rest.spelling import snake_case

NOT_FOR_CLIENTS = frozenset({"fields", "reason", "service", "path", "user_permissions"})
"""Details of errors that are in other places of a response, or internal."""


def written_time(moment: datetime) -> str:
    """ISO 8601 in UTC, to the second: ``2024-01-15T10:30:00Z``."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat()[:19] + "Z"  # a fifth of the time of strftime


def iso_moment(value: Any) -> Any:
    """A time in ISO 8601, given in ISO 8601 or as Unix time."""
    if isinstance(value, int | float):
        return written_time(datetime.fromtimestamp(value, UTC))
    return value


def prefixed_request_id(request_id: str) -> str:
    """The id with the prefix ``req_``."""
    return request_id if request_id.startswith("req_") else f"req_{request_id}"


def prefixed_request_id_header(info: ResponseInfo) -> Headers:
    """``X-Request-ID`` with the same id as the body."""
    return ((b"x-request-id", prefixed_request_id(info.request_id).encode()),)


def told_message(failure: Failure, fixed: Mapping[str, str]) -> str:
    """The message that the document of the dialect has for the code, otherwise that of the error.
    That of VALIDATION_ERROR is used if the details describe what is wrong."""
    if failure.code == "VALIDATION_ERROR" and not failure.problems:
        return failure.message
    return fixed.get(failure.code, failure.message)


def rate_details(failure: Failure) -> Mapping[str, Any]:
    """The limit that was exceeded: limit, window, reset_at."""
    details = failure.details
    found = {name: details[name] for name in ("limit", "window") if name in details}
    if "reset_at" in details:
        found["reset_at"] = iso_moment(details["reset_at"])
    return found


def service_down(failure: Failure, retry_seconds: int) -> list[dict[str, Any]]:
    """Which service is down, of a failure with status 503. An error that a service raises itself
    names it too, and says nothing of the kind."""
    service = failure.details.get("service")
    if service is None:
        return []
    retry_after = failure.details.get("retry_after", retry_seconds)
    return [{"service": service, "status": "down", "retry_after": retry_after}]


def other_details(failure: Failure) -> dict[str, Any]:
    """The other details of an error (``current_version``, ``limit`` ...), in snake case."""
    return {
        snake_case(name): value
        for name, value in failure.details.items()
        if name not in NOT_FOR_CLIENTS
    }
