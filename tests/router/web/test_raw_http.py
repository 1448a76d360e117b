"""Forged and mis-framed requests on a raw socket: the right 4xx at once, and it can be read."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.support.serving import served
from tests.support.toy_graph import ToyGraph
from trellis.router.config import Config
from trellis.router.serving.wiring import wrap
from trellis.router.web.csrf import Csrf
from trellis.router.web.graphql import GraphQLEndpoint
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.services import Services

BODY = b'{"query": "{ hello }"}'


@pytest.fixture(scope="module")
async def port() -> AsyncIterator[int]:
    config = Config()
    endpoint = GraphQLEndpoint(
        Services(graph=ToyGraph(), make_context=ContextMaker((), 30), limits=config.limits)
    )
    async with served(wrap(Csrf(endpoint), config)) as url:
        yield int(url.rsplit(":", 1)[1])


async def exchange(port: int, request: bytes) -> bytes:
    """The first 64 KB of the answer to a request written in full, or as far as it was taken."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(5):
            writer.write(request)
            return await reader.read(65_536)
    finally:
        writer.transport.abort()


def post(body: bytes = BODY, *headers: bytes) -> bytes:
    lines = [b"POST /graphql HTTP/1.1", b"host: trellis", b"content-type: application/json"]
    lines += headers or (b"content-length: %d" % len(body),)
    return b"\r\n".join([*lines, b"", body])


async def test_a_plain_request_is_answered(port: int):
    assert (await exchange(port, post())).startswith(b"HTTP/1.1 200 OK")


async def test_a_chunked_request_is_answered(port: int):
    chunks = b"".join(b"%x\r\n%b\r\n" % (1, BODY[i : i + 1]) for i in range(len(BODY)))
    request = post(chunks + b"0\r\n\r\n", b"transfer-encoding: chunked")
    assert (await exchange(port, request)).startswith(b"HTTP/1.1 200 OK")


async def test_the_client_can_read_that_its_body_is_too_large(port: int):
    answer = await exchange(port, post(b" " * 3_000_000))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"PAYLOAD_TOO_LARGE" in answer
    chunk = b"%x\r\n%b\r\n" % (500_000, b" " * 500_000)
    answer = await exchange(port, post(chunk * 6 + b"0\r\n\r\n", b"transfer-encoding: chunked"))
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "request_text",
    [
        b"nonsense\r\n\r\n",
        b"GET /graphql HTTP/9.9\r\nhost: x\r\n\r\n",
        post(BODY, b"content-length: 22", b"content-length: 23"),
        post(BODY, b"content-length: -1"),
        post(BODY, b"content-length: 1e3"),
        post(b"zz\r\n", b"transfer-encoding: chunked"),
        post(BODY, b"transfer-encoding: chunked", b"content-length: 22"),
        b"GET /graphql HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n",
    ],
)
async def test_mis_framed_requests_are_400(port: int, request_text: bytes):
    assert (await exchange(port, request_text)).startswith(b"HTTP/1.1 400 ")


async def test_a_query_string_that_is_no_utf8_is_400(port: int):
    answer = await exchange(port, b"GET /graphql?query=%ff HTTP/1.1\r\nhost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"BAD_REQUEST" in answer
