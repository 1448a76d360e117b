"""``trellis ask``: where it asks, and how long it waits."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from tests.support.servers import free_port
from tests.support.serving import served
from trellis.router.commands.ask import ask, is_subscription
from trellis.router.commands.cli import app
from trellis.schema.errors import Unavailable


@asynccontextmanager
async def graphql_server(*answers: str) -> AsyncGenerator[str]:
    """Acknowledges, gives the answers to any operation, and then nothing more."""

    async def speak(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send('{"type": "connection_ack"}')
        await connection.recv()
        for answer in answers:
            await connection.send(answer)
        await connection.wait_closed()

    async with serve(
        speak, "127.0.0.1", 0, subprotocols=[Subprotocol("graphql-transport-ws")]
    ) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/graphql"


EVENT = '{"id": "1", "type": "next", "payload": {"data": {"n": 1}}}'
END = '{"id": "1", "type": "complete"}'


async def test_every_answer_is_given_until_the_operation_is_complete() -> None:
    async with graphql_server(EVENT, EVENT, END) as url, asyncio.timeout(10):
        answers = [answer async for answer in ask(url, "{ n }", {}, None)]

    assert answers == [{"data": {"n": 1}}, {"data": {"n": 1}}]


async def test_a_server_that_does_not_answer_in_time_is_named() -> None:
    async with graphql_server(EVENT) as url, asyncio.timeout(10):
        answers = ask(url, "{ n }", {}, None, timeout=0.2)
        assert await anext(answers) == {"data": {"n": 1}}
        with pytest.raises(Unavailable, match=rf"{url} did not respond within 0.2 seconds"):
            await anext(answers)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("subscription { news }", True),
        ("query A { a } subscription B { news }", True),
        ("{ subscription }", False),
        ("mutation { subscribe }", False),
        ("subscription {", False),
    ],
)
def test_only_a_document_with_a_subscription_waits_without_end(
    document: str, expected: bool
) -> None:
    assert is_subscription(document) is expected


def test_the_port_is_the_one_at_which_the_graph_would_be_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    monkeypatch.setenv("TRELLIS_PORT", str(port))

    done = CliRunner().invoke(app, ["ask", "{ n }"])

    assert done.exit_code == 1
    assert f"http://127.0.0.1:{port}/graphql cannot be reached" in done.output


def test_another_endpoint_is_asked_where_it_is_named() -> None:
    port = free_port()

    done = CliRunner().invoke(app, ["ask", "{ n }", "--url", f"http://127.0.0.1:{port}/g"])

    assert f"http://127.0.0.1:{port}/g cannot be reached" in done.output


@pytest.mark.parametrize("url", ["127.0.0.1:4791/graphql", "ftp://x/y", ""])
def test_what_is_no_address_is_said_to_be_none(url: str) -> None:
    done = CliRunner().invoke(app, ["ask", "{ n }", "--url", url])

    assert done.exit_code == 1
    assert f"{url!r} is not an http:// or ws:// URL" in done.output


async def test_a_server_that_is_no_graph_is_told_from_one_that_is_not_there() -> None:
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await Response("no", status_code=404)(scope, receive, send)

    async with served(page) as url:
        with pytest.raises(
            Unavailable, match=f"{url}/nope is not a GraphQL endpoint: it returned HTTP 404"
        ):
            await anext(ask(f"{url}/nope", "{ n }", {}, None))


async def test_a_refused_token_is_refused_in_the_words_of_the_server() -> None:
    refusal = {"errors": [{"message": "The access token is not valid; sign in again."}]}

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse(refusal, status_code=401)(scope, receive, send)

    async with served(refuse) as url:
        with pytest.raises(
            Unavailable, match="rejected the connection: The access token is not valid; sign in"
        ):
            await anext(ask(url, "{ n }", {}, "bad"))


FAILED = '{"id": "1", "type": "next", "payload": {"data": null, "errors": [{"message": "No."}]}}'


@pytest.mark.parametrize(("answer", "status"), [(EVENT, 0), (FAILED, 1)])
async def test_the_exit_status_says_whether_an_answer_has_errors(answer: str, status: int) -> None:
    async with graphql_server(answer, END) as url:
        result = await asyncio.to_thread(CliRunner().invoke, app, ["ask", "{ n }", "--url", url])

    assert (result.exit_code, "n" in result.stdout or "No." in result.stdout) == (status, True)


async def test_one_operation_of_several_can_be_asked() -> None:
    asked: list[object] = []

    async def speak(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send('{"type": "connection_ack"}')
        asked.append(json.loads(await connection.recv())["payload"]["operationName"])
        await connection.send(EVENT)
        await connection.send(END)
        await connection.wait_closed()

    protocol = [Subprotocol("graphql-transport-ws")]
    async with serve(speak, "127.0.0.1", 0, subprotocols=protocol) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/graphql"
        given = ["ask", "query A { n } query B { n }", "--operation", "B", "--url", url]
        result = await asyncio.to_thread(CliRunner().invoke, app, given)

    assert (result.exit_code, asked) == (0, ["B"])
