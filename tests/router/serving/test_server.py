"""What the server bounds before any application sees a request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from tests.support.serving import served
from trellis.router.config import Config
from trellis.router.errors import ConfigError
from trellis.router.serving.server import GuardedProtocol, listen, uvicorn_config


async def hello(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture
def protocol() -> type[GuardedProtocol]:
    """What the server of this test speaks; a test may shorten its patience at any time."""
    return type("Protocol", (GuardedProtocol,), {"head_seconds": 3600.0})


@pytest.fixture
async def port(protocol: type[GuardedProtocol]) -> AsyncIterator[int]:
    async with served(hello, http=protocol, server_header=False) as url:
        yield int(url.rsplit(":", 1)[1])


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(20):
        yield reader, writer
    writer.close()


async def exchange(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Sends the parts and reads until the server closes."""
    async with connected(port) as (reader, writer):
        received = b""
        with suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await asyncio.sleep(pause)
            while data := await reader.read(4096):
                received += data
    return received


GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
LAST_GET = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


async def test_an_ordinary_request_is_answered_without_a_banner(port: int):
    answer = await exchange(port, LAST_GET)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"hello") or answer.endswith(b"hello\r\n0\r\n\r\n")
    assert b"server:" not in answer.lower()


async def test_several_requests_on_one_connection_are_answered(port: int):
    answer = await exchange(port, GET, GET, LAST_GET, pause=0.02)
    assert answer.count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.parametrize(
    "start", [b"", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: "]
)
async def test_headers_that_never_end_close_the_connection(
    port: int, protocol: type[GuardedProtocol], start: bytes
):
    protocol.head_seconds = 0.05
    assert await exchange(port, start) == b""


async def test_the_second_request_on_a_connection_must_not_dawdle_either(
    port: int, protocol: type[GuardedProtocol]
):
    async with connected(port) as (reader, writer):
        writer.write(GET)
        assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200 OK")
        protocol.head_seconds = 0.05
        writer.write(b"GET / HTTP/1.1\r\nx: ")
        assert b"HTTP/1.1" not in await reader.read()


async def test_a_connection_between_two_requests_is_kept(
    port: int, protocol: type[GuardedProtocol]
):
    async with connected(port) as (reader, writer):
        writer.write(GET)
        await reader.readuntil(b"hello")
        protocol.head_seconds = 0.01
        await asyncio.sleep(0.05)
        protocol.head_seconds = 3600.0
        writer.write(LAST_GET)
        assert (await reader.read()).count(b"HTTP/1.1 200 OK") == 1


async def test_endless_headers_are_refused_while_they_arrive(port: int):
    start = b"GET / HTTP/1.1\r\nhost: x\r\nx-large: "
    answer = await exchange(port, start, *[b"a" * 50_000] * 4, pause=0.01)
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_an_address_in_use_or_foreign_is_explained():
    with listen("127.0.0.1", 0) as bound:
        bound.listen()
        port = bound.getsockname()[1]
        with pytest.raises(ConfigError, match=f"Cannot listen on 127.0.0.1:{port}"):
            listen("127.0.0.1", port)
    with pytest.raises(ConfigError, match=r"Cannot listen on 192\.0\.2\.1:0"):
        listen("192.0.2.1", 0)


def test_uvicorn_is_told_our_bounds():
    settings = uvicorn_config(hello, Config())
    assert settings.ws_max_size == 1_000_000
    assert settings.limit_concurrency == 1_000
    assert settings.timeout_graceful_shutdown == 30
    assert (settings.server_header, settings.access_log) == (False, False)
