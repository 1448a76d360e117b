"""Gives each request an id: the client's when it is harmless, otherwise a new one."""

import re
from collections.abc import Iterable, Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

from starlette.types import ASGIApp, Receive, Scope, Send

from trellis.router.web.response_headers import add_response_header

_KEY = "trellis.request_id"
current_request_id: ContextVar[str | None] = ContextVar("current_request_id", default=None)
"""The id of the request being handled, for log lines."""

_HARMLESS = re.compile(rb"[A-Za-z0-9._-]{1,128}")


class RequestId:
    """Keeps ``X-Request-ID`` if it is ``[A-Za-z0-9._-]{1,128}``, else makes a UUID; the answer
    carries the id too.

    Log lines written while the request is handled have it as ``request_id``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = chosen_by_client(scope["headers"]) or new_request_id()
        scope[_KEY] = request_id
        add_response_header(scope, b"x-request-id", request_id.encode())
        # Each request runs in a context of its own, so nothing needs to be reset afterwards.
        current_request_id.set(request_id)
        await self._app(scope, receive, send)


def request_id_of(scope: Mapping[str, Any]) -> str:
    """The id that ``RequestId`` gave this request; empty outside of it."""
    return scope.get(_KEY, "")


def adopt_request_id(scope: MutableMapping[str, Any], request_id: str) -> None:
    """Go on under an id that was settled before, by the router that sends this request."""
    scope[_KEY] = request_id
    current_request_id.set(request_id)


def new_request_id() -> str:
    """A UUID, which the documents of some REST dialects promise."""
    return str(uuid4())


def chosen_by_client(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The id that a client gives its request, if it is harmless."""
    for name, value in headers:
        if name == b"x-request-id":
            return value.decode() if _HARMLESS.fullmatch(value) else None
    return None
