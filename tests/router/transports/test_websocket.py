"""Subscriptions to remote subgraphs speak graphql-transport-ws."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import orjson
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.support.servers import free_port
from trellis.router.errors import SubgraphInvalidResponse, SubgraphTimeout, SubgraphUnavailable
from trellis.router.transports.base import SubgraphRequest
from trellis.router.transports.websocket import WebSocketTransport
from trellis.schema.request import RequestContext

Script = Callable[[ServerConnection], Awaitable[None]]
REQUEST = SubgraphRequest(
    "orders",
    "subscription ($x: Int) { n(x: $x) }",
    {"x": 1},
    kind="subscription",
    context=RequestContext(headers={"authorization": "Bearer t"}),
)


@asynccontextmanager
async def subgraph(script: Script) -> AsyncIterator[WebSocketTransport]:
    async def run(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            await script(connection)

    port = free_port()
    protocol = Subprotocol("graphql-transport-ws")
    async with serve(run, "127.0.0.1", port, subprotocols=[protocol]):
        yield WebSocketTransport(f"ws://127.0.0.1:{port}/graphql", timeout=0.5)


async def receive(connection: ServerConnection) -> dict[str, Any]:
    return orjson.loads(await connection.recv())


async def say(connection: ServerConnection, **message: Any) -> None:
    await connection.send(orjson.dumps(message).decode())


async def greet(connection: ServerConnection) -> list[dict[str, Any]]:
    init = await receive(connection)
    await say(connection, type="connection_ack")
    return [init, await receive(connection)]


async def test_events_arrive_in_order_and_pings_are_answered() -> None:
    heard: list[dict[str, Any]] = []

    async def script(connection: ServerConnection) -> None:
        heard.extend(await greet(connection))
        assert connection.request is not None
        heard.append({"header": connection.request.headers["authorization"]})
        await say(connection, id="1", type="next", payload={"data": {"n": 1}})
        await say(connection, type="ping")
        heard.append(await receive(connection))
        await say(connection, id="1", type="next", payload={"data": {"n": 2}})
        await say(connection, id="1", type="complete")

    async with subgraph(script) as transport:
        events = [event.data async for event in transport.subscribe(REQUEST)]

    assert events == [{"n": 1}, {"n": 2}]
    assert heard == [
        {"type": "connection_init", "payload": {"authorization": "Bearer t"}},
        {
            "id": "1",
            "type": "subscribe",
            "payload": {"query": REQUEST.query, "variables": {"x": 1}},
        },
        {"header": "Bearer t"},
        {"type": "pong"},
    ]


async def test_a_string_that_is_no_text_costs_only_its_place_in_its_event() -> None:
    async def script(connection: ServerConnection) -> None:
        await greet(connection)
        for value in ('"\\ud800"', "2"):
            await connection.send('{"type":"next","id":"1","payload":{"data":{"n":' + value + "}}}")
        await connection.send('{"type":"error","id":"1","payload":[{"message":"no \\udfff"}]}')
        await connection.wait_closed()

    async with subgraph(script) as transport:
        events = [event async for event in transport.subscribe(REQUEST)]

    assert [event.data for event in events] == [{"n": None}, {"n": 2}, None]
    assert [[e.get("path") for e in event.errors] for event in events] == [[["n"]], [], [None]]
    assert events[2].errors == [{"message": "no \ufffd"}]


async def test_an_error_message_is_an_answer_with_errors_and_the_end() -> None:
    async def script(connection: ServerConnection) -> None:
        await greet(connection)
        await say(connection, id="1", type="error", payload=[{"message": "No."}])
        await connection.wait_closed()

    async with subgraph(script) as transport:
        events = [event async for event in transport.subscribe(REQUEST)]

    assert [event.errors for event in events] == [[{"message": "No."}]]


async def test_leaving_the_stream_closes_the_connection() -> None:
    left = asyncio.Event()

    async def script(connection: ServerConnection) -> None:
        await greet(connection)
        await say(connection, id="1", type="next", payload={"data": {"n": 1}})
        await connection.wait_closed()
        left.set()

    async with subgraph(script) as transport:
        async with aclosing(transport.subscribe(REQUEST)) as stream:
            async for _ in stream:
                break
        await asyncio.wait_for(left.wait(), 1)


@pytest.mark.parametrize("message", ["[]", "nonsense", '{"type":"next","payload":7}'])
async def test_messages_against_the_protocol_end_the_stream(message: str) -> None:
    async def script(connection: ServerConnection) -> None:
        await greet(connection)
        await connection.send(message)
        await connection.wait_closed()

    async with subgraph(script) as transport:
        with pytest.raises(SubgraphInvalidResponse):
            [event async for event in transport.subscribe(REQUEST)]


async def test_a_connection_that_breaks_is_unavailable() -> None:
    async def script(connection: ServerConnection) -> None:
        await greet(connection)
        await connection.close(1011)

    async with subgraph(script) as transport:
        with pytest.raises(SubgraphUnavailable):
            [event async for event in transport.subscribe(REQUEST)]


async def test_a_subgraph_that_does_not_acknowledge_times_out() -> None:
    async def script(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with subgraph(script) as transport:
        with pytest.raises(SubgraphTimeout):
            [event async for event in transport.subscribe(REQUEST)]


async def test_a_subgraph_that_is_not_there_is_unavailable() -> None:
    transport = WebSocketTransport(f"ws://127.0.0.1:{free_port()}/", timeout=0.5)

    with pytest.raises(SubgraphUnavailable):
        [event async for event in transport.subscribe(REQUEST)]


async def test_a_query_may_go_the_same_way() -> None:
    async def script(connection: ServerConnection) -> None:
        await greet(connection)
        await say(connection, id="1", type="next", payload={"data": {"n": 1}})
        await say(connection, id="1", type="complete")

    async with subgraph(script) as transport:
        response = await transport.send(REQUEST)

    assert response.data == {"n": 1}
