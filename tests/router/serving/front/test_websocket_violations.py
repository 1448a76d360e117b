"""What breaks the rules of a WebSocket closes it with the code of the rule, without a trace in the
log."""

import asyncio
import logging
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from unittest.mock import Mock

import pytest
import uvicorn
from uvicorn.server import ServerState

from tests.router.serving.front.app import toy_app
from tests.router.serving.front.raw_requests import upgrade
from tests.router.serving.front.websocket_violations import (
    INIT,
    PING,
    PONG,
    SLOW,
    TEXT,
    VIOLATIONS,
    Violation,
    frame,
    subscribe,
)
from tests.support.serving import served
from trellis.router.config import Http, Limits
from trellis.router.serving.front.front import Front

DEFLATE = b"sec-websocket-extensions: permessage-deflate\r\n\r\n"


@pytest.fixture(scope="module")
async def port() -> AsyncIterator[int]:
    async with served(toy_app(), ws_max_size=1_000_000) as url:
        yield int(url.rsplit(":", 1)[1])


class Heard:
    """Frames of the server, of less than 64 KB each."""

    def __init__(self, data: bytes) -> None:
        self.frames: list[tuple[int, bytes]] = []
        while data:
            size, start = data[1], 2
            if size == 126:
                (size,), start = struct.unpack("!H", data[2:4]), 4
            self.frames.append((data[0] & 15, data[start : start + size]))
            data = data[start + size :]

    @property
    def code(self) -> int | None:
        opcode, payload = self.frames[-1] if self.frames else (0, b"")
        return struct.unpack("!H", payload[:2])[0] if opcode == 8 else None


@asynccontextmanager
async def opened(
    port: int, data: bytes, *, deflate: bool = False, at_once: bool = False
) -> AsyncIterator[asyncio.StreamReader]:
    """A WebSocket to which ``data`` has been sent; ``at_once`` does not wait for the handshake's
    answer before."""
    handshake = upgrade()[:-2] + (DEFLATE if deflate else b"\r\n")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(5):
            writer.write(handshake + (data if at_once else b""))
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            if not at_once:
                writer.write(data)
            yield reader
    finally:
        writer.transport.abort()


async def hear(port: int, data: bytes, **options: bool) -> Heard:
    """Everything that comes until a close frame, or the end."""
    received = b""
    async with opened(port, data, **options) as reader:
        while Heard(received).code is None and (more := await reader.read(65_536)):
            received += more
    return Heard(received)


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda violation: violation.name)
async def test_a_violation_closes_with_its_code(
    port: int, violation: Violation, caplog: pytest.LogCaptureFixture
):
    heard = await hear(port, violation.data, deflate=violation.deflate)
    assert heard.code == violation.code, heard.frames
    assert not [line for line in caplog.records if line.levelno >= logging.WARNING]


def test_no_two_violations_have_one_name():
    assert len({violation.name for violation in VIOLATIONS}) == len(VIOLATIONS) >= 60


@pytest.mark.parametrize("at_once", [False, True])
async def test_what_is_right_is_answered(port: int, at_once: bool):
    talk = INIT + frame(PING, b"x") + subscribe({"query": "{ hello }"})
    async with opened(port, talk, at_once=at_once) as reader:
        heard = Heard(await reader.readuntil(b'"complete"}'))
    assert sorted(opcode for opcode, _ in heard.frames) == [TEXT, TEXT, TEXT, PONG]
    assert b'"hello":"world"' in heard.frames[-2][1]


async def test_bytes_that_precede_the_accept_are_read_behind_it(port: int):
    assert (await hear(port, frame(TEXT, b"\xff"), at_once=True)).code == 1007


async def test_a_client_that_pings_and_does_not_read_costs_no_pongs():
    transport = Mock(spec=asyncio.Transport, is_closing=lambda: False)
    config = uvicorn.Config(toy_app(), http=Front(Limits(), Http()), ws="websockets-sansio")  # pyright: ignore
    connection = Front(Limits(), Http())(config, ServerState(), {})
    connection.connection_made(transport)
    connection.data_received(upgrade())
    socket = transport.set_protocol.call_args.args[0]
    for _ in range(1_000):
        await asyncio.sleep(0)  # for the application to accept
    socket.pause_writing()
    transport.write.reset_mock()
    socket.data_received(frame(PING, b"y") * 100)
    assert not transport.write.called
    socket.resume_writing()
    socket.data_received(frame(PING, b"z"))
    transport.write.assert_called_once_with(b"\x8a\x01z")
    socket.connection_lost(None)


async def test_pings_of_a_client_that_reads_are_answered(port: int):
    heard = await hear(port, INIT + SLOW + frame(PING, b"y") * 500 + frame(3))
    assert heard.frames.count((PONG, b"y")) == 500
    assert heard.code == 1002
