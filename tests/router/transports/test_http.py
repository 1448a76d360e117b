"""What a subgraph behind HTTP may do wrong, and what the router makes of it."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from tests.support.servers import free_port
from trellis.router.errors import (
    SubgraphError,
    SubgraphInvalidResponse,
    SubgraphTimeout,
    SubgraphUnavailable,
)
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse, Transport
from trellis.router.transports.http import HttpTransport
from trellis.router.transports.http_connection import ConnectionPool
from trellis.router.transports.httpx_client import HttpxTransport
from trellis.schema.request import RequestContext

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
MAKERS = [HttpTransport, HttpxTransport]
REQUEST = SubgraphRequest("orders", "{ a }")
OK = b'{"data":{"a":1}}'
JSON = "content-type: application/json"


@asynccontextmanager
async def raw_server(handle: Handler) -> AsyncIterator[str]:
    """A TCP server that says whatever ``handle`` writes, then closes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handle(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    port = free_port()
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield f"http://127.0.0.1:{port}/graphql"
    finally:
        server.close()


def replies(*chunks: bytes) -> Handler:
    """Reads a whole request, writes ``chunks`` and closes."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()

    return handle


async def read_request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length:")
    )
    return head, await reader.readexactly(length)


def http(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.__name__)
def make(request: pytest.FixtureRequest) -> Callable[..., Transport]:
    return request.param


async def send(make: Callable[..., Transport], url: str, **options: object) -> object:
    transport = make(url, **options)
    try:
        return await transport.send(REQUEST)
    finally:
        await transport.aclose()


async def test_the_request_is_json_with_the_clients_allowed_headers(
    make: Callable[..., Transport],
) -> None:
    seen: list[tuple[bytes, bytes]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(http("200 OK", OK))

    context = RequestContext(request_id="r-1", headers={"authorization": "Bearer t"})
    async with raw_server(handle) as url:
        transport = make(url, headers={"x-router": "yes"})
        request = SubgraphRequest("orders", "query ($x: Int) { a }", {"x": 1}, context=context)
        response = await transport.send(request)
        await transport.aclose()

    head, body = seen[0]
    lines = head.lower().split(b"\r\n")
    assert (response.data, response.body) == ({"a": 1}, OK)
    assert head.startswith(b"POST /graphql HTTP/1.1\r\n")
    assert b"authorization: bearer t" in lines
    assert b"x-router: yes" in lines
    assert b"content-type: application/json" in lines
    assert orjson.loads(body) == {"query": "query ($x: Int) { a }", "variables": {"x": 1}}


async def test_bytes_are_kept_only_when_they_hold_nothing_but_data(
    make: Callable[..., Transport],
) -> None:
    for body in (b'{"data":{"a":1},"errors":[]}', b'{"data":{"a":1},"extensions":{}}'):
        async with raw_server(replies(http("200 OK", body))) as url:
            response = await send(make, url)
        assert (response.data, response.body) == ({"a": 1}, None)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", SubgraphUnavailable),
        (b"nonsense\r\n\r\n", SubgraphUnavailable),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n" + OK, SubgraphUnavailable),
        (http("503 Busy", b"<html>"), SubgraphUnavailable),
        (http("500 Oops", b'{"message":"x"}'), SubgraphUnavailable),
        (http("200 OK", b"<html>"), SubgraphInvalidResponse),
        (http("200 OK", b""), SubgraphInvalidResponse),
        (http("200 OK", b"[]"), SubgraphInvalidResponse),
        (http("200 OK", b"{}"), SubgraphInvalidResponse),
        (http("200 OK", b'{"data":[]}'), SubgraphInvalidResponse),
        (http("200 OK", b'{"data":1}'), SubgraphInvalidResponse),
        (http("200 OK", b'{"errors":"x"}'), SubgraphInvalidResponse),
        (http("200 OK", OK[:-1]), SubgraphInvalidResponse),
        (http("404 Not Found", b"no"), SubgraphInvalidResponse),
        (http("302 Found", b"", "location: http://127.0.0.1:1/"), SubgraphInvalidResponse),
        (http("200 OK", b"x", "content-encoding: gzip"), SubgraphError),
    ],
)
async def test_each_failure_has_its_class(
    make: Callable[..., Transport], answer: bytes, error: type[SubgraphError]
) -> None:
    async with raw_server(replies(answer)) as url:
        with pytest.raises(error) as failure:
            await send(make, url)

    assert failure.value.subgraph == "orders"
    assert "127.0.0.1" not in failure.value.message


async def test_graphql_errors_with_an_http_status_are_an_answer(
    make: Callable[..., Transport],
) -> None:
    body = b'{"errors":[{"message":"No."}]}'
    async with raw_server(replies(http("400 Bad Request", body))) as url:
        response = await send(make, url)

    assert response.errors == [{"message": "No."}]  # type: ignore[attr-defined]


GRAPHQL = "content-type: application/graphql-response+json; charset=utf-8"
PARTIAL = b'{"data":{"a":null,"b":1},"errors":[{"message":"No.","path":["a"]}]}'
ERRORS = b'{"errors":[{"message":"No."}]}'


@pytest.mark.parametrize(
    "status", ["200 OK", "203 Other", "302 Found", "400 Bad", "422 No", "500 Oops"]
)
@pytest.mark.parametrize("media_type", [GRAPHQL, GRAPHQL.swapcase()])
async def test_a_graphql_response_is_one_at_any_status(
    make: Callable[..., Transport], status: str, media_type: str
) -> None:
    async with raw_server(replies(http(status, PARTIAL, media_type))) as url:
        response = await send(make, url)

    assert response == SubgraphResponse({"a": None, "b": 1}, [{"message": "No.", "path": ["a"]}])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http("500 Oops", b"<html>", GRAPHQL), SubgraphUnavailable),
        (http("500 Oops", b"{}", GRAPHQL), SubgraphUnavailable),
        (http("400 Bad", b'{"data":[]}', GRAPHQL), SubgraphInvalidResponse),
        (http("200 OK", b"{}", GRAPHQL), SubgraphInvalidResponse),
        # errors of another kind than GraphQL's, as gateways write them
        (http("503 Busy", b'{"errors":[{"title":"busy"}]}', JSON), SubgraphUnavailable),
        (http("429 Slow", b'{"errors":["slow down"]}', JSON), SubgraphInvalidResponse),
        (http("500 Oops", b'{"data":{"a":1}}', JSON), SubgraphUnavailable),
        (http("404 Not Found", b'{"data":{"a":1},"errors":[]}', JSON), SubgraphInvalidResponse),
    ],
)
async def test_what_is_no_graphql_response_fails_by_its_status(
    make: Callable[..., Transport], answer: bytes, error: type[SubgraphError]
) -> None:
    async with raw_server(replies(answer)) as url:
        with pytest.raises(error):
            await send(make, url)


@pytest.mark.parametrize("status", ["400 Bad", "401 Who", "422 No", "500 Oops"])
@pytest.mark.parametrize("body", [ERRORS, b'{"data":null,' + ERRORS[1:]])
async def test_errors_in_plain_json_are_told_at_any_status(
    make: Callable[..., Transport], status: str, body: bytes
) -> None:
    async with raw_server(replies(http(status, body, JSON))) as url:
        response = await send(make, url)

    assert response == SubgraphResponse(errors=[{"message": "No."}])


async def test_a_subgraph_that_is_busy_is_away_whatever_it_says_without_a_code(
    make: Callable[..., Transport],
) -> None:
    coded = b'{"errors":[{"message":"No.","extensions":{"code":"CONFLICT"}}]}'
    async with raw_server(replies(http("503 Busy", ERRORS, JSON))) as url:
        busy: Any = await send(make, url)
    async with raw_server(replies(http("503 Busy", coded, JSON))) as url:
        refused: Any = await send(make, url)

    assert [error.get("extensions", {}).get("code") for error in busy.errors] == [
        "SUBGRAPH_UNAVAILABLE",
        None,
    ]
    assert [error["extensions"]["code"] for error in refused.errors] == ["CONFLICT"]


@pytest.mark.parametrize(
    ("status", "code"),
    [("500 Oops", "SUBGRAPH_UNAVAILABLE"), ("409 No", "SUBGRAPH_INVALID_RESPONSE")],
)
async def test_data_in_plain_json_is_not_relied_on_but_with_success(
    make: Callable[..., Transport], status: str, code: str
) -> None:
    async with raw_server(replies(http(status, PARTIAL, JSON))) as url:
        response = await send(make, url)

    http_error = {
        "message": f"The subgraph returned HTTP {status[:3]}.",
        "extensions": {"code": code, "service": "orders"},
    }
    assert response == SubgraphResponse(errors=[http_error, {"message": "No.", "path": ["a"]}])


@pytest.mark.parametrize("media_type", ["x-none: 1", JSON, "content-type: text/plain"])
async def test_with_success_the_media_type_does_not_matter(
    make: Callable[..., Transport], media_type: str
) -> None:
    async with raw_server(replies(http("200 OK", PARTIAL, media_type))) as url:
        response = await send(make, url)

    assert response.data == {"a": None, "b": 1}  # type: ignore[attr-defined]


async def test_the_media_type_belongs_to_one_answer(make: Callable[..., Transport]) -> None:
    answers = [http("500 Oops", PARTIAL, GRAPHQL), http("500 Oops", PARTIAL)]

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await read_request(reader)
            writer.write(b"HTTP/1.1 103 Early Hints\r\ncontent-type: text/html\r\n\r\n" + answer)

    async with raw_server(handle) as url:
        transport = make(url)
        responses = [await transport.send(REQUEST) for _ in answers]
        await transport.aclose()

    assert [response.data for response in responses] == [{"a": None, "b": 1}, None]


async def test_a_trailer_says_nothing_about_the_body(make: Callable[..., Transport]) -> None:
    head = b"HTTP/1.1 500 Oops\r\ntransfer-encoding: chunked\r\ntrailer: content-type\r\n\r\n"
    body = b"%x\r\n%b\r\n0\r\n%b\r\n\r\n" % (len(PARTIAL), PARTIAL, GRAPHQL.encode())
    async with raw_server(replies(head, body)) as url:
        response = await send(make, url)

    assert response.data is None  # type: ignore[attr-defined]


async def test_a_string_that_is_no_text_costs_only_its_place(
    make: Callable[..., Transport],
) -> None:
    async with raw_server(replies(http("200 OK", b'{"data":{"a":"\\ud800","b":1}}'))) as url:
        response = await send(make, url)

    assert response.data == {"a": None, "b": 1}  # type: ignore[attr-defined]
    assert [error["path"] for error in response.errors] == [["a"]]  # type: ignore[attr-defined]


async def test_a_subgraph_that_is_not_there_is_unavailable(make: Callable[..., Transport]) -> None:
    with pytest.raises(SubgraphUnavailable):
        await send(make, f"http://127.0.0.1:{free_port()}/graphql")


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"])
async def test_a_subgraph_that_hangs_times_out(make: Callable[..., Transport], sent: bytes) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(sent)
        await reader.read()

    async with raw_server(hang) as url:
        with pytest.raises(SubgraphTimeout):
            await send(make, url, timeout=0.1)


async def test_an_answer_that_is_too_large_is_given_up(make: Callable[..., Transport]) -> None:
    body = b'{"data":{"a":"' + b"x" * 10_000 + b'"}}'
    async with raw_server(replies(http("200 OK", body))) as url:
        with pytest.raises(SubgraphInvalidResponse, match="exceeds 5000 bytes"):
            await send(make, url, response_bytes=5_000)


async def test_a_packed_answer_is_unpacked_and_its_real_size_counts(
    make: Callable[..., Transport],
) -> None:
    small, large = gzip.compress(OK), gzip.compress(b'{"data":{"a":"' + b"x" * 10_000 + b'"}}')
    encoded = "content-encoding: gzip"
    async with raw_server(replies(http("200 OK", small, encoded))) as url:
        response = await send(make, url)
    async with raw_server(replies(http("200 OK", large, encoded))) as url:
        with pytest.raises(SubgraphInvalidResponse, match="exceeds 5000 bytes"):
            await send(make, url, response_bytes=5_000)

    assert response.data == {"a": 1}  # type: ignore[attr-defined]


async def test_a_chunked_answer_is_put_together(make: Callable[..., Transport]) -> None:
    chunks = [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        b"6\r\n" + OK[:6] + b"\r\n",
        b"%x\r\n" % len(OK[6:]) + OK[6:] + b"\r\n0\r\n\r\n",
    ]
    async with raw_server(replies(*chunks)) as url:
        response = await send(make, url)

    assert response.data == {"a": 1}  # type: ignore[attr-defined]


async def test_a_connection_is_used_again(make: Callable[..., Transport]) -> None:
    connections = 0

    async def keep_alive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            await read_request(reader)
            writer.write(http("200 OK", OK))

    async with raw_server(keep_alive) as url:
        transport = make(url)
        for _ in range(5):
            await transport.send(REQUEST)
        await transport.aclose()

    assert connections == 1


async def test_a_cancelled_call_closes_its_connection(make: Callable[..., Transport]) -> None:
    left = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await reader.read()
        left.set()

    async with raw_server(hang) as url:
        transport = make(url)
        task = asyncio.create_task(transport.send(REQUEST))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(left.wait(), 1)
        await transport.aclose()


async def test_connecting_has_a_limit_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requirement S4-SVC-04: 5 s to connect, however long an answer may take."""
    assert ConnectionPool.connect_seconds == 5
    monkeypatch.setattr(ConnectionPool, "connect_seconds", 0.05)

    async def hang(*_: Any, **__: Any) -> None:
        await asyncio.sleep(30)

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", hang)
    transport = HttpTransport("http://127.0.0.1:1/graphql", timeout=30)
    async with asyncio.timeout(10):
        with pytest.raises(SubgraphTimeout):
            await transport.send(REQUEST)
    await transport.aclose()
