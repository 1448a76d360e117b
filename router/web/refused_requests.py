"""Counts requests that a door refused before there was an operation to count."""

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
# As exact as Retry-After is.
_SAME_SECONDS = 1.0
_CALLERS = 4_096
# Of an id that a client has chosen: a shorter one may stand in an answer by chance. Ours have 36.
_MIN_ID_LENGTH = 32
_OF_NO_MATTER = frozenset(
    {b"content-length", b"content-type", b"user-agent", b"x-request-id", b"traceparent"}
)
# Each layer adds these anew.
_OF_THE_REQUEST = frozenset({b"x-request-id", b"vary", *(name for name, _ in SECURITY_HEADERS)})


@dataclass(slots=True)
class _Closed:
    """The answer to a caller of whom nothing is let in before ``until``, as it was given to the
    request ``request_id``."""

    until: float
    request_id: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""

    async def send(self, send: Send, request_id: bytes) -> None:
        """Give it to another request, whose id stands wherever the first one's did."""
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


class _Watch:
    """Sends an answer on, and keeps it in ``closed`` if it may be given again."""

    def __init__(
        self, send: Send, charge: Charge, request_id: bytes, clock: Callable[[], float]
    ) -> None:
        self._send = send
        self._request_id = request_id
        self._charge = charge
        self._clock = clock
        self.closed: _Closed | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            is_replaceable = len(self._request_id) >= _MIN_ID_LENGTH
            if is_replaceable and self._charge.closed_seconds and message["status"] == 429:
                until = self._clock() + min(_SAME_SECONDS, self._charge.closed_seconds)
                self.closed = _Closed(until, self._request_id, tuple(message.get("headers", ())))
        elif self.closed is not None:
            self.closed.body += message.get("body", b"")
        await self._send(message)


def _caller_of(scope: Scope) -> bytes:
    """Who asks, in which dialect and for which kind of answer: whatever may change a 429. What a
    request says of itself is hashed, for it may be long and secret."""
    told = [scope["method"].encode(), scope["path"].encode("utf-8", "surrogateescape")]
    told += [b"%b:%b" % pair for pair in scope["headers"] if pair[0] not in _OF_NO_MATTER]
    client = scope.get("client")
    told.append(client[0].encode() if client else b"")
    return blake2b(b"\n".join(told), digest_size=16).digest()


class RefusedRequests:
    """Bad tokens, bodies that cannot be read, addresses where nothing is: each counts as one
    request of its caller, and of its address where nobody proved who calls. A flood of them is
    answered with 429; it takes nothing from those who are signed in behind the same address.

    What was counted on its way, as an operation or by a door that words its own refusals, is not
    counted here.

    Callers of whom nothing would be let in hear the same 429 for a second, without another look at
    who they are and what they ask: refusing them is the cheapest that there is.
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
        self._closed: dict[bytes, _Closed] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(scope).encode()
        known = self._closed.get(_caller_of(scope)) if self._closed else None
        if known is not None and self._clock() < known.until:
            await known.send(send, request_id)
            return
        charge = begin_charge(scope)
        watch = _Watch(send, charge, request_id, self._clock)
        is_replaced = False

        async def counting_send(message: Message) -> None:
            nonlocal is_replaced
            if (
                message["type"] == "http.response.start"
                and not charge.is_taken
                and _is_refusal(message["status"])
            ):
                is_replaced = await self._count(scope, watch.send)
            if not is_replaced:
                await watch.send(message)

        await self._app(scope, receive, counting_send)
        if watch.closed is not None:
            watch.closed.headers += added_headers(scope, but=_OF_THE_REQUEST)
            self._remember(_caller_of(scope), watch.closed)

    def _remember(self, caller: bytes, closed: "_Closed") -> None:
        if len(self._closed) >= _CALLERS:
            self._closed.clear()  # all of them are a second old at most, or over
        self._closed[caller] = closed

    async def _count(self, scope: Scope, send: Send) -> bool:
        """Whether the refusal was replaced by that of a limit."""
        context = self._services.make_context(scope)
        error, report = await self._services.charge_once(_REFUSED, context)
        for name, value in report.headers if report is not None else ():
            add_response_header(scope, name, value)
        if not isinstance(error, LimitReached):
            return False
        await self._write(error, scope).send(send)
        return True


def _is_refusal(status: int) -> bool:
    """What the caller did wrong; 429 says itself that a limit has been reached."""
    return 400 <= status < 500 and status != 429
