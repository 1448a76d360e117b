"""Errors of the dialects without an envelope."""

from typing import Any

from trellis.router.rest.profile import Failure, ResponseInfo
from trellis.router.rest.profiles.writing import other_details
from trellis.router.rest.statuses import phrase


def success(data: Any, _info: ResponseInfo) -> Any:
    """The data without an envelope."""
    return data


def failure(failed: Failure, _info: ResponseInfo) -> dict[str, Any]:
    """An object under ``error``: code, message, and details."""
    # Clients cannot correct internal errors.
    message = phrase(failed.status) if failed.status >= 500 else failed.message
    error: dict[str, Any] = {"code": failed.code, "message": message}
    if failed.problems:
        error["details"] = [
            {"field": one.field, "code": one.code, "message": one.message}
            for one in failed.problems
        ]
    elif failed.status != 404 and (details := other_details(failed)):  # nothing is there
        error["details"] = details
    return {"error": error}
