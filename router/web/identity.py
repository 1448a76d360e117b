"""Proves who calls, once per request, before anything is read from it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from trellis.router.identity.credentials import NO_CREDENTIALS, Credentials
from trellis.router.web.service_token import router_word_of
from trellis.schema.errors import BadRequest
from trellis.schema.identity import ANONYMOUS, Identity

_KEY = "trellis.identity"
_CREDENTIALS = {b"authorization": "Authorization", b"x-api-key": "X-API-Key"}

Authenticate = Callable[[Credentials], Awaitable[Identity]]
"""Turns what a caller brings along into an identity or raises ``Unauthenticated``."""


async def authenticate_nobody(_credentials: Credentials) -> Identity:
    """For a router that knows no issuer: every caller is anonymous."""
    return ANONYMOUS


class CallerIdentity:
    """Verifies the caller's credentials; those that are no good refuse the request (401)."""

    def __init__(self, app: ASGIApp, authenticate: Authenticate) -> None:
        self._app = app
        self._authenticate = authenticate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[_KEY] = await self._authenticate(credentials_of(scope))
        await self._app(scope, receive, send)


def credentials_of(scope: Mapping[str, Any]) -> Credentials:
    """``Authorization`` or ``X-API-Key`` of the request, unless a router that proved itself says
    who calls. Raises BadRequest when there is more than one of them."""
    word = router_word_of(scope)
    if word is not None:
        return Credentials(vouched=word.identity)
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in _CREDENTIALS:
            if name in found:
                raise BadRequest(f"A request may have one {_CREDENTIALS[name]} header.")
            found[name] = value.decode("latin-1")
    if not found:
        return NO_CREDENTIALS
    if len(found) > 1:
        raise BadRequest("Send either an Authorization or an X-API-Key header, not both.")
    return Credentials(found.get(b"authorization"), found.get(b"x-api-key"))


def identity_of(scope: Mapping[str, Any]) -> Identity:
    """Who ``CallerIdentity`` proved the caller to be."""
    return scope.get(_KEY, ANONYMOUS)
