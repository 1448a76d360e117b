"""Authenticates the router at a subgraph in its own process."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from trellis.router.trust.headers import CALLER, REQUEST, read_context
from trellis.router.trust.service_tokens import SERVICE_TOKEN
from trellis.router.web.json_text import dump_json
from trellis.router.web.request_id import adopt_request_id
from trellis.schema.errors import Forbidden
from trellis.schema.request import RequestContext

_KEY = "trellis.vouched_context"
_NAMES = {name.encode(): name for name in (SERVICE_TOKEN, CALLER, REQUEST)}

log = structlog.get_logger(__name__)


class RequireServiceToken:
    """Refuses HTTP requests and WebSockets without a valid ``X-Service-Token``. The headers
    ``x-trellis-...`` are trusted only with a valid token.

    ``open_paths`` need no token. With ``is_open`` it is optional, for trying the subgraph by hand:
    the caller is then authenticated by its own token. Invalid service tokens are always refused.
    """

    def __init__(
        self,
        app: ASGIApp,
        is_good: Callable[[str], bool],
        *,
        open_paths: Collection[str] = (),
        is_open: bool = False,
    ) -> None:
        self._app = app
        self._is_good = is_good
        self._open_paths = frozenset(open_paths)
        self._is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] in self._open_paths:
            await self._app(scope, receive, send)
            return
        context = self._vouched_context(scope)
        if context is None and (not self._is_open or _has_token(scope)):
            log.warning("refused_without_service_token", path=scope["path"][:200])
            await _refuse(scope, send)
            return
        if context is not None:
            scope[_KEY] = context
            if context.request_id:
                adopt_request_id(scope, context.request_id)
        await self._app(scope, receive, send)

    def _vouched_context(self, scope: Scope) -> RequestContext | None:
        """The context that the router sends; None without a valid token."""
        found: dict[str, str] = {}
        for name, value in scope["headers"]:
            if name in _NAMES:
                if _NAMES[name] in found:
                    return None
                found[_NAMES[name]] = value.decode("latin-1")
        token = found.get(SERVICE_TOKEN)
        if token is None or not self._is_good(token):
            return None
        try:
            return read_context(found.get(CALLER), found.get(REQUEST))
        except (ValueError, RecursionError):
            log.warning("context_of_router_not_understood")
            return None


def vouched_context_of(scope: Mapping[str, Any]) -> RequestContext | None:
    """The context that an authenticated router has sent, without its ``headers``."""
    return scope.get(_KEY)


def _has_token(scope: Scope) -> bool:
    return any(name == SERVICE_TOKEN.encode() for name, _ in scope["headers"])


async def _refuse(scope: Scope, send: Send) -> None:
    """Not a GraphQL response, because the router would pass that on to its client."""
    message = "Only the router may call this subgraph: the request has no valid X-Service-Token."
    if scope["type"] == "websocket":
        raise Forbidden(message)
    body = dump_json({"code": "SERVICE_TOKEN_REQUIRED", "message": message})
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
