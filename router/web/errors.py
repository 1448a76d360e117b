"""The last error boundary: converts exceptions to responses without internal details."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trellis.router.errors import OperationRefused
from trellis.router.web.request_id import request_id_of
from trellis.schema.errors import TrellisError

log = structlog.get_logger(__name__)

Body = Mapping[str, Any]


class ErrorAnswer(NamedTuple):
    """The response for an error."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    async def send(self, send: Send, *, kind: str = "http.response") -> None:
        """Send the response. ``kind`` is the prefix of the ASGI message types."""
        headers = [*self.headers, (b"content-length", b"%d" % len(self.body))]
        await send({"type": f"{kind}.start", "status": self.status, "headers": headers})
        await send({"type": f"{kind}.body", "body": self.body})


WriteError = Callable[[TrellisError, Scope], ErrorAnswer]
"""Creates the response for an error in the form that the clients of this path expect."""


SIGN_IN_FIRST = "Sign in: send an access token as `Authorization: Bearer ...`."


class InternalError(TrellisError):
    """Replaces unexpected exceptions, whose details are only logged."""


def graphql_error_body(error: TrellisError, request_id: str) -> Body:
    """The error as a GraphQL response without ``data`` (GraphQL specification, section 7.1)."""
    if isinstance(error, OperationRefused):
        return {"errors": error.errors}
    extensions = error.extensions
    if isinstance(error, InternalError):
        extensions["requestId"] = request_id
    return {"errors": [{"message": error.message, "extensions": extensions}]}


def graphql_error(error: TrellisError, scope: Scope) -> ErrorAnswer:
    """The error as a GraphQL response."""
    body = orjson.dumps(graphql_error_body(error, request_id_of(scope)), default=str)
    headers = [*error_headers(error), (b"content-type", b"application/json; charset=utf-8")]
    return ErrorAnswer(status_of(error), headers, body)


class Errors:
    """Responds to a ``TrellisError`` with its status. Other exceptions are logged and get a 500,
    which contains only the request id.
    """

    def __init__(self, app: ASGIApp, write: WriteError = graphql_error) -> None:
        self._app = app
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._run_socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False

        async def watched_send(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except Exception as error:  # the boundary of a request
            presentable = as_trellis_error(error)
            if has_started:  # the status is already sent: the server closes the connection
                raise
            await self._write(presentable, scope).send(send)

    async def _run_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A refused handshake gets an HTTP response if the server supports it (ASGI extension
        ``websocket.http.response``), otherwise it is closed, which means 403."""
        has_begun = False

        async def watched_send(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except TrellisError as error:
            if has_begun or "websocket.http.response" not in scope.get("extensions", ()):
                await send({"type": "websocket.close", "code": 1008, "reason": error.code})
            else:
                await self._write(error, scope).send(send, kind="websocket.http.response")


def as_trellis_error(error: Exception) -> TrellisError:
    """A ``TrellisError`` as it is; other exceptions are logged and replaced by InternalError."""
    if isinstance(error, TrellisError):
        return error
    log.error("request_failed", exc_info=error)
    return InternalError("Something went wrong on our side. The request id helps to find it.")


def status_of(error: TrellisError) -> int:
    return error.status if isinstance(error, OperationRefused) else error.http_status


def error_headers(error: TrellisError, retry_seconds: int = 5) -> list[tuple[bytes, bytes]]:
    """The headers that a status requires: RFC 9110 sections 10.2.1, 10.2.3 and 11.6.1.
    ``retry_seconds`` is the default for 503."""
    status = status_of(error)
    headers = []
    if status == 401:
        headers.append((b"www-authenticate", _challenge(error)))
    if "allow" in error.details:
        headers.append((b"allow", str(error.details["allow"]).encode()))
    if status == 503 or "retry_after" in error.details:
        seconds = int(error.details.get("retry_after", retry_seconds))
        headers.append((b"retry-after", str(seconds).encode()))
    return headers


def _challenge(error: TrellisError) -> bytes:
    """RFC 6750 section 3: ``invalid_token`` only if there was a token."""
    return b'Bearer error="invalid_token"' if "reason" in error.details else b"Bearer"
