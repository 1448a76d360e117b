"""Which pages of other origins may read our answers."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from trellis.router.config import Cors
from trellis.router.web.response_headers import add_response_header

_CLIENTS_MAY_READ = (
    "x-request-id",
    "retry-after",
    "location",
    "etag",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-ratelimit-window",
    "ratelimit",
    "ratelimit-policy",
)
_CLIENTS_MAY_SEND = (
    "authorization",
    "x-api-key",
    "content-type",
    "idempotency-key",
    "x-request-id",
    "x-trellis-plan",
    "x-trellis-preflight",
)


class AllowOrigins:
    """Answers preflights (Fetch standard, section 3.2) and marks answers for exact origins.

    Cookies are never part of it: callers prove themselves by the Authorization header. A request
    without an Origin only learns that answers differ by it, and skips the rest.
    """

    def __init__(self, app: ASGIApp, cors: Cors) -> None:
        self._app = app
        self._cross_origin = CORSMiddleware(
            app,
            allow_origins=list(cors.origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=list(_CLIENTS_MAY_SEND),
            expose_headers=list(_CLIENTS_MAY_READ),
            max_age=cors.max_age_seconds,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and any(name == b"origin" for name, _ in scope["headers"]):
            await self._cross_origin(scope, receive, send)
            return
        add_response_header(scope, b"vary", b"Origin")
        await self._app(scope, receive, send)
