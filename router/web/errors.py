"""The last boundary of a request: whatever was raised becomes a clear answer that leaks nothing."""

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
    """An error as it goes out."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    async def send(self, send: Send, *, kind: str = "http.response") -> None:
        """Write it, with the length of the body; ``kind`` begins the types of the messages."""
        headers = [*self.headers, (b"content-length", b"%d" % len(self.body))]
        await send({"type": f"{kind}.start", "status": self.status, "headers": headers})
        await send({"type": f"{kind}.body", "body": self.body})


WriteError = Callable[[TrellisError, Scope], ErrorAnswer]
"""Writes an error in the words that the clients of this request's address know."""


class InternalError(TrellisError):
    """Stands for anything that was not the caller's doing."""


def graphql_error_body(error: TrellisError, request_id: str) -> Body:
    """The error as a GraphQL response without ``data`` (GraphQL specification, section 7.1)."""
    if isinstance(error, OperationRefused):
        return {"errors": error.errors}
    extensions = error.extensions
    if isinstance(error, InternalError):
        extensions["requestId"] = request_id
    return {"errors": [{"message": error.message, "extensions": extensions}]}


def graphql_error(error: TrellisError, scope: Scope) -> ErrorAnswer:
    """The error as clients of GraphQL read it."""
    body = orjson.dumps(graphql_error_body(error, request_id_of(scope)), default=str)
    headers = [*error_headers(error), (b"content-type", b"application/json; charset=utf-8")]
    return ErrorAnswer(status_of(error), headers, body)


class Errors:
    """Answers with the status of a ``TrellisError``; anything else is logged and answered as 500.

    What reaches a client about our own faults is the request id, by which the log is found.
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
            mendable = as_trellis_error(error)
            if has_started:  # too late for a status: the server cuts the connection
                raise
            await self._write(mendable, scope).send(send)

    async def _run_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A refused handshake is answered like a request, where the server can do that (ASGI
        extension ``websocket.http.response``); a close before the accept means 403."""
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
    """The error itself when the caller can mend it; otherwise it is logged and masked."""
    if isinstance(error, TrellisError):
        return error
    log.error("request_failed", exc_info=error)
    return InternalError("Something went wrong on our side. The request id helps to find it.")


def status_of(error: TrellisError) -> int:
    return error.status if isinstance(error, OperationRefused) else error.http_status


def error_headers(error: TrellisError, retry_seconds: int = 5) -> list[tuple[bytes, bytes]]:
    """What HTTP wants beside a status: RFC 9110 sections 10.2.1, 10.2.3 and 11.6.1.
    ``retry_seconds`` is told where something is unavailable and the error does not say how long."""
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
    """RFC 6750 section 3: a token that was sent and refused is told apart from none."""
    return b'Bearer error="invalid_token"' if "reason" in error.details else b"Bearer"
