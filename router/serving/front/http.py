"""HTTP/1.1 on one connection: uvicorn's parser and cycles, our bounds around them.

::

    silent ── first byte ──> head ── complete ──> body ── complete ──> running ──> silent
      │ idle_seconds: closed   │ head_seconds: 408  │ receive_seconds: 408
      └ gives way when places  ├ mis-framed: 400    └ mis-framed: 400
        are short              ├ an upgrade that is none: 400, 426
                               ├ too large: 431
                               └ no place or share: 503

An answer of the server's own follows those that are still owed on the connection, and ends it: the
sending half is closed, and what comes in is thrown away until the client has closed its half.
"""

import asyncio
import urllib.parse
from typing import Any

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from trellis.router.serving.front.cycle import Cycle
from trellis.router.serving.front.places import share_address
from trellis.router.serving.front.refusals import HeadTimeout, TooManyConnections, own_answer
from trellis.router.serving.front.shared import Shared
from trellis.router.serving.front.watch import Drain
from trellis.router.serving.front.websocket import WebSocketConnection, check_upgrade
from trellis.router.web.refusals import BodyTimeout, HeadersTooLarge
from trellis.router.web.request_id import chosen_by_client, new_request_id
from trellis.schema.errors import BadRequest, TrellisError, Unavailable

# Heads that are a little too long are left to the application, which words the refusal for the
# clients of the address; longer ones are cut off while they arrive.
_HEAD_SLACK = 2
# Requests that wait behind the one that is being answered: browsers send none, tools a few.
_PIPELINED = 64
# For a client to read the last answer, and for one without a place to send its request.
_LINGER_SECONDS = 1.0
_NEVER = float("inf")


class HttpConnection(HttpToolsProtocol):
    """One connection, until it is closed or becomes a WebSocket."""

    # uvicorn's types are narrower than what it does.
    app: Any
    cycle: Any
    parser: Any
    scope: Any

    def __init__(
        self,
        shared: Shared,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._shared = shared
        self._limits = shared.limits
        self._head_bytes = _HEAD_SLACK * (shared.limits.header_bytes + shared.limits.url_bytes)
        self._drain = Drain(shared.limits.send_seconds)
        self.address: str | None = None
        self._has_place = False
        self._waits_for_place = False
        self._is_proxy = False
        self._running: Cycle | None = None
        self._due = _NEVER
        self._begun = 0.0
        self._is_silent = True  # nothing of a request has come yet
        self._in_head = False
        self._in_body = False
        self._receiving: Cycle | None = None  # whose body has not come in full
        self._is_upgrading = False
        self._is_ending = False  # nothing more is read
        self._claimed: str | None = None  # by the request whose head has come
        self._head_size = 0
        self._hosts = 0
        self._fault: TrellisError | None = None
        self._owed: TrellisError | None = None  # to be told after the answers that come first

    # -- the connection -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore
        super().connection_made(transport)
        self._shared.watch.add(self)
        self._due = self.loop.time() + self._limits.head_seconds
        peer = self.client[0] if self.client else None
        self._is_proxy = self._shared.clients.is_proxy(peer)
        self.address = None if peer is None or self._is_proxy else share_address(peer)
        self._has_place = self._shared.places.take(self)
        if not self._has_place:
            self._due = self.loop.time() + _LINGER_SECONDS
            self._waits_for_place = self._shared.places.enter_waiting_room()
            if not self._waits_for_place:
                transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._shared.watch.discard(self)
        self._leave_place()
        self._release(self._running)
        for cycle, _ in self.pipeline:
            self._release(cycle)
        self._running = None
        super().connection_lost(exc)

    @property
    def receiving_seconds(self) -> float:
        """See ``Holder``. What we do not read, or answer already, is not awaited."""
        cycle = self._receiving
        is_awaited = self._running is cycle and not self.flow.read_paused
        if not is_awaited or not (self._in_head or cycle) or (cycle and cycle.response_started):
            return 0.0
        return self.loop.time() - self._begun

    def give_way(self) -> None:
        """Places are short, and nothing is being answered here."""
        self._leave_place()
        self.transport.abort()

    def _leave_place(self) -> None:
        if self._has_place:
            self._has_place = False
            self._shared.places.leave(self)
        if self._waits_for_place:
            self._waits_for_place = False
            self._shared.places.leave_waiting_room()

    def _release(self, cycle: Any) -> None:
        if cycle is not None and cycle.address is not None:
            self._shared.places.release(cycle.address)
            cycle.address = None

    # -- deadlines ----------------------------------------------------------------------------

    def look(self, now: float) -> int:
        """End what is overdue: a request that does not arrive, an answer that is not taken."""
        is_closing = self.transport.is_closing()
        if not is_closing and now >= self._due:
            self._overdue(now)
        if not is_closing and not self.flow.write_paused:
            return 0
        unsent = self.transport.get_write_buffer_size()
        if self._drain.is_stuck(unsent, now):
            self.transport.abort()
        return unsent

    def _overdue(self, now: float) -> None:
        if self._is_ending:
            self.transport.abort()
        elif self._in_head:
            self._refuse(HeadTimeout("The head of the request did not arrive in time."))
        elif not self._in_body:
            self.transport.close()
        elif self.flow.read_paused:  # it is we who do not read
            self._due = now + self._limits.receive_seconds
        elif self._receiving is None or self._receiving.response_complete:  # refused, but goes on
            self.transport.close()
        else:
            self._refuse(BodyTimeout("The request did not arrive in time."))

    def resume_writing(self) -> None:
        self._drain.reset()
        super().resume_writing()

    # -- what arrives -------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._is_ending:
            return
        if self._is_silent:
            self._begin_head()
        if self._in_head:
            self._head_size += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(self._fault or BadRequest("This is not a well-formed HTTP request."))
        else:
            if self._in_head and self._head_size > self._head_bytes:
                self._refuse(HeadersTooLarge("The head of the request is too large."))

    def _begin_head(self) -> None:
        if self._is_silent:
            self._is_silent = False
            self._shared.places.is_busy(self)
        self._in_head = True
        self._head_size = 0
        self._begun = self.loop.time()
        if self._has_place:
            self._due = self._begun + self._limits.head_seconds

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._hosts = 0
        if not self._in_head:
            self._begin_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"host":
            self._hosts += 1
        elif name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._in_body = True
        self._due = self._begun + self._limits.receive_seconds
        self._read_head()
        self._is_upgrading = self.parser.should_upgrade() and self._should_upgrade()
        if self.parser.should_upgrade() and not self._is_upgrading and not self._is_tunnel():
            return  # the parser stops here, and ``_upgrade`` goes on
        try:
            self._admit()
        except TrellisError as fault:
            self._fault = fault
            raise
        if self._is_upgrading:
            return
        self.cycle = self._receiving = cycle = self._make_cycle()
        if self._running is None:
            self._start(cycle)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def on_message_complete(self) -> None:
        self._in_body = False
        self._receiving = None
        self._due = _NEVER
        if self.parser.should_upgrade():
            return
        super().on_message_complete()
        if self._running is None:  # answered before its body had come
            self._rest()

    def _read_head(self) -> None:
        scope = self.scope
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["http_version"] = self.parser.get_http_version()
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        scope["path"] = self.root_path + (urllib.parse.unquote(path) if "%" in path else path)
        scope["raw_path"] = self.root_path.encode("ascii") + url.path
        scope["query_string"] = url.query or b""

    def _admit(self) -> None:
        """Raises what the request is refused with before anything is done for it."""
        if not self._has_place:
            raise TooManyConnections("Too many connections are open; close some or come again.")
        version = self.scope["http_version"]
        if version not in ("1.1", "1.0"):
            raise BadRequest("This server speaks HTTP/1.1.")
        if self._is_tunnel():
            raise BadRequest("This server is not a proxy.")
        if self._hosts != 1 and (self._hosts or version == "1.1"):  # RFC 9112, section 3.2
            raise BadRequest("A request has exactly one Host header.")
        if len(self.tasks) >= self._limits.connections:  # some go on after their client has left
            raise Unavailable("The server is busy; come again.")
        if len(self.pipeline) >= _PIPELINED:
            raise BadRequest(f"At most {_PIPELINED} requests may wait on one connection.")
        if self._is_upgrading:
            if self._running is not None:
                raise BadRequest("An upgrade must wait for the answers before it.")
            check_upgrade(self.scope, self._limits)
        if self._is_proxy:
            self._claimed = self._claim()

    def _is_tunnel(self) -> bool:
        return self.scope["method"] == "CONNECT"

    def _claim(self) -> str | None:
        """The client that the proxy names, whose share has room for one more."""
        client = self._shared.clients.told_by(self.headers)
        if client is None:
            return None
        address = share_address(client)
        if not self._shared.places.is_share_left(address):
            raise TooManyConnections("Too much is running for this address; come again.")
        self._shared.places.claim(address)
        return address

    # -- answers ------------------------------------------------------------------------------

    def _make_cycle(self) -> Cycle:
        return Cycle(
            answer=self._answer,
            address=self._claimed,
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=self.scope["http_version"] != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )

    def _start(self, cycle: Cycle) -> None:
        self._running = cycle
        self._start_asgi_task(cycle, self.app)

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        self._release(self._running)
        self._running = None
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start(self.pipeline.pop()[0])  # pyright: ignore[reportArgumentType]
        elif self._owed is not None:
            self._answer(self._owed)
        elif not self._in_head and not self._in_body:
            self._rest()

    def _rest(self) -> None:
        self._is_silent = True
        self._due = self.loop.time() + self._limits.idle_seconds
        if self._has_place:
            self._shared.places.is_idle(self)

    def _refuse(self, error: TrellisError) -> None:
        """Answer what is arriving, and end the connection."""
        self._is_ending = True
        self._due = _NEVER
        if self._receiving is not None and self._drop(self._receiving):
            return
        if self._running is None:
            self._answer(error)
        else:
            self._owed = error

    def _drop(self, cycle: Cycle) -> bool:
        """Take back a request whose body does not come; True when its answer has begun, which can
        only be cut short then."""
        if self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline.popleft()
        elif cycle is self._running:
            if cycle.response_started:
                self.transport.abort()
                return True
            cycle.disconnected = True
            cycle.message_event.set()
            self._running = None
        self._release(cycle)
        return False

    def _answer(self, error: TrellisError) -> None:
        """Write an answer of our own as the last one, and leave the client time to read it."""
        self._is_ending = True
        if self.transport.is_closing():
            return
        request_id = chosen_by_client(self.headers or ()) or new_request_id()
        is_head = self.scope is not None and self.scope.get("method") == "HEAD"
        date = self.server_state.default_headers
        self.transport.write(own_answer(error, request_id, date, is_head=is_head))
        self._due = self.loop.time() + _LINGER_SECONDS
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    # -- upgrades -----------------------------------------------------------------------------

    def _upgrade(self, rest: bytes) -> None:
        if self._is_upgrading:
            self._become_websocket(rest)
        else:
            self._ignore_upgrade(rest)

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Read the request as one that asks for no other protocol (RFC 9110, section 7.8). Java's
        client offers h2c with every first request, and the parser would leave its body away."""
        lines = [b"%b: %b\r\n" % pair for pair in self.headers if pair[0] != b"upgrade"]
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        head = b"%b %b HTTP/%b\r\n%b\r\n" % (method, self.url, version, b"".join(lines))
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(head + rest)

    def _become_websocket(self, rest: bytes) -> None:
        self._shared.watch.discard(self)
        self.connections.discard(self)  # pyright: ignore[reportArgumentType]
        addresses = (self.address, self._claimed)
        socket = WebSocketConnection(
            self._shared, self.config, self.server_state, self.app_state, addresses
        )
        self._shared.places.hand_over(self, socket)
        self._has_place = False
        socket.connection_made(self.transport)
        self.transport.set_protocol(socket)
        socket.begin(self.scope, rest)
