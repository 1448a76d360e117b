"""Cross-origin requests (CORS)."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from trellis.router.web.response_headers import add_response_header

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_CLIENTS_MAY_READ = (
    "X-Request-ID",
    "Retry-After",
    "Location",
    "ETag",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-RateLimit-Window",
    "RateLimit",
    "RateLimit-Policy",
    "API-Version",
    "API-Supported-Versions",
    "API-Deprecated-Versions",
    "Deprecation",
    "Sunset",
    "Link",
    "Idempotency-Replayed",
)
_CLIENTS_MAY_SEND = (
    "Authorization",
    "X-API-Key",
    "Content-Type",
    "Accept-Language",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "X-Client-Version",
    "X-Request-ID",
    "X-Trellis-Plan",
    "X-Trellis-Preflight",
)


class AllowOrigins:
    """Responds to preflights (Fetch standard, section 3.2) and adds the CORS headers.

    Credentials are allowed unless all origins are. Cookies are never read: callers authenticate
    with the Authorization header. Without an Origin, the response only gets ``Vary: Origin``.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str], max_age_seconds: int) -> None:
        self._app = app
        self._cross_origin = _CrossOrigin(
            app,
            allow_origins=origins,
            allow_methods=_METHODS,
            allow_headers=_CLIENTS_MAY_SEND,
            allow_credentials="*" not in origins,
            expose_headers=_CLIENTS_MAY_READ,
            max_age=max_age_seconds,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and any(name == b"origin" for name, _ in scope["headers"]):
            await self._cross_origin(scope, receive, send)
            return
        add_response_header(scope, b"vary", b"Origin")
        await self._app(scope, receive, send)


class _CrossOrigin(CORSMiddleware):
    def preflight_response(self, request_headers: Headers) -> Response:
        """204 instead of 200, whose body would be useless."""
        response = super().preflight_response(request_headers)
        if response.status_code != 200:
            return response
        headers = {
            name: value
            for name, value in response.headers.items()
            if name not in ("content-length", "content-type")
        }
        return Response(status_code=204, headers=headers)
