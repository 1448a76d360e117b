"""One HTTP request while the application answers it."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from trellis.router.web.errors import InternalError
from trellis.schema.errors import TrellisError, Unavailable

log = structlog.get_logger(__name__)


class Cycle(RequestResponseCycle):
    """uvicorn's, but for what happens when the application does not answer as it should, and for
    the head of an answer: it goes out with the first bytes of the body, as ASGI wants it, in one
    write; and its lines are checked at once, not each by two expressions."""

    def __init__(
        self, *, answer: Callable[[TrellisError], None], address: str | None, **rest: Any
    ) -> None:
        """``answer`` writes an error as the answer to this request, and ends the connection;
        ``address`` is that in whose share it counts, beside the connection's own."""
        super().__init__(**rest)
        self.address = address
        self._answer = answer
        self._head = b""

    async def run_asgi(self, app: Any) -> None:
        try:
            await app(self.scope, self.receive, self.send)
        except asyncio.CancelledError:  # the grace of the shutdown is over
            self._end(Unavailable("The server is shutting down; retry."))
        except Exception as error:  # the last boundary of a request
            log.error("request_failed", exc_info=error)
            self._end(InternalError("Something went wrong on our side."))
        else:
            if self.disconnected:
                pass
            elif not self.response_started:
                log.error("request_not_answered", path=self.scope["path"])
                self._end(InternalError("Something went wrong on our side."))
            elif not self.response_complete:
                # A stream whose client does not read it, or one that broke: a connection that is
                # cut says so, and gives back what was written and not taken.
                self.transport.abort()
        finally:
            self.on_response = _nothing

    async def send(self, message: Any) -> None:
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self._head and message["type"] == "http.response.body" and not self.disconnected:
            self._send_first(message)
        elif not self.response_started and message["type"] == "http.response.start":
            self.response_started = True
            self.waiting_for_100_continue = False
            self._head = self._make_head(message["status"], message.get("headers", ()))
        else:
            await super().send(message)

    def _make_head(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        lines = [STATUS_LINE[status]]
        is_closing = False
        for name, value in (*self.default_headers, *headers):
            name = name.lower()
            if name == b"content-length":
                self.expected_content_length = int(value)
                self.chunked_encoding = False
            elif name == b"transfer-encoding":
                self.chunked_encoding = value.lower() == b"chunked"
            elif name == b"connection" and b"close" in value.lower():
                self.keep_alive, is_closing = False, True
            lines.append(b"%b: %b\r\n" % (name, value))
        if not self.keep_alive and not is_closing:
            lines.append(b"connection: close\r\n")
        has_body = self.scope["method"] != "HEAD" and status not in (204, 304)
        if self.chunked_encoding is None and has_body:
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked\r\n")
        head = b"".join(lines)
        if not head.count(b"\n") == head.count(b"\r") == len(lines) or b"\0" in head:
            raise RuntimeError("A header of the answer has a control character.")
        return head + b"\r\n"

    def _send_first(self, message: Any) -> None:
        head, self._head = self._head, b""
        body, more = message.get("body", b""), message.get("more_body", False)
        if self.scope["method"] == "HEAD":
            self.expected_content_length, body = 0, b""
        elif self.chunked_encoding:
            body = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            body = body if more else body + b"0\r\n\r\n"
        else:
            self.expected_content_length -= len(body)
            if self.expected_content_length < 0 or (self.expected_content_length and not more):
                raise RuntimeError("The answer is not as long as its Content-Length.")
        self.transport.write(head + body)
        if not more:
            self.response_complete = True
            self.message_event.set()
            if not self.keep_alive:
                self.transport.close()
            self.on_response()

    def _end(self, error: TrellisError) -> None:
        if self.disconnected:
            return
        if self.response_started and not self._head:
            self.transport.abort()
            return
        self._head = b""
        self.response_started = self.response_complete = True
        self._answer(error)


def _nothing() -> None:
    pass
