"""Kept connections: used again, replaced when stale, bounded in number."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.router.transports.test_http import OK, REQUEST, http, raw_server, read_request, replies
from trellis.router.errors import SubgraphTimeout, SubgraphUnavailable
from trellis.router.transports.base import OperationKind, SubgraphRequest
from trellis.router.transports.http import HttpTransport
from trellis.schema.request import RequestContext


class Server:
    """Answers requests and counts them; ``before`` runs when a request has been read."""

    def __init__(self, before: Callable[[int], bytes | None] = lambda n: http("200 OK", OK)):
        self.before = before
        self.connections = 0
        self.requests = 0
        self.heads: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            head, _ = await read_request(reader)
            self.heads.append(head)
            self.requests += 1
            answer = self.before(self.requests)
            if answer is None:
                return
            writer.write(answer)


async def test_a_query_is_sent_again_when_a_kept_connection_was_closed() -> None:
    server = Server(lambda n: None if n == 2 else http("200 OK", OK))
    async with raw_server(server) as url:
        transport = HttpTransport(url)
        answers = [(await transport.send(REQUEST)).data for _ in range(2)]
        await transport.aclose()

    assert answers == [{"a": 1}] * 2
    assert (server.connections, server.requests) == (2, 3)


async def test_a_mutation_is_never_sent_twice() -> None:
    server = Server(lambda n: None if n == 2 else http("200 OK", OK))
    kind: OperationKind = "mutation"
    async with raw_server(server) as url:
        transport = HttpTransport(url)
        await transport.send(REQUEST)
        with pytest.raises(SubgraphUnavailable):
            await transport.send(SubgraphRequest("orders", "mutation { a }", kind=kind))
        await transport.aclose()

    assert server.requests == 2


async def test_a_query_is_sent_again_only_once() -> None:
    server = Server(lambda n: http("200 OK", OK) if n == 1 else None)
    async with raw_server(server) as url:
        transport = HttpTransport(url)
        await transport.send(REQUEST)
        with pytest.raises(SubgraphUnavailable):
            await transport.send(REQUEST)
        await transport.aclose()

    assert server.requests == 3


async def test_a_connection_that_the_server_wants_closed_is_not_kept() -> None:
    server = Server(lambda n: http("200 OK", OK, "connection: close"))
    async with raw_server(server) as url:
        transport = HttpTransport(url)
        for _ in range(3):
            await transport.send(REQUEST)
        await transport.aclose()

    assert server.connections == 3


async def test_bytes_after_an_answer_never_become_the_next_answer() -> None:
    lie = http("200 OK", b'{"data":{"a":"stolen"}}')
    server = Server(lambda n: http("200 OK", OK) + (lie if n == 1 else b""))
    async with raw_server(server) as url:
        transport = HttpTransport(url)
        first = await transport.send(REQUEST)
        await asyncio.sleep(0.01)
        second = await transport.send(REQUEST)
        await transport.aclose()

    assert (first.data, second.data) == ({"a": 1}, {"a": 1})


async def test_more_calls_than_connections_wait_their_turn() -> None:
    server = Server()
    async with raw_server(server) as url:
        transport = HttpTransport(url, connections=3)
        answers = await asyncio.gather(*(transport.send(REQUEST) for _ in range(50)))
        await transport.aclose()

    assert [answer.data for answer in answers] == [{"a": 1}] * 50
    assert (server.connections, server.requests) == (3, 50)


async def test_waiting_for_a_connection_ends_with_the_timeout_and_frees_the_place() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with raw_server(hang) as url:
        transport = HttpTransport(url, connections=1, timeout=0.1)
        results = await asyncio.gather(
            *(transport.send(REQUEST) for _ in range(5)), return_exceptions=True
        )
        pool = transport._pool
        await transport.aclose()

    assert [type(result) for result in results] == [SubgraphTimeout] * 5
    assert (pool.open, len(pool._waiting)) == (0, 0)


async def test_cancelled_waiters_do_not_take_a_turn() -> None:
    release = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            await release.wait()
            writer.write(http("200 OK", OK))

    async with raw_server(slow) as url:
        transport = HttpTransport(url, connections=1)
        tasks = [asyncio.create_task(transport.send(REQUEST)) for _ in range(4)]
        await asyncio.sleep(0.05)
        tasks[1].cancel()
        tasks[2].cancel()
        release.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        await transport.aclose()

    assert [type(result).__name__ for result in results] == [
        "SubgraphResponse",
        "CancelledError",
        "CancelledError",
        "SubgraphResponse",
    ]


async def test_idle_connections_expire() -> None:
    server = Server()
    async with raw_server(server) as url:
        transport = HttpTransport(url)
        transport._pool.idle_seconds = 0.05
        await transport.send(REQUEST)
        await asyncio.sleep(0.1)
        await transport.send(REQUEST)
        await transport.aclose()

    assert server.connections == 2


async def test_an_answer_without_length_ends_with_its_connection() -> None:
    async with raw_server(replies(b"HTTP/1.1 200 OK\r\n\r\n" + OK)) as url:
        transport = HttpTransport(url)
        response = await transport.send(REQUEST)
        await transport.aclose()

    assert response.data == {"a": 1}


async def test_interim_answers_are_passed_over() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"
    async with raw_server(replies(early + http("200 OK", OK))) as url:
        transport = HttpTransport(url)
        response = await transport.send(REQUEST)
        await transport.aclose()

    assert response.data == {"a": 1}


async def test_header_text_of_clients_cannot_write_headers() -> None:
    server = Server()
    headers = {"x-good": "ok", "x-bad": "a\r\nx-injected: 1", "x-word": "☃", "content-type": "x/y"}
    request = SubgraphRequest("orders", "{ a }", context=RequestContext(headers=headers))
    async with raw_server(server) as url:
        transport = HttpTransport(url)
        await transport.send(request)
        await transport.aclose()

    head = server.heads[0]
    assert b"x-good: ok" in head
    assert all(name not in head for name in (b"injected", b"x-bad", b"x-word", b"x/y"))


async def test_a_unix_socket_is_reached_like_a_host() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "subgraph.sock")
        server = await asyncio.start_unix_server(Server(), path)
        transport = HttpTransport("http+unix://" + path.replace("/", "%2F") + "/graphql")
        response = await transport.send(REQUEST)
        await transport.aclose()
        server.close()

    assert response.data == {"a": 1}


@pytest.mark.parametrize("url", ["ftp://x/", "orders:4001", "http://", ""])
def test_a_url_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="not the URL"):
        HttpTransport(url)
