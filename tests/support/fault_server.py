"""A subgraph over raw sockets that can fail in every way in which a server can.

It executes GraphQL in this event loop, and writes the bytes of HTTP itself, so that they may be
wrong.
"""

import asyncio
import contextlib
import gzip
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import GraphQLSchema, execute_sync, parse

TOO_MANY_BYTES = 100_000
"""More than the routers of the tests accept."""


@dataclass(slots=True)
class Exchange:
    """One request: what a correct server would respond with, and the connection to do otherwise."""

    body: bytes
    writer: asyncio.StreamWriter

    async def write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def respond(
        self, body: bytes | None = None, status: str = "200 OK", *headers: str
    ) -> None:
        """A complete response; by default the correct one."""
        body = self.body if body is None else body
        await self.write(head(len(body), status, *headers) + body)

    def reset(self) -> None:
        """End the connection by RST instead of FIN."""
        connection = self.writer.get_extra_info("socket")
        no_linger = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
        self.writer.transport.abort()


Fault = Callable[[Exchange], Awaitable[None]]
"""Responds, or fails to. Afterwards the connection is closed."""


def head(length: int, status: str = "200 OK", *headers: str) -> bytes:
    """The head of a response."""
    kind = () if any(h.startswith("content-type") for h in headers) else (_JSON,)
    lines = (f"HTTP/1.1 {status}", f"content-length: {length}", *kind, *headers, "", "")
    return "\r\n".join(lines).encode()


_JSON = "content-type: application/json"
_HTML = b"<html><body>It works!</body></html>"


async def down(exchange: Exchange) -> None:
    """Nobody listens: ``FaultServer.set`` stops the server."""


async def hung(exchange: Exchange) -> None:
    """Accepts the request and never responds."""
    await asyncio.sleep(3600)


async def slow(exchange: Exchange) -> None:
    """Responds byte by byte, for longer than anybody waits."""
    for byte in head(len(exchange.body)):
        await exchange.write(bytes([byte]))
        await asyncio.sleep(0.05)


async def reset(exchange: Exchange) -> None:
    exchange.reset()


async def closed(exchange: Exchange) -> None:
    """Closes the connection without a response."""


async def reset_in_body(exchange: Exchange) -> None:
    await exchange.write(head(len(exchange.body)) + exchange.body[:5])
    exchange.reset()


async def truncated(exchange: Exchange) -> None:
    await exchange.write(head(len(exchange.body)) + exchange.body[:-3])


async def truncated_chunks(exchange: Exchange) -> None:
    chunk = b"%x\r\n%b\r\n" % (len(exchange.body), exchange.body)
    await exchange.write(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        b"transfer-encoding: chunked\r\n\r\n" + chunk
    )


async def not_http(exchange: Exchange) -> None:
    await exchange.write(b"\x16\x03\x01\x02 nothing to see here\r\n\r\n")


async def not_json(exchange: Exchange) -> None:
    await exchange.respond(exchange.body.replace(b":", b";"))


async def not_graphql(exchange: Exchange) -> None:
    await exchange.respond(b'[{"data":{}}]')


async def wrong_length(exchange: Exchange) -> None:
    """States fewer bytes than it sends."""
    await exchange.write(head(len(exchange.body) - 4) + exchange.body)


async def html(exchange: Exchange) -> None:
    await exchange.respond(_HTML, "200 OK", "content-type: text/html")


async def too_large(exchange: Exchange) -> None:
    padding = b" " * TOO_MANY_BYTES
    await exchange.respond(exchange.body + padding)


async def bad_gzip(exchange: Exchange) -> None:
    await exchange.respond(gzip.compress(exchange.body)[:-9], "200 OK", "content-encoding: gzip")


async def redirect(exchange: Exchange) -> None:
    await exchange.respond(b"", "307 Temporary Redirect", "location: http://127.0.0.1:1/graphql")


async def not_found(exchange: Exchange) -> None:
    await exchange.respond(_HTML, "404 Not Found", "content-type: text/html")


async def error_without_body(exchange: Exchange) -> None:
    await exchange.respond(b"", "500 Internal Server Error")


async def error_with_body(exchange: Exchange) -> None:
    await exchange.respond(b'{"error":"psql://10.0.0.7"}', "500 Internal Server Error")


async def busy(exchange: Exchange) -> None:
    await exchange.respond(_HTML, "503 Service Unavailable", "retry-after: 7")


FAULTS: Mapping[str, tuple[Fault, ...]] = {
    "SUBGRAPH_TIMEOUT": (hung, slow),
    "SUBGRAPH_UNAVAILABLE": (
        down,
        reset,
        closed,
        reset_in_body,
        truncated,
        truncated_chunks,
        not_http,
        bad_gzip,
        error_without_body,
        error_with_body,
        busy,
    ),
    "SUBGRAPH_INVALID_RESPONSE": (
        not_json,
        not_graphql,
        wrong_length,
        html,
        too_large,
        redirect,
        not_found,
    ),
}
"""Every way to fail, by the code of the error that clients get."""


@dataclass(slots=True)
class FaultServer:
    """One subgraph. ``fault`` is None while it is well; ``requests`` counts what it received."""

    schema: GraphQLSchema
    resolve: Callable[..., Any]
    port: int = 0
    fault: Fault | None = None
    requests: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _listener: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    def answer(self, payload: Mapping[str, Any]) -> bytes:
        """The correct response to a request."""
        result = execute_sync(
            self.schema,
            parse(payload["query"]),
            variable_values=payload.get("variables"),
            field_resolver=self.resolve,
            type_resolver=lambda value, *_: value["__typename"],
        )
        return orjson.dumps(dict(result.formatted))

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._respond(reader, writer):
                    pass
        except asyncio.CancelledError:
            pass  # the server is closed
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Respond to one request. False if the connection is to be closed."""
        request = await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        if request.startswith(b"GET "):  # the handshake of a WebSocket
            exchange = Exchange(b'{"data":{}}', writer)
        else:
            lines = request.lower().split(b"\r\n")
            [length] = [int(line[15:]) for line in lines if line.startswith(b"content-length:")]
            payload = orjson.loads(await reader.readexactly(length))
            exchange = Exchange(self.answer(payload), writer)
        fault = self.fault
        if fault is None:
            await exchange.respond()
            return True
        await fault(exchange)
        return False

    async def set(self, fault: Fault | None) -> None:
        """Fail in this way from now on."""
        self.fault = fault
        if fault is down:
            await self.aclose()
        elif self._listener is None:
            await self.start()

    async def start(self) -> None:
        """Listen, at the same port as before."""
        self._listener = await asyncio.start_server(self.handle, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def aclose(self) -> None:
        """Stop listening, and end what hangs."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def running(server: FaultServer) -> AsyncIterator[FaultServer]:
    """Serves on a free port of this machine."""
    await server.start()
    try:
        yield server
    finally:
        await server.aclose()
