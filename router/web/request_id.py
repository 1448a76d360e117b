"""Assigns an id to each request: that of the client if it is valid, otherwise a new one."""

import re
from collections.abc import Iterable, Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

from starlette.types import ASGIApp, Receive, Scope, Send

from trellis.router.web.response_headers import add_response_header

_KEY = "trellis.request_id"
current_request_id: ContextVar[str | None] = ContextVar("current_request_id", default=None)
"""The id of the current request, for log lines."""

_VALID = re.compile(rb"[A-Za-z0-9._-]{1,128}")


class RequestId:
    """Keeps ``X-Request-ID`` if it matches ``[A-Za-z0-9._-]{1,128}``, otherwise creates a UUID. The
    response has the id too, and log lines of the request have it as ``request_id``.
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
        # Each request has its own context, so this need not be reset.
        current_request_id.set(request_id)
        await self._app(scope, receive, send)


def request_id_of(scope: Mapping[str, Any]) -> str:
    """The id that ``RequestId`` has assigned, empty without it."""
    return scope.get(_KEY, "")


def adopt_request_id(scope: MutableMapping[str, Any], request_id: str) -> None:
    """Use the id of the router that sends this request."""
    scope[_KEY] = request_id
    current_request_id.set(request_id)


def new_request_id() -> str:
    """A UUID, as some requirement documents demand."""
    return str(uuid4())


def chosen_by_client(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The id in the headers of a request, if it is valid."""
    for name, value in headers:
        if name == b"x-request-id":
            return value.decode() if _VALID.fullmatch(value) else None
    return None
