"""Which pages of other origins may read our answers."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from router.config import Cors

_CLIENTS_MAY_READ = (
    "x-request-id",
    "retry-after",
    "location",
    "etag",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
)
_CLIENTS_MAY_SEND = (
    "authorization",
    "content-type",
    "idempotency-key",
    "x-request-id",
    "x-trellis-plan",
    "x-trellis-preflight",
)


def allow_origins(app: ASGIApp, cors: Cors) -> ASGIApp:
    """Answers preflights (Fetch standard, section 3.2) and marks answers for exact origins.

    Cookies are never part of it: callers prove themselves by the Authorization header.
    """
    return CORSMiddleware(
        app,
        allow_origins=list(cors.origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=list(_CLIENTS_MAY_SEND),
        expose_headers=list(_CLIENTS_MAY_READ),
        max_age=cors.max_age_seconds,
    )
