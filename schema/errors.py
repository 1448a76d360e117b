"""Errors of callers: one table for GraphQL, REST and WebSocket.

TrellisError                       code                    HTTP
├── BadRequest                     BAD_REQUEST             400   malformed, could not be read
├── BadUserInput                   BAD_USER_INPUT          400   read, but not acceptable
├── Unauthenticated                UNAUTHENTICATED         401
├── InvalidCredentials             INVALID_CREDENTIALS     401
├── RefreshTokenExpired            REFRESH_TOKEN_EXPIRED   401
├── Forbidden                      FORBIDDEN               403
├── EntitlementRequired            ENTITLEMENT_REQUIRED    403
├── NotFound                       NOT_FOUND               404
├── AlreadyExists                  ALREADY_EXISTS          409
├── Conflict                       CONFLICT                409
├── PayloadTooLarge                PAYLOAD_TOO_LARGE       413
├── RateLimited                    RATE_LIMITED            429
└── Unavailable                    SERVICE_UNAVAILABLE     503

Whatever is not a TrellisError is our fault: it is logged with the request id and shown as
INTERNAL, nothing else of it leaves the process.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One invalid input member: its path, a code and a message."""

    field: str
    code: str
    message: str


class TrellisError(Exception):
    """An error with a message that is safe for clients; ``extensions`` has the details."""

    code: ClassVar[str] = "INTERNAL"
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, Any] = details

    @property
    def extensions(self) -> dict[str, Any]:
        """graphql-core copies this property to the response's ``errors[].extensions``."""
        return {"code": self.code, **self.details}


class BadRequest(TrellisError):
    code = "BAD_REQUEST"
    http_status = 400


class BadUserInput(TrellisError):
    code = "BAD_USER_INPUT"
    http_status = 400

    def __init__(self, message: str, problems: Sequence[FieldProblem] = (), **details: Any) -> None:
        if problems:
            details["fields"] = [
                {"field": p.field, "code": p.code, "message": p.message} for p in problems
            ]
        super().__init__(message, **details)
        self.problems = tuple(problems)


class Unauthenticated(TrellisError):
    code = "UNAUTHENTICATED"
    http_status = 401


class InvalidCredentials(TrellisError):
    code = "INVALID_CREDENTIALS"
    http_status = 401


class RefreshTokenExpired(TrellisError):
    code = "REFRESH_TOKEN_EXPIRED"
    http_status = 401


class Forbidden(TrellisError):
    code = "FORBIDDEN"
    http_status = 403


class EntitlementRequired(TrellisError):
    code = "ENTITLEMENT_REQUIRED"
    http_status = 403


class NotFound(TrellisError):
    code = "NOT_FOUND"
    http_status = 404


class AlreadyExists(TrellisError):
    code = "ALREADY_EXISTS"
    http_status = 409


class Conflict(TrellisError):
    code = "CONFLICT"
    http_status = 409


class PayloadTooLarge(TrellisError):
    code = "PAYLOAD_TOO_LARGE"
    http_status = 413


class RateLimited(TrellisError):
    code = "RATE_LIMITED"
    http_status = 429


class Unavailable(TrellisError):
    code = "SERVICE_UNAVAILABLE"
    http_status = 503
