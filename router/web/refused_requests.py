"""Counts requests that were refused before there was an operation to count."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trellis.router.rate_limit.report import LimitReached
from trellis.router.web.errors import WriteError, graphql_error
from trellis.router.web.request_context import begin_charge
from trellis.router.web.request_id import request_id_of
from trellis.router.web.response_headers import (
    SECURITY_HEADERS,
    add_response_header,
    added_headers,
)
from trellis.router.web.services import Services
from trellis.schema.errors import BadRequest
from trellis.schema.rate_limit import Charge

_REFUSED = BadRequest("This request was refused.")
# The resolution of Retry-After.
_REPEAT_SECONDS = 1.0
_MAX_REMEMBERED = 4_096
# Shorter ids of clients may occur in a response by chance. Generated ids have 36 characters.
_MIN_ID_LENGTH = 32
_IGNORED_HEADERS = frozenset(
    {b"content-length", b"content-type", b"user-agent", b"x-request-id", b"traceparent"}
)
# Added to each response by other layers.
_ADDED_BY_LAYERS = frozenset({b"x-request-id", b"vary", *(name for name, _ in SECURITY_HEADERS)})


@dataclass(slots=True)
class _RepeatableRefusal:
    """The 429 of a caller whose requests will all be refused before ``until``, with the id of the
    request that it was the response to."""

    until: float
    request_id: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""

    async def send(self, send: Send, request_id: bytes) -> None:
        """Send it as the response to another request, with the id of that request."""
        body = self.body.replace(self.request_id, request_id)
        headers: list[tuple[bytes, bytes]] = []
        for name, value in self.headers:
            if name == b"content-length":
                value = b"%d" % len(body)
            elif name == b"x-request-id":
                value = value.replace(self.request_id, request_id)
            headers.append((name, value))
        await send({"type": "http.response.start", "status": 429, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class _ResponseRecorder:
    """Forwards a response, and stores it in ``repeatable`` if later requests may get it too."""

    def __init__(
        self, send: Send, charge: Charge, request_id: bytes, clock: Callable[[], float]
    ) -> None:
        self._send = send
        self._request_id = request_id
        self._charge = charge
        self._clock = clock
        self.repeatable: _RepeatableRefusal | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            is_replaceable = len(self._request_id) >= _MIN_ID_LENGTH
            if is_replaceable and self._charge.closed_seconds and message["status"] == 429:
                until = self._clock() + min(_REPEAT_SECONDS, self._charge.closed_seconds)
                self.repeatable = _RepeatableRefusal(
                    until, self._request_id, tuple(message.get("headers", ()))
                )
        elif self.repeatable is not None:
            self.repeatable.body += message.get("body", b"")
        await self._send(message)


def _fingerprint(scope: Scope) -> bytes:
    """A hash of everything that a 429 may depend on: method, path, headers and address. It is
    hashed because headers may be long and contain secrets."""
    parts = [scope["method"].encode(), scope["path"].encode("utf-8", "surrogateescape")]
    parts += [b"%b:%b" % pair for pair in scope["headers"] if pair[0] not in _IGNORED_HEADERS]
    client = scope.get("client")
    parts.append(client[0].encode() if client else b"")
    return blake2b(b"\n".join(parts), digest_size=16).digest()


class RefusedRequests:
    """Counts invalid tokens, malformed bodies and unknown paths as one request of the caller, or of
    the address if the caller is not authenticated. Too many of them get a 429; signed-in callers
    behind the same address are not affected.

    Requests that were counted already, as an operation or by an endpoint with its own form of
    errors, are not counted again.

    If all requests of a caller would be refused, the same 429 is repeated for a second, without
    authenticating them again, so that refusing them is as cheap as possible.
    """

    def __init__(
        self,
        app: ASGIApp,
        services: Services,
        write: WriteError = graphql_error,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._services = services
        self._write = write
        self._clock = clock
        self._repeatable: dict[bytes, _RepeatableRefusal] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(scope).encode()
        known = self._repeatable.get(_fingerprint(scope)) if self._repeatable else None
        if known is not None and self._clock() < known.until:
            await known.send(send, request_id)
            return
        charge = begin_charge(scope)
        recorder = _ResponseRecorder(send, charge, request_id, self._clock)
        is_replaced = False

        async def counting_send(message: Message) -> None:
            nonlocal is_replaced
            if (
                message["type"] == "http.response.start"
                and not charge.is_taken
                and _is_refusal(message["status"])
            ):
                is_replaced = await self._count(scope, recorder.send)
            if not is_replaced:
                await recorder.send(message)

        await self._app(scope, receive, counting_send)
        if recorder.repeatable is not None:
            recorder.repeatable.headers += added_headers(scope, except_for=_ADDED_BY_LAYERS)
            self._remember(_fingerprint(scope), recorder.repeatable)

    def _remember(self, fingerprint: bytes, refusal: _RepeatableRefusal) -> None:
        if len(self._repeatable) >= _MAX_REMEMBERED:
            self._repeatable.clear()  # they are valid for at most a second
        self._repeatable[fingerprint] = refusal

    async def _count(self, scope: Scope, send: Send) -> bool:
        """Count the request; whether its response was replaced by a 429."""
        context = self._services.make_context(scope)
        error, report = await self._services.charge_once(_REFUSED, context)
        for name, value in report.headers if report is not None else ():
            add_response_header(scope, name, value)
        if not isinstance(error, LimitReached):
            return False
        await self._write(error, scope).send(send)
        return True


def _is_refusal(status: int) -> bool:
    """Whether the request is an error of the caller that has not been counted; a 429 has been."""
    return 400 <= status < 500 and status != 429
