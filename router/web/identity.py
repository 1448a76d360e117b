"""Proves who calls, once per request, before anything is read from it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from schema.errors import BadRequest
from schema.identity import ANONYMOUS, Identity

_KEY = "trellis.identity"

Authenticate = Callable[[str | None], Awaitable[Identity]]
"""Turns an Authorization header into an identity or raises ``Unauthenticated``."""


async def authenticate_nobody(_authorization: str | None) -> Identity:
    """For a router that knows no issuer: every caller is anonymous."""
    return ANONYMOUS


class CallerIdentity:
    """Verifies the ``Authorization`` header; a token that is no good refuses the request (401)."""

    def __init__(self, app: ASGIApp, authenticate: Authenticate) -> None:
        self._app = app
        self._authenticate = authenticate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[_KEY] = await self._authenticate(authorization_of(scope))
        await self._app(scope, receive, send)


def authorization_of(scope: Mapping[str, Any]) -> str | None:
    """The Authorization header. Raises BadRequest when there is more than one."""
    values = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(values) > 1:
        raise BadRequest("A request may have one Authorization header.")
    return values[0].decode("latin-1") if values else None


def identity_of(scope: Mapping[str, Any]) -> Identity:
    """Who ``CallerIdentity`` proved the caller to be."""
    return scope.get(_KEY, ANONYMOUS)
