"""What the server bounds before any application sees a request."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from router.config import Config
from router.errors import ConfigError
from router.server import GuardedProtocol, listen, uvicorn_config
from tests.support.serving import served


async def hello(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


class Impatient(GuardedProtocol):
    head_seconds = 0.3


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with served(hello, http=Impatient, server_header=False) as url:
        yield int(url.rsplit(":", 1)[1])


async def exchange(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Sends the parts and reads until the server closes or falls silent for a second."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(pause)
        async with asyncio.timeout(1):
            while data := await reader.read(4096):
                received += data
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()
    return received


async def test_an_ordinary_request_is_answered_without_a_banner(port: int):
    answer = await exchange(port, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"hello") or answer.endswith(b"hello\r\n0\r\n\r\n")
    assert b"server:" not in answer.lower()


async def test_several_requests_on_one_connection_are_answered(port: int):
    request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
    answer = await exchange(port, request, request, request, pause=0.2)
    assert answer.count(b"HTTP/1.1 200 OK") == 3


async def test_headers_that_never_end_close_the_connection(port: int):
    for start in (b"", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: "):
        began = time.monotonic()
        assert await exchange(port, start) == b""
        assert time.monotonic() - began < 0.9


async def test_the_second_request_on_a_connection_must_not_dawdle_either(port: int):
    request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
    began = time.monotonic()
    answer = await exchange(port, request, b"GET / HTTP/1.1\r\nx: ")
    assert answer.count(b"HTTP/1.1 200 OK") == 1
    assert time.monotonic() - began < 0.9


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
