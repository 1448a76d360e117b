"""Every way to a subgraph behaves the same: one set of tests for all of them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

import orjson
import pytest
import strawberry
from strawberry.dataloader import DataLoader

from tests.support.serving import served
from trellis.router.errors import SubgraphTimeout
from trellis.router.exact_json import dumps
from trellis.router.transports.base import SubgraphRequest, Transport
from trellis.router.transports.function import FunctionTransport
from trellis.router.transports.http import HttpTransport
from trellis.router.transports.httpx_client import HttpxTransport
from trellis.router.transports.local import LocalTransport
from trellis.schema.errors import NotFound
from trellis.schema.federation import TrellisSchema
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph

contexts: list[Any] = []
loads: list[list[str]] = []
streams_ended: list[str] = []


class Context:
    def __init__(self, request: RequestContext) -> None:
        self.request = request
        self.loader: DataLoader[str, str] = DataLoader(load)
        contexts.append(self)


async def load(keys: list[str]) -> list[str]:
    loads.append(keys)
    return [key.upper() for key in keys]


@strawberry.federation.type(keys=["id"])
class Thing:
    id: strawberry.ID

    @strawberry.field
    async def name(self, info: strawberry.Info) -> str:
        return await info.context.loader.load(str(self.id))

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> "Thing":
        return cls(id=id)


@strawberry.type
class Query:
    @strawberry.field
    def echo(self, text: str, number: int = 1) -> str:
        return text * number

    @strawberry.field
    def things(self) -> list[Thing]:
        return [Thing(id=strawberry.ID(letter)) for letter in "ab"]

    @strawberry.field
    def missing(self) -> str | None:
        raise NotFound("There is none.")

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError("the password is swordfish")

    @strawberry.field
    def garbled(self) -> list[str | None]:
        return ["a", "\ud800", "b"]

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.sleep(5)
        return "never"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int = 3) -> AsyncGenerator[int, None]:
        try:
            for number in range(to):
                yield number
                await asyncio.sleep(0)
        finally:
            streams_ended.append("count")

    @strawberry.subscription
    async def breaks(self) -> AsyncGenerator[int, None]:
        yield 1
        raise NotFound("It is gone.")


SUBGRAPH = Subgraph(
    name="things",
    schema=TrellisSchema(query=Query, types=[Thing], subscription=Subscription),
    make_context=Context,
)


async def over_http(scope: Any, receive: Any, send: Any) -> None:
    """The least ASGI application that serves the subgraph."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    payload = orjson.loads(body)
    transport = LocalTransport(SUBGRAPH)
    request = SubgraphRequest("things", payload["query"], payload.get("variables") or {})
    response = await transport.send(request)
    answer: dict[str, Any] = {"data": response.data}
    if response.errors:
        answer["errors"] = response.errors
    start = {"type": "http.response.start", "status": 200, "headers": [(b"server", b"x")]}
    await send(start)
    await send({"type": "http.response.body", "body": dumps(answer)})


def function_transport() -> FunctionTransport:
    local = LocalTransport(SUBGRAPH)

    async def answers(query: str, variables: Mapping[str, Any]) -> Any:
        response = await local.send(SubgraphRequest("things", query, variables))
        answer: dict[str, Any] = {"data": response.data}
        return {**answer, "errors": response.errors} if response.errors else answer

    return FunctionTransport(answers)


@pytest.fixture(params=["local", "function", "http", "httpx"])
async def transport(request: pytest.FixtureRequest) -> AsyncIterator[Transport]:
    if request.param == "local":
        yield LocalTransport(SUBGRAPH)
    elif request.param == "function":
        yield function_transport()
    else:
        maker = HttpTransport if request.param == "http" else HttpxTransport
        async with served(over_http) as url:
            over = maker(f"{url}/graphql")
            yield over
            await over.aclose()


def ask(query: str, variables: Mapping[str, Any] | None = None) -> SubgraphRequest:
    return SubgraphRequest("things", query, variables or {})


async def test_a_query_with_variables_is_answered(transport: Transport) -> None:
    request = ask("query ($t: String!, $n: Int) { echo(text: $t, number: $n) }", {"t": "é", "n": 2})

    response = await transport.send(request)

    assert (response.data, response.errors) == ({"echo": "éé"}, [])


async def test_entities_are_answered_in_order_and_loaded_in_one_batch(transport: Transport) -> None:
    loads.clear()
    query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Thing { name } } }"
    representations = [{"__typename": "Thing", "id": letter} for letter in "cab"]

    response = await transport.send(ask(query, {"r": representations}))

    assert response.data == {"_entities": [{"name": letter} for letter in "CAB"]}
    assert loads == [["c", "a", "b"]]


async def test_variables_are_left_as_they_were_and_can_be_sent_again(transport: Transport) -> None:
    query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Thing { id } } }"
    variables = {"r": [{"__typename": "Thing", "id": "a"}]}

    answers = [(await transport.send(ask(query, variables))).data for _ in range(2)]

    assert answers == [{"_entities": [{"id": "a"}]}] * 2
    assert variables == {"r": [{"__typename": "Thing", "id": "a"}]}


async def test_each_call_has_a_context_of_its_own(transport: Transport) -> None:
    contexts.clear()

    await transport.send(ask("{ things { name } }"))
    await transport.send(ask("{ things { name } }"))

    assert len({id(context) for context in contexts}) == 2


async def test_errors_of_fields_come_with_their_data(transport: Transport) -> None:
    response = await transport.send(ask('{ missing echo(text: "x") }'))

    assert response.data == {"missing": None, "echo": "x"}
    assert [(e["message"], e["path"], e["extensions"]["code"]) for e in response.errors] == [
        ("There is none.", ["missing"], "NOT_FOUND")
    ]


async def test_a_fault_of_the_subgraph_tells_nothing(
    transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    response = await transport.send(ask("{ broken }"))

    assert [e["extensions"]["code"] for e in response.errors] == ["INTERNAL"]
    assert "swordfish" not in str(response)
    assert "swordfish" in caplog.text


async def test_a_string_that_is_no_text_costs_only_its_place(transport: Transport) -> None:
    response = await transport.send(ask("{ k: garbled }"))

    assert response.data == {"k": ["a", None, "b"]}
    assert [(e["path"], e["extensions"]["code"]) for e in response.errors] == [
        (["k", 1], "SUBGRAPH_INVALID_RESPONSE")
    ]


async def test_an_invalid_operation_is_an_answer_with_errors(transport: Transport) -> None:
    response = await transport.send(ask("{ nothing }"))

    assert response.data is None
    assert "nothing" in response.errors[0]["message"]


async def test_a_cancelled_call_ends_at_once(transport: Transport) -> None:
    task = asyncio.create_task(transport.send(ask("{ slow }")))
    await asyncio.sleep(0.05)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_calls_run_at_the_same_time(transport: Transport) -> None:
    requests = [ask(f'{{ echo(text: "{n}") }}') for n in range(50)]

    responses = await asyncio.gather(*(transport.send(request) for request in requests))

    assert [r.data for r in responses] == [{"echo": str(n)} for n in range(50)]


async def test_a_subgraph_that_hangs_times_out() -> None:
    async with served(over_http) as url:
        ways = [LocalTransport(SUBGRAPH, timeout=0.1), HttpTransport(f"{url}/", timeout=0.1)]
        for way in ways:
            with pytest.raises(SubgraphTimeout):
                await way.send(ask("{ slow }"))
            await way.aclose()


# -- the local transport alone --------------------------------------------------------------------


async def test_the_resolvers_context_is_made_from_the_request() -> None:
    contexts.clear()
    context = RequestContext(Identity(username="ada"), "r-1")

    await LocalTransport(SUBGRAPH).send(
        SubgraphRequest("things", "{ things { id } }", context=context)
    )

    assert [c.request for c in contexts] == [context]


async def test_a_local_subscription_gives_its_events_and_ends() -> None:
    stream = LocalTransport(SUBGRAPH).subscribe(ask("subscription { count(to: 2) }"))

    events = [event.data async for event in stream]

    assert events == [{"count": 0}, {"count": 1}]


async def test_leaving_a_local_subscription_ends_its_resolver_at_once() -> None:
    streams_ended.clear()
    stream = LocalTransport(SUBGRAPH).subscribe(ask("subscription { count(to: 1000) }"))

    async with aclosing(stream):
        async for _ in stream:
            break

    assert streams_ended == ["count"]


async def test_a_local_subscription_that_fails_says_so_and_ends() -> None:
    stream = LocalTransport(SUBGRAPH).subscribe(ask("subscription { breaks }"))

    events = [event async for event in stream]

    assert events[0].data == {"breaks": 1}
    assert [e["extensions"]["code"] for e in events[1].errors] == ["NOT_FOUND"]
    assert len(events) == 2


async def test_an_invalid_local_subscription_is_one_answer_with_errors() -> None:
    stream = LocalTransport(SUBGRAPH).subscribe(ask("subscription { nothing }"))

    events = [event async for event in stream]

    assert len(events) == 1
    assert "nothing" in events[0].errors[0]["message"]
