"""Adds headers to all responses."""

from collections.abc import Container, MutableMapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KEY = "trellis.response_headers"

# Pages of other origins can neither frame a response, nor guess its type, nor read it. Responses
# with other needs, such as GraphiQL, have headers of their own.
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class ResponseHeaders:
    """Adds the security headers and those of ``add_response_header`` to each response, unless it
    has a header of the same name.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        extra: list[tuple[bytes, bytes]] = [*SECURITY_HEADERS]
        scope[_KEY] = extra

        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = list(message.get("headers", ()))
                present = {name for name, _ in headers}
                present.discard(b"vary")  # its values are combined
                headers += [pair for pair in extra if pair[0] not in present]
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, send_with_headers)


def add_response_header(scope: MutableMapping[str, Any], name: bytes, value: bytes) -> None:
    """Add a header to the response of this request. Without ``ResponseHeaders`` it is ignored."""
    extra = scope.get(_KEY)
    if extra is not None:
        extra.append((name, value))


def added_headers(
    scope: MutableMapping[str, Any], *, except_for: Container[bytes]
) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of ``add_response_header`` for this request, except for some names."""
    return tuple(pair for pair in scope.get(_KEY, ()) if pair[0] not in except_for)
