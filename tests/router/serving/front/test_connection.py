"""What one connection may do, and when it is ended."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from tests.router.serving.front.app import toy_app
from tests.router.serving.front.raw_requests import HEAD, get, post
from tests.support.serving import served
from trellis.router.config import Config, Http, Limits

SHORT = Limits(head_seconds=0.3, receive_seconds=0.5, idle_seconds=0.3)
Exchange = Callable[..., Awaitable[bytes]]


@asynccontextmanager
async def connected(
    url: str, source: str = "127.0.0.1"
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", int(url.rsplit(":", 1)[1]), local_addr=(source, 0)
    )
    async with asyncio.timeout(10):
        yield reader, writer
    writer.transport.abort()


async def exchange(url: str, *parts: bytes, pause: float = 0.0, source: str = "127.0.0.1") -> bytes:
    """Sends the parts and reads until the server closes."""
    async with connected(url, source) as (reader, writer):
        received = b""
        with suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await asyncio.sleep(pause)
            while data := await reader.read(65_536):
                received += data
    return received


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with served(toy_app(), SHORT) as url:
        yield url


LAST = get(b"connection: close\r\n")


async def test_several_requests_on_one_connection_are_answered(url: str):
    answer = await exchange(url, get(), get(), LAST, pause=0.02)
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert b"server:" not in answer.lower()


async def test_a_body_that_comes_with_the_next_head_leaves_that_one_a_head(url: str):
    """A client that has its answer already may send the rest of one request with the next one."""
    unread = get(b"content-length: 2\r\n")
    body = b'{"query": "{ hello }"}' + b" " * 1_000_000
    large = post(b"connection: close\r\ncontent-length: %d\r\n" % len(body), body)
    answer = await exchange(url, unread, b"{}" + large[:1000], large[1000:], pause=0.05)
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"200"]


async def test_a_request_that_comes_in_single_bytes_is_answered(url: str):
    parts = [bytes([byte]) for byte in LAST]
    assert (await exchange(url, *parts)).startswith(b"HTTP/1.1 200 OK")


async def test_a_connection_that_asks_nothing_is_closed_without_a_word(url: str):
    assert await exchange(url) == b""


@pytest.mark.parametrize("before", [b"", b"\r\n", get()])
async def test_a_head_that_does_not_end_is_408(url: str, before: bytes):
    answer = await exchange(url, before, b"GET / HTTP/1.1\r\nx: ", pause=0.05)
    assert answer.count(b"HTTP/1.1 408 ") == 1
    assert b'"code":"REQUEST_HEAD_TIMEOUT"' in answer


async def test_a_body_that_drips_is_408_however_often_it_drips(url: str):
    drops = [b" "] * 40
    answer = await exchange(url, HEAD + b"content-length: 100\r\n\r\n", *drops, pause=0.03)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"REQUEST_BODY_TIMEOUT"' in answer


async def test_a_body_that_goes_on_behind_its_refusal_ends_the_connection(url: str):
    async with connected(url) as (reader, writer):
        writer.write(HEAD + b"content-length: 3000000\r\n\r\n")
        assert (await reader.readuntil(b"}]}")).startswith(b"HTTP/1.1 413 ")
        writer.write(b" ")
        with suppress(ConnectionError):
            assert await reader.read() == b""


async def test_a_refusal_follows_the_answers_that_are_owed():
    released = asyncio.Event()

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await released.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"late"})

    async with served(app) as url, connected(url) as (reader, writer):
        writer.write(get() + b"nonsense\r\n\r\n")
        await asyncio.sleep(0.05)
        released.set()
        answer = await reader.read()
    assert answer.index(b"late") < answer.index(b"HTTP/1.1 400 ")


async def test_a_broken_body_takes_its_request_back(url: str):
    whole = get() + post(b"transfer-encoding: chunked\r\n", b"2\r\n{}\r\nzz\r\n")
    answer = await exchange(url, whole)
    assert re.findall(rb"HTTP/1\.1 (\d+) ", answer) == [b"200", b"400"]


async def test_the_own_answers_keep_a_harmless_id(url: str):
    answer = await exchange(url, b"GET / HTTP/1.1\r\nx-request-id: abc-1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"\r\nx-request-id: abc-1\r\n" in answer


async def test_an_own_answer_to_head_has_no_body(url: str):
    answer = await exchange(url, b"HEAD / HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("has_begun", [False, True])
async def test_an_application_that_fails_is_500_or_a_cut(has_begun: bool):
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        if has_begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"a", "more_body": True})
        raise RuntimeError("the password is swordfish")

    async with served(app) as url:
        answer = await exchange(url, get())
    assert b"swordfish" not in answer
    if has_begun:
        assert not answer.endswith(b"0\r\n\r\n")
    else:
        assert answer.startswith(b"HTTP/1.1 500 ")
        assert b'"code":"INTERNAL"' in answer


async def test_an_application_that_says_nothing_is_500():
    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        return

    async with served(app) as url:
        assert (await exchange(url, get())).startswith(b"HTTP/1.1 500 ")


async def test_an_idle_connection_gives_way_to_a_new_one():
    async with (
        served(toy_app(), Limits(connections=2)) as url,
        connected(url) as (first, ask_first),
        connected(url) as (second, ask_second),
    ):
        for reader, writer in ((first, ask_first), (second, ask_second)):
            writer.write(get())
            await reader.readuntil(b'"world"}}')
        assert (await exchange(url, LAST)).startswith(b"HTTP/1.1 200 ")
        with suppress(ConnectionError):
            assert await first.read() == b""
        ask_second.write(LAST)
        assert (await second.read()).startswith(b"HTTP/1.1 200 ")


async def test_what_is_being_received_does_not_give_way():
    async with served(toy_app(), Limits(connections=1)) as url, connected(url) as (reader, writer):
        writer.write(LAST[:10])
        await asyncio.sleep(0.05)
        answer = await exchange(url, LAST)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b'"code":"TOO_MANY_CONNECTIONS"' in answer
        assert b"\r\nretry-after: " in answer
        writer.write(LAST[10:])
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")


async def test_an_address_has_its_share_and_leaves_the_others_theirs():
    limits = Limits(connections=10, connections_per_address=1)
    async with served(toy_app(), limits) as url, connected(url) as (_, writer):
        writer.write(LAST[:10])
        await asyncio.sleep(0.05)
        assert (await exchange(url, LAST)).startswith(b"HTTP/1.1 503 ")
        assert (await exchange(url, LAST, source="127.0.0.3")).startswith(b"HTTP/1.1 200 ")


async def test_behind_a_trusted_proxy_the_clients_have_shares_of_what_runs():
    limits = Limits(connections=10, connections_per_address=1)
    slow = get(b"x-forwarded-for: 192.0.2.1\r\n", path=b"/graphql?query=%7Bslow(seconds:1)%7D")
    one, other = (
        get(b"x-forwarded-for: 192.0.2.%d\r\nconnection: close\r\n" % number) for number in (1, 2)
    )
    http = Http(trusted_proxies=("127.0.0.1",))
    async with served(toy_app(Config(http=http)), limits, http) as url:
        async with connected(url) as (_, writer):
            writer.write(slow)
            await asyncio.sleep(0.05)
            assert (await exchange(url, one)).startswith(b"HTTP/1.1 503 ")
            assert (await exchange(url, other)).startswith(b"HTTP/1.1 200 ")
        await asyncio.sleep(0.05)
        assert (await exchange(url, one)).startswith(b"HTTP/1.1 200 ")


async def test_whoever_leaves_while_requests_run_does_not_make_room_for_more_tasks():
    hold = asyncio.Event()

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await hold.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with served(app, Limits(connections=2)) as url:
        for _ in range(2):
            async with connected(url) as (_, writer):
                writer.write(get())
                await asyncio.sleep(0.05)
        answer = await exchange(url, LAST)
        hold.set()
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b'"code":"SERVICE_UNAVAILABLE"' in answer
