"""One caller has only so many operations running; others do not notice."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from tests.support.recording import RecordingTransport
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer, stream
from trellis.router.rate_limit.places import PlacesPerCaller
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.schema.errors import RateLimited
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext

SUPERGRAPH = compose([Subgraph("a", "http://a", "type Query { hello: Int }")]).supergraph_sdl
ADA = RequestContext(Identity(id=UUID(int=1), username="ada"))
BOB = RequestContext(Identity(id=UUID(int=2), username="bob"))


class Waiting(RecordingTransport):
    """A subgraph that answers when it is told to."""

    def __init__(self) -> None:
        super().__init__({"data": {"hello": 1}})
        self.go_on = asyncio.Event()
        self._asked = asyncio.Semaphore(0)

    async def until_asked(self, times: int) -> None:
        for _ in range(times):
            await self._asked.acquire()

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        response = await super().send(request)
        self._asked.release()
        await self.go_on.wait()
        return response


async def ask(graph: Supergraph, context: RequestContext, *, streams: bool = False) -> Any:
    request = GraphQLRequest("{ hello }")
    if not streams:
        return await answer(request, context, graph)
    [only] = [one async for one in stream(request, context, graph)]
    return only


@pytest.mark.parametrize("streams", [False, True])
async def test_more_running_operations_than_allowed_are_refused(streams: bool) -> None:
    subgraph = Waiting()
    options = SupergraphOptions(places=2)
    graph = Supergraph.load(SUPERGRAPH, transports={"a": subgraph}, options=options)
    running = [asyncio.create_task(ask(graph, ADA, streams=streams)) for _ in range(2)]
    other = asyncio.create_task(ask(graph, BOB))
    await subgraph.until_asked(3)

    refused = await ask(graph, ADA, streams=streams)

    assert not refused.executed
    assert refused.status == 429
    assert refused.errors[0]["extensions"] == {
        "code": "RATE_LIMITED",
        "limit": 2,
        "retry_after": 1,
    }
    assert len(subgraph.requests) == 3
    subgraph.go_on.set()
    answers = [*await asyncio.gather(*running), await other, await ask(graph, ADA)]
    assert [one.data for one in answers] == [{"hello": 1}] * 4


def test_callers_without_running_operations_use_no_memory() -> None:
    places = PlacesPerCaller(3)
    taken = [places.take(context) for context in (ADA, ADA, BOB)]
    assert len(places) == 2
    for place in taken:
        places.give_back(place)
    assert len(places) == 0


def test_a_refused_operation_takes_no_place() -> None:
    places = PlacesPerCaller(1)
    place = places.take(ADA)
    for _ in range(3):
        with pytest.raises(RateLimited):
            places.take(ADA)
    places.give_back(place)
    places.take(ADA)


async def test_cancelled_operations_give_their_place_back() -> None:
    subgraph = Waiting()
    graph = Supergraph.load(
        SUPERGRAPH, transports={"a": subgraph}, options=SupergraphOptions(places=1)
    )
    running = asyncio.create_task(ask(graph, ADA))
    await subgraph.until_asked(1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    subgraph.go_on.set()
    assert (await ask(graph, ADA)).data == {"hello": 1}
