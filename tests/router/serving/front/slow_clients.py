"""Kinds of clients that hold a connection and do as little as they can for it."""

import asyncio
import socket as connection
from collections.abc import Awaitable, Callable
from contextlib import suppress

from tests.router.serving.front.raw_requests import HEAD, get, upgrade
from tests.router.serving.front.websocket_violations import INIT, PONG, frame, subscribe

DRIP_SECONDS = 0.05

Slow = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]
"""Goes on until the server ends the connection; gives what it was told."""


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> bytes:
    return await _rest(reader)


async def head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(b"GET /graphql HTTP/1.1\r\nhost: t\r\nx: ")
    return await _dripping(reader, writer)


async def body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(HEAD + b"content-length: 1000000\r\n\r\n")
    return await _dripping(reader, writer)


async def idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(get(path=b"/graphql?query=%7B__typename%7D"))
    await reader.readuntil(b'"Query"}}')
    return await _rest(reader)


async def unread(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Asks for more than the buffers of both sides hold, and never reads."""
    return await _unread(writer, b"GET /large HTTP/1.1\r\nhost: t\r\n\r\n", b"\r\n")


async def unread_events(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    return await _unread(writer, b"GET /events HTTP/1.1\r\nhost: t\r\n\r\n", b"\r\n")


async def unread_socket(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(upgrade())
    await reader.readuntil(b"\r\n\r\n")
    blocks = subscribe({"query": "subscription { blocks }"})
    return await _unread(writer, INIT + blocks, frame(PONG))


async def _unread(writer: asyncio.StreamWriter, request: bytes, probe: bytes) -> bytes:
    writer.transport.pause_reading()  # pyright: ignore[reportAttributeAccessIssue]
    writer.write(request)
    while not writer.transport.is_closing():
        writer.write(probe)  # a connection that was cut refuses it
        await asyncio.sleep(DRIP_SECONDS)
    return b""


async def socket(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(upgrade())
    await reader.readuntil(b"\r\n\r\n")
    return await _rest(reader)


SLOW_CLIENTS: dict[str, Slow] = {
    "silent": silent,
    "head": head,
    "body": body,
    "idle": idle,
    "unread": unread,
    "unread events": unread_events,
    "unread socket": unread_socket,
    "socket": socket,
}


async def run_slow(port: int, slow: Slow, source: str = "127.0.0.1") -> bytes:
    """One client at an address of its own choice, until the server has ended it."""
    plug = connection.socket()
    plug.setsockopt(connection.SOL_SOCKET, connection.SO_RCVBUF, 4096)
    plug.setblocking(False)
    plug.bind((source, 0))
    await asyncio.get_running_loop().sock_connect(plug, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=plug)
    try:
        return await slow(reader, writer)
    except (OSError, asyncio.IncompleteReadError):
        return b""
    finally:
        writer.transport.abort()


async def _dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    rest = asyncio.ensure_future(_rest(reader))
    while not rest.done():
        with suppress(OSError):
            writer.write(b"a")
        await asyncio.wait((rest,), timeout=DRIP_SECONDS)
    return rest.result()


async def _rest(reader: asyncio.StreamReader) -> bytes:
    received = b""
    with suppress(OSError):
        while data := await reader.read(65_536):
            received += data
    return received
