"""An HTTP/1.1 client connection to a subgraph, and a pool of them (RFC 9112).

A general HTTP client takes half a millisecond or more per call. This module and ``http.py`` take
about twenty microseconds, because all they do is POST a body and read a response.
"""

import asyncio
import ssl
import time
import zlib
from collections import deque
from typing import NamedTuple, cast

import httptools


class HttpResponse(NamedTuple):
    """``content_type`` and ``retry_after`` are the values of the headers, empty if there were
    none."""

    status: int
    content_type: str
    body: bytes
    retry_after: str = ""


class ConnectionBroken(Exception):
    """The connection ended, or the peer violated HTTP. ``is_reset``: it ended. ``is_fresh``: no
    byte of a response was received, so the server may have closed an idle connection before it saw
    the request."""

    def __init__(self, reason: str, *, is_reset: bool = False, is_fresh: bool = False) -> None:
        super().__init__(reason)
        self.is_reset = is_reset
        self.is_fresh = is_fresh


class ResponseTooLarge(Exception):
    """The response exceeds the size limit; the rest was not read."""


class Connection(asyncio.Protocol):
    """Sends one request at a time. Data received between requests closes it."""

    def __init__(self, response_bytes: int) -> None:
        self._limit = response_bytes
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[HttpResponse] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._size = 0
        self._unpack: zlib._Decompress | None = None
        self._content_type = b""
        self._retry_after = b""
        self._has_begun = False
        self._has_length = False
        self._in_body = False
        self.is_open = False
        self.idle_since = 0.0

    async def request(self, data: bytes, seconds: float) -> HttpResponse:
        """Send ``data``, a complete request, and return the response.

        Raises TimeoutError, ConnectionBroken or ResponseTooLarge. The connection is closed then,
        and also if the call is cancelled: its response must not be read by a later request.
        """
        if self._transport is None or not self.is_open:
            raise ConnectionBroken("The connection was closed.", is_reset=True, is_fresh=True)
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
        self._content_type = self._retry_after = b""
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
            is_ours = isinstance(cause, ResponseTooLarge | ConnectionBroken)
            self._fail(cause if is_ours else ConnectionBroken("The answer is not HTTP."))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._answer is None or self._answer.done():
            return
        if self._in_body and not self._has_length and exc is None:
            # Without a length, the end of the connection ends the body (RFC 9112, section 6.3).
            self.on_message_complete()
        else:
            is_fresh = not self._has_begun
            self._fail(ConnectionBroken("The connection ended.", is_reset=True, is_fresh=is_fresh))

    # -- httptools callbacks ---------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_body:  # a trailer field, which must not change the framing of the body
            return
        name = name.lower()
        if name == b"content-length":
            self._has_length = True
            if value.isdigit() and int(value) > self._limit:
                raise ResponseTooLarge
        elif name == b"transfer-encoding":
            self._has_length = True
        elif name == b"content-type":
            self._content_type = value
        elif name == b"retry-after":
            self._retry_after = value
        elif name == b"content-encoding" and value.lower() in (b"gzip", b"x-gzip", b"deflate"):
            self._unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def on_headers_complete(self) -> None:
        self._in_body = True

    def on_body(self, body: bytes) -> None:
        if self._unpack is not None:
            body = self._unpacked(self._unpack, body)
        self._size += len(body)
        if self._size > self._limit:
            raise ResponseTooLarge
        self._parts.append(body)

    def _unpacked(self, unpack: "zlib._Decompress", body: bytes) -> bytes:
        try:
            # One byte above the limit is enough to detect that it is exceeded.
            return unpack.decompress(body, self._limit + 1 - self._size)
        except zlib.error:
            raise ConnectionBroken("The response cannot be decompressed.") from None

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # 100 Continue, 103 Early Hints: the final response follows
            self._reset()
            return
        if self._unpack is not None and not self._unpack.eof:
            raise ConnectionBroken("The compressed response is truncated.")
        if not self._parser.should_keep_alive() or not self.is_open:
            self.is_open = False
        parts = self._parts
        if self._answer is not None and not self._answer.done():
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            content_type = self._content_type.decode("latin-1")
            retry_after = self._retry_after.decode("latin-1")
            self._answer.set_result(HttpResponse(status, content_type, body, retry_after))


class ConnectionPool:
    """At most ``size`` connections to one origin. Further requests wait, first come first
    served."""

    connect_seconds: float = 5.0
    """A subgraph may think for longer, but not about accepting a connection."""

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
        """``idle_seconds`` is below the five seconds after which many servers close idle
        connections."""
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

    async def request(self, data: bytes, seconds: float, *, may_repeat: bool) -> HttpResponse:
        """Send a complete request within ``seconds``. Raises TimeoutError, OSError,
        ConnectionBroken, ResponseTooLarge.

        ``may_repeat``: if an idle connection turns out to be closed, the request is sent once more
        over a new one. Only for requests without side effects.
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
            # The new connection takes the place of the broken one in the pool.
            connection = await self._open(deadline)
            return await connection.request(data, deadline - time.monotonic())
        finally:
            self._give_back(connection)

    def close(self) -> None:
        """Close idle connections now, and connections in use when their request ends."""
        self.idle_seconds = -1
        for connection in self._idle:
            connection.close()
            self.open -= 1
        self._idle.clear()

    def _take_idle(self) -> tuple[Connection | None, bool]:
        oldest = time.monotonic() - self.idle_seconds
        while self._idle:
            connection = self._idle.pop()  # most recently used, so that surplus ones expire
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

        left = max(0.0, deadline - time.monotonic())
        async with asyncio.timeout(min(left, self.connect_seconds)):
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
                self._wake()  # cancelled after its turn had come: pass the turn on
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
