"""Authenticates the caller of a request before the request is read."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from trellis.router.identity.credentials import NO_CREDENTIALS, Credentials
from trellis.router.web.service_token import vouched_context_of
from trellis.schema.errors import BadRequest
from trellis.schema.identity import ANONYMOUS, Identity

_KEY = "trellis.identity"
_CREDENTIALS = {b"authorization": "Authorization", b"x-api-key": "X-API-Key"}

Authenticate = Callable[[Credentials], Awaitable[Identity]]
"""Returns the identity for credentials. Raises ``Unauthenticated``."""


async def authenticate_nobody(_credentials: Credentials) -> Identity:
    """For a router without issuers: all callers are anonymous."""
    return ANONYMOUS


class CallerIdentity:
    """Verifies the credentials of the caller. Invalid ones are refused with 401."""

    def __init__(self, app: ASGIApp, authenticate: Authenticate) -> None:
        self._app = app
        self._authenticate = authenticate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[_KEY] = await self._authenticate(credentials_of(scope))
        await self._app(scope, receive, send)


def credentials_of(scope: Mapping[str, Any]) -> Credentials:
    """``Authorization`` or ``X-API-Key`` of the request, or the identity that an authenticated
    router vouches for. Raises BadRequest if there are several."""
    context = vouched_context_of(scope)
    if context is not None:
        return Credentials(vouched=context.identity)
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
    """The identity that ``CallerIdentity`` has verified."""
    return scope.get(_KEY, ANONYMOUS)
