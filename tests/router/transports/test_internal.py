"""The router asks what is no GraphQL: a subgraph that misbehaves costs an error, never more."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from tests.support.servers import free_port
from trellis.router.errors import (
    SubgraphError,
    SubgraphInvalidResponse,
    SubgraphTimeout,
    SubgraphUnavailable,
)
from trellis.router.identity.api_keys import RemoteApiKeys
from trellis.router.identity.revocations import RemoteRevocations
from trellis.router.transports.internal import InternalClient, InternalResponse
from trellis.router.trust.service_tokens import SERVICE_TOKEN, ServiceTokens
from trellis.schema.errors import Unavailable
from trellis.schema.identity import ANONYMOUS

TOKENS = ServiceTokens([b"s" * 32])
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Impostor:
    """Speaks HTTP as it likes; keeps the heads of the requests."""

    port: int
    heads: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"


@asynccontextmanager
async def impostor(answer: Answer) -> AsyncIterator[Impostor]:
    found = Impostor(free_port())
    open_ones: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            found.heads.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
            await answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(serve(reader, writer))
        open_ones.add(task)
        task.add_done_callback(open_ones.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", found.port)
    try:
        yield found
    finally:
        server.close()
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)


def says(status: str, body: bytes = b"", *headers: str, length: int | None = None) -> Answer:
    head = [f"HTTP/1.1 {status}", f"content-length: {len(body) if length is None else length}"]

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write("\r\n".join([*head, *headers, "", ""]).encode() + body)
        await writer.drain()

    return answer


async def hangs(_writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def hangs_after_its_head(writer: asyncio.StreamWriter) -> None:
    await says("200 OK", b"{", length=100)(writer)
    await asyncio.sleep(60)


async def dribbles(writer: asyncio.StreamWriter) -> None:
    await says("200 OK", b"[", length=10_000)(writer)
    for _ in range(10_000):
        writer.write(b"1")
        await writer.drain()
        await asyncio.sleep(0.01)


async def hangs_up(_writer: asyncio.StreamWriter) -> None:
    return None


async def speaks_something_else(writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 smtp.example ESMTP\r\n")
    await writer.drain()


@asynccontextmanager
async def asking(url: str, *, timeout: float = 5.0) -> AsyncIterator[InternalClient]:
    client = InternalClient("accounts", url, TOKENS, timeout=timeout)
    try:
        yield client
    finally:
        await client.aclose()


async def test_an_answer_comes_with_its_etag_and_the_router_proves_itself():
    async with impostor(says("200 OK", b'{"a": 1}', 'etag: "v1"')) as server:
        async with asking(server.url) as client:
            found = await client.get("/internal/x", etag='"v0"')
            assert found == InternalResponse(200, {"a": 1}, '"v1"')
            assert await client.post("/internal/y", [1]) == found
        first, second = server.heads
    assert first.startswith("GET /internal/x HTTP/1.1\r\n")
    assert 'if-none-match: "v0"' in first
    assert second.startswith("POST /internal/y HTTP/1.1\r\n")
    for head in server.heads:
        token = head.partition(f"{SERVICE_TOKEN}: ")[2].split()[0]
        assert TOKENS.is_valid(token, "accounts")
        assert not TOKENS.is_valid(token, "projects")


@pytest.mark.parametrize("status", ["304 Not Modified", "404 Not Found"])
async def test_nothing_new_and_nothing_there_are_answers(status: str):
    async with impostor(says(status)) as server, asking(server.url) as client:
        assert await client.get("/internal/x") == InternalResponse(int(status[:3]))


@pytest.mark.parametrize(
    ("status", "body"),
    [("304 Not Modified", b""), ("404 Not Found", b"gone"), ("403 Forbidden", b"x" * 60_000)],
)
async def test_a_response_without_a_value_keeps_its_connection(status: str, body: bytes):
    connections: set[object] = set()
    kept_alive = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(kept_alive)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with asking(f"http://127.0.0.1:{port}/graphql") as client:
        for _ in range(3):
            with suppress(SubgraphInvalidResponse):
                await client.get("/internal/x")
    server.close()

    assert len(connections) == 1


DEEP = b"[" * 5_000 + b"]" * 5_000
WRONG: dict[str, tuple[Answer, type[SubgraphError]]] = {
    "hanging up": (hangs_up, SubgraphUnavailable),
    "another protocol": (speaks_something_else, SubgraphUnavailable),
    "cut off": (says("200 OK", b'{"a"', length=100), SubgraphUnavailable),
    "an error": (says("500 Oops", b'{"a": 1}'), SubgraphUnavailable),
    "busy": (says("503 Busy", b'{"a": 1}', "retry-after: 5"), SubgraphUnavailable),
    "a refusal": (says("403 Forbidden", b'{"a": 1}'), SubgraphInvalidResponse),
    "no token taken": (says("401 Unauthorized", b'{"a": 1}'), SubgraphInvalidResponse),
    "nothing": (says("204 No Content"), SubgraphInvalidResponse),
    "a part": (says("206 Partial Content", b'{"a": 1}'), SubgraphInvalidResponse),
    "an empty answer": (says("200 OK"), SubgraphInvalidResponse),
    "a page": (says("200 OK", b"<html>", "content-type: text/html"), SubgraphInvalidResponse),
    "half of it": (says("200 OK", b'{"a": '), SubgraphInvalidResponse),
    "two in one": (says("200 OK", b'{"a": 1}{"a": 2}'), SubgraphInvalidResponse),
    "no UTF-8": (says("200 OK", b'{"a": "\xff"}'), SubgraphInvalidResponse),
    "no number": (says("200 OK", b'{"a": NaN}'), SubgraphInvalidResponse),
    "very deep": (says("200 OK", DEEP), SubgraphInvalidResponse),
    "packed": (
        says("200 OK", gzip.compress(b'{"a": 1}'), "content-encoding: gzip"),
        SubgraphInvalidResponse,
    ),
}


@pytest.mark.parametrize("what", WRONG)
async def test_what_is_no_answer_is_an_error_that_tells_nothing_of_us(what: str):
    answer, kind = WRONG[what]
    async with impostor(answer) as server, asking(server.url) as client:
        with pytest.raises(kind) as caught:
            await client.get("/internal/x")
    for ours in (str(server.port), "127.0.0.1", "internal/x", "Traceback"):
        assert ours not in str(caught.value)


async def test_one_that_is_not_there_is_unavailable():
    async with asking(f"http://127.0.0.1:{free_port()}/graphql") as client:
        with pytest.raises(SubgraphUnavailable):
            await client.get("/internal/x")


@pytest.mark.parametrize("answer", [hangs, hangs_after_its_head, dribbles])
async def test_one_that_takes_too_long_is_given_up_as_a_whole(answer: Answer):
    async with impostor(answer) as server, asking(server.url, timeout=0.3) as client:
        with pytest.raises(SubgraphTimeout):
            async with asyncio.timeout(10):
                await client.get("/internal/x")


async def test_an_answer_without_end_is_not_read_to_the_end():
    sent = 0

    async def flood(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await says("200 OK", b"[", length=10**12)(writer)
        for _ in range(1_000):
            writer.write(b" " * 100_000)
            await writer.drain()
            sent += 100_000

    async with impostor(flood) as server, asking(server.url, timeout=20) as client:
        with pytest.raises(SubgraphInvalidResponse, match="exceeds 10000000 bytes"):
            await client.get("/internal/x")
    assert 10_000_000 <= sent < 50_000_000


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
async def test_a_redirect_is_not_followed_and_its_target_gets_no_token(status: str):
    async with impostor(says("200 OK", b"{}")) as thief:
        elsewhere = says(status, b"", f"location: {thief.url}")
        async with impostor(elsewhere) as server, asking(server.url) as client:
            with pytest.raises(SubgraphInvalidResponse):
                await client.post("/internal/api-keys", {"key": "secret"})
    assert thief.heads == []


@pytest.mark.parametrize("what", [*WRONG, "hanging"])
async def test_whatever_happens_no_key_is_believed_and_nobody_let_in(what: str):
    answer, _ = WRONG.get(what, (hangs, SubgraphTimeout))
    async with impostor(answer) as server, asking(server.url, timeout=0.3) as client:
        with pytest.raises(Unavailable):
            await RemoteApiKeys(client).verify("trellis_key")
        with pytest.raises(Unavailable):
            await RemoteRevocations(client).is_revoked(ANONYMOUS)


async def test_after_a_failure_the_next_answer_counts():
    answers = iter([hangs_up, says("500 Oops"), hangs, says("200 OK", b"[7]")])

    async def by_and_by(writer: asyncio.StreamWriter) -> None:
        await next(answers)(writer)

    async with impostor(by_and_by) as server, asking(server.url, timeout=1.5) as client:
        for _ in range(3):
            with pytest.raises(SubgraphError):
                await client.get("/internal/x")
        async with asking(server.url) as patient:
            assert (await patient.get("/internal/x")).value == [7]
