"""A WebSocket, from its handshake on: uvicorn's protocol, our bounds around it."""

from typing import Any

import uvicorn
from starlette.types import Message, Scope
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import InvalidState
from websockets.frames import Frame
from websockets.http11 import Request

from trellis.router.config import Limits
from trellis.router.serving.front.refusals import UpgradeRequired, own_answer
from trellis.router.serving.front.shared import Shared
from trellis.router.serving.front.watch import Drain
from trellis.router.web.body_limit import check_head
from trellis.router.web.errors import InternalError
from trellis.router.web.request_id import chosen_by_client, new_request_id
from trellis.schema.errors import BadRequest, Forbidden, TrellisError

# A message in more pieces costs more to keep than its bytes; clients send one, or a few of 4 KB.
_FRAGMENTS = 1_000
# For the client to answer our close frame, and for the connection to end when nothing more is said.
_CLOSE_SECONDS = 2.0


class WebSocketConnection(WebSocketsSansIOProtocol):
    """One WebSocket. Nothing of a client is read before the application has accepted it, and no
    client is waited for that does not take what it is sent."""

    def __init__(
        self,
        shared: Shared,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        addresses: tuple[str | None, str | None],
    ) -> None:
        """``addresses`` are those that it counts for: of the connection, whose place it takes
        over, and of the client behind a trusted proxy."""
        super().__init__(config, server_state, app_state)
        self._shared = shared
        self.address, self._behind_proxy = addresses
        self._drain = Drain(shared.limits.send_seconds)
        self._early = b""
        self._is_deaf = False
        self._ends_at: float | None = None

    def begin(self, scope: Any, rest: bytes) -> None:
        """Shake hands when it is this connection's turn; ``scope`` is that of the request,
        ``rest`` what came behind its head."""
        self._http_scope = scope
        self._early = rest
        self._shared.handshakes.start(self._shake_hands)

    def _shake_hands(self) -> None:
        if self.transport.is_closing():  # the client has not waited
            return
        # The handshake alone, for the library has bounds of its own: ours have been checked.
        lines = [b"GET / HTTP/1.1"]
        lines += [b"%b: %b" % pair for pair in self._http_scope["headers"] if pair[0] in _HANDSHAKE]
        self.conn.receive_data(b"\r\n".join([*lines, b"", b""]))
        self.handle_events()
        if not self.handshake_initiated:
            self._reject(BadRequest("This WebSocket handshake is not well-formed."))

    def handle_connect(self, event: Request) -> None:
        self.request = event
        self.response = self.conn.accept(event)
        self.handshake_initiated = True
        if self.response.status_code != 101:
            reason = self.conn.handshake_exc
            self._reject(BadRequest(f"This WebSocket handshake is not well-formed: {reason}."))
            return
        names = ",".join(event.headers.get_all("Sec-WebSocket-Protocol"))
        scope: Any = {
            **{key: value for key, value in self._http_scope.items() if key != "method"},
            "type": "websocket",
            "asgi": {"version": self.asgi_version, "spec_version": "2.4"},
            "scheme": self.scheme,
            "subprotocols": [name.strip() for name in names.split(",") if name.strip()],
            "extensions": {"websocket.http.response": {}},
        }
        self.scope = scope
        self.queue.put_nowait({"type": "websocket.connect"})
        task = self.loop.create_task(self.run_asgi())
        task.add_done_callback(self.on_task_complete)
        self.tasks.add(task)

    # -- the connection -----------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._shared.watch.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._shared.watch.discard(self)
        self._shared.places.leave(self)
        self._shared.places.release(self._behind_proxy)
        super().connection_lost(exc)

    receiving_seconds = 0.0

    def give_way(self) -> None:
        """A WebSocket is never idle in the sense of ``Places``."""

    def look(self, now: float) -> int:
        """End what is overdue: the closing handshake, messages that are not taken."""
        if self.transport.is_closing() and self._ends_at is None:
            self._ends_at = now + _CLOSE_SECONDS
        if self._ends_at is not None and now >= self._ends_at:
            self.transport.abort()
        if self.writable.is_set():
            return 0
        unsent = self.transport.get_write_buffer_size()
        if self._drain.is_stuck(unsent, now):
            self.transport.abort()
        return unsent

    def resume_writing(self) -> None:
        self._drain.reset()
        super().resume_writing()

    # -- what arrives -------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            return
        if self.handshake_complete:
            super().data_received(data)
        else:
            self._early += data
            self.transport.pause_reading()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= _FRAGMENTS:
            self._fail(1009, f"a message may have at most {_FRAGMENTS} fragments")
        else:
            super().handle_cont(event)

    def handle_ping(self) -> None:
        # RFC 6455, section 5.5.3, asks for an answer to the latest ping only. Without a reader
        # the answers would pile up.
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not self.close_sent:
            text = b"".join(self.frames)
            try:
                text.decode()
            except UnicodeDecodeError:
                self._fail(1007, "text that is not UTF-8")
                return
            self.frames = [text]
        super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        self.frames = []
        sent = self.conn.close_sent
        if sent is None:  # the client was gone before
            self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})
            self.transport.close()
            return
        self.queue.put_nowait(
            {"type": "websocket.disconnect", "code": sent.code, "reason": sent.reason}
        )
        self._end_with(b"".join(self.conn.data_to_send()))

    def _fail(self, code: int, reason: str) -> None:
        self.conn.fail(code, reason)
        self.handle_parser_exception()

    def _end_with(self, last: bytes) -> None:
        """Say the last word, and leave the client time to read it: a connection that is closed
        with unread data in it is reset, and what was said is lost."""
        self.close_sent = self._is_deaf = True
        self.stop_keepalive()
        self.transport.write(last)
        self.transport.resume_reading()
        if self.close_timer is None:
            self.close_timer = self.loop.call_later(_CLOSE_SECONDS, self.transport.abort)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    # -- what is sent -------------------------------------------------------------------------

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            self._close(message)
            return
        await super().send(message)
        if message["type"] == "websocket.accept":
            early, self._early = self._early, b""
            self.transport.resume_reading()
            if early:
                self.data_received(early)

    def _close(self, message: Message) -> None:
        """A close frame is not held back behind what the client does not take."""
        if self.disconnected or self.transport.is_closing() or self.close_sent:
            raise ClientDisconnected
        if not self.handshake_complete:
            self._reject(Forbidden("This WebSocket is refused."))
            return
        code, reason = message.get("code", 1000), message.get("reason") or ""
        try:
            self.conn.send_close(code, reason)
        except InvalidState:
            raise ClientDisconnected from None
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.stop_keepalive()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(_CLOSE_SECONDS, self.transport.abort)

    def send_500_response(self) -> None:
        if not self.handshake_complete and self.initial_response is None:
            self._reject(InternalError("Something went wrong on our side."))

    def _reject(self, error: TrellisError) -> None:
        """Answer the handshake with an error."""
        self.handshake_initiated = self.handshake_complete = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})
        headers = self._http_scope["headers"]
        request_id = chosen_by_client(headers) or new_request_id()
        self._end_with(own_answer(error, request_id, self.default_headers))


def check_upgrade(scope: Scope, limits: Limits) -> None:
    """Whether a request for a WebSocket is one (RFC 6455, section 4.1). Raises BadRequest,
    UpgradeRequired, HeadersTooLarge and UrlTooLong."""
    if scope["method"] != "GET":
        raise BadRequest("A WebSocket is opened with GET.")
    if scope["http_version"] != "1.1":
        raise BadRequest("A WebSocket is opened with HTTP/1.1.")
    for name, value in scope["headers"]:
        if name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
            raise BadRequest("A request that opens a WebSocket has no body.")
        if name == b"sec-websocket-version" and value.strip() != b"13":
            raise UpgradeRequired("The version of the WebSocket protocol is 13.")
    check_head(scope, limits)


_HANDSHAKE = frozenset(
    {
        b"host",
        b"upgrade",
        b"connection",
        b"origin",
        b"sec-websocket-key",
        b"sec-websocket-version",
        b"sec-websocket-extensions",
        b"sec-websocket-protocol",
    }
)
