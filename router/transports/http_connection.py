"""One HTTP/1.1 connection to a subgraph, and the pool that keeps them (RFC 9112, client side).

A general HTTP client costs half a millisecond and more per call; these two files need about
twenty microseconds, because they do one thing: POST a body, read an answer.
"""

import asyncio
import ssl
import time
import zlib
from collections import deque
from typing import NamedTuple, cast

import httptools


class HttpAnswer(NamedTuple):
    """``content_type`` is the header as it came, empty when there was none."""

    status: int
    content_type: str
    body: bytes


class ConnectionBroken(Exception):
    """The connection ended, or what came over it is not HTTP. ``is_fresh``: not one byte of an
    answer had come, so a server that closed an idle connection may not have seen the request."""

    def __init__(self, reason: str, *, is_fresh: bool = False) -> None:
        super().__init__(reason)
        self.is_fresh = is_fresh


class AnswerTooLarge(Exception):
    """The answer passed the size limit; it was not read further."""


class Connection(asyncio.Protocol):
    """Sends one request at a time. Between requests any byte or end closes it."""

    def __init__(self, response_bytes: int) -> None:
        self._limit = response_bytes
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[HttpAnswer] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._size = 0
        self._unpack: zlib._Decompress | None = None
        self._content_type = b""
        self._has_begun = False
        self._has_length = False
        self._in_body = False
        self.is_open = False
        self.idle_since = 0.0

    async def request(self, data: bytes, seconds: float) -> HttpAnswer:
        """Write ``data``, a whole request, and return the answer.

        Raises TimeoutError, ConnectionBroken, AnswerTooLarge; the connection is closed then, and
        also when the call is cancelled: an answer still to come belongs to nobody.
        """
        if self._transport is None or not self.is_open:
            raise ConnectionBroken("The connection was closed.", is_fresh=True)
        answer = self._answer = self._loop.create_future()
        timer = self._loop.call_later(seconds, self._fail, TimeoutError())
        self._reset()
        self._transport.write(data)
        try:
            return await answer
        except BaseException:
            self.close()
            raise
        finally:
            timer.cancel()
            self._answer = None

    def close(self) -> None:
        """End the connection now."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

    def _reset(self) -> None:
        self._parts = []
        self._size = 0
        self._unpack = None
        self._content_type = b""
        self._has_begun = self._has_length = self._in_body = False

    def _fail(self, problem: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(problem)
        self.close()

    # -- asyncio.Protocol ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.close()
            return
        self._has_begun = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as problem:
            cause = problem.__context__
            is_ours = isinstance(cause, AnswerTooLarge | ConnectionBroken)
            self._fail(cause if is_ours else ConnectionBroken("The answer is not HTTP."))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._answer is None or self._answer.done():
            return
        if self._in_body and not self._has_length and exc is None:
            # Without a length the end of the connection is the end of the body.
            self.on_message_complete()
        else:
            self._fail(ConnectionBroken("The connection ended.", is_fresh=not self._has_begun))

    # -- httptools callbacks ---------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_body:  # a trailer: it comes too late to say anything about the body
            return
        name = name.lower()
        if name == b"content-length":
            self._has_length = True
            if value.isdigit() and int(value) > self._limit:
                raise AnswerTooLarge
        elif name == b"transfer-encoding":
            self._has_length = True
        elif name == b"content-type":
            self._content_type = value
        elif name == b"content-encoding" and value.lower() in (b"gzip", b"x-gzip", b"deflate"):
            self._unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def on_headers_complete(self) -> None:
        self._in_body = True

    def on_body(self, body: bytes) -> None:
        if self._unpack is not None:
            body = self._unpacked(self._unpack, body)
        self._size += len(body)
        if self._size > self._limit:
            raise AnswerTooLarge
        self._parts.append(body)

    def _unpacked(self, unpack: "zlib._Decompress", body: bytes) -> bytes:
        try:
            # One byte more than allowed is enough to know that it is too much.
            return unpack.decompress(body, self._limit + 1 - self._size)
        except zlib.error:
            raise ConnectionBroken("The answer cannot be unpacked.") from None

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # 100 Continue, 103 Early Hints: the answer is still to come
            self._reset()
            return
        if self._unpack is not None and not self._unpack.eof:
            raise ConnectionBroken("The packed answer ends too early.")
        if not self._parser.should_keep_alive() or not self.is_open:
            self.is_open = False
        parts = self._parts
        if self._answer is not None and not self._answer.done():
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            content_type = self._content_type.decode("latin-1")
            self._answer.set_result(HttpAnswer(status, content_type, body))


class ConnectionPool:
    """Connections to one origin, at most ``size`` of them; who comes later waits in line."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        unix_path: str | None = None,
        size: int = 100,
        idle_seconds: float = 4.0,
        response_bytes: int = 10_000_000,
    ) -> None:
        """``idle_seconds`` stays below the five seconds after which most servers close."""
        self.host = host
        self.port = port
        self.tls = tls
        self.unix_path = unix_path
        self.size = size
        self.idle_seconds = idle_seconds
        self.response_bytes = response_bytes
        self.open = 0
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def request(self, data: bytes, seconds: float, *, may_repeat: bool) -> HttpAnswer:
        """Send a whole request within ``seconds``. Raises TimeoutError, OSError,
        ConnectionBroken, AnswerTooLarge.

        ``may_repeat``: when a kept connection turns out to have been closed meanwhile, the
        request is sent again, once, over a new one. Only reads may be.
        """
        deadline = time.monotonic() + seconds
        connection, is_used = self._take_idle()
        if connection is None:
            connection = await self._connect(deadline)
        try:
            try:
                return await connection.request(data, deadline - time.monotonic())
            except ConnectionBroken as broken:
                if not (is_used and may_repeat and broken.is_fresh):
                    raise
            # The place of the lost connection is taken over by the new one.
            connection = await self._open(deadline)
            return await connection.request(data, deadline - time.monotonic())
        finally:
            self._give_back(connection)

    def close(self) -> None:
        """Close what is idle; connections in use close when their call ends."""
        self.idle_seconds = -1
        for connection in self._idle:
            connection.close()
            self.open -= 1
        self._idle.clear()

    def _take_idle(self) -> tuple[Connection | None, bool]:
        oldest = time.monotonic() - self.idle_seconds
        while self._idle:
            connection = self._idle.pop()  # the one used last: the others may rest and expire
            if connection.is_open and connection.idle_since >= oldest:
                return connection, True
            connection.close()
            self.open -= 1
        return None, False

    async def _connect(self, deadline: float) -> Connection:
        while self.open >= self.size:
            await self._wait(deadline)
            connection, _ = self._take_idle()
            if connection is not None:
                return connection
        self.open += 1
        try:
            return await self._open(deadline)
        except BaseException:
            self._leave()
            raise

    async def _open(self, deadline: float) -> Connection:
        loop = asyncio.get_running_loop()

        def make() -> Connection:
            return Connection(self.response_bytes)

        async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
            if self.unix_path is not None:
                _, connection = await loop.create_unix_connection(make, self.unix_path)
            else:
                _, connection = await loop.create_connection(
                    make, self.host, self.port, ssl=self.tls
                )
        return connection

    async def _wait(self, deadline: float) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                await place
        except BaseException:
            if place.done() and not place.cancelled():
                self._wake()  # the turn was given, but its owner has left: pass it on
            elif place in self._waiting:
                self._waiting.remove(place)
            raise

    def _give_back(self, connection: Connection) -> None:
        if connection.is_open and self.idle_seconds >= 0:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
            self._wake()
        else:
            connection.close()
            self._leave()

    def _leave(self) -> None:
        self.open -= 1
        self._wake()

    def _wake(self) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
