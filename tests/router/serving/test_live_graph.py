"""One snapshot at a time: who begins on one ends on it, and the last to leave closes it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from tests.support.doors import Client, clients_of
from trellis.router.answer import Answer
from trellis.router.authorization.policies.registry import LocalPolicies
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.errors import SubgraphUnavailable
from trellis.router.operation.request import ALL_KINDS, GraphQLRequest
from trellis.router.serving.live_graph import LiveGraph, SnapshotDoor
from trellis.router.serving.snapshot import CountedGraph, Snapshot
from trellis.router.supergraph import Supergraph
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.router.transports.read import read_response
from trellis.schema.errors import BadRequest
from trellis.schema.request import RequestContext

SDL = compose(
    [Subgraph("a", "http://a", "type Query { name: String } type Subscription { ticks: String }")]
).supergraph_sdl
NAME = GraphQLRequest("{ name }")
TICKS = GraphQLRequest("subscription { ticks }", kinds=ALL_KINDS)


class Part:
    """A subgraph that answers with its name, when it may; it knows how often it was closed."""

    is_in_process = False

    def __init__(self, name: str, *, is_held: bool = False) -> None:
        self.name = name
        self.closed = 0
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.was_closed = asyncio.Event()
        self.failure: Exception | None = None
        if not is_held:
            self.may_answer.set()

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        assert not self.closed, "it was asked after it had been closed"
        self.asked.set()
        await self.may_answer.wait()
        if self.failure is not None:
            raise self.failure
        return read_response("a", {"data": {"name": self.name}})

    async def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        assert not self.closed, "it was asked after it had been closed"
        while True:
            yield read_response("a", {"data": {"ticks": self.name}})
            self.asked.set()
            await self.may_answer.wait()

    async def aclose(self) -> None:
        self.closed += 1
        self.was_closed.set()


def snapshot(part: Part) -> Snapshot:
    return Snapshot(CountedGraph(Supergraph.load(SDL, transports={"a": part})))


class Stage:
    """A graph whose first snapshot holds its answers back, and one to replace it with."""

    def __init__(self) -> None:
        self.old, self.new = Part("old", is_held=True), Part("new")
        self.live = LiveGraph(snapshot(self.old))

    def replace(self) -> None:
        self.live.replace(snapshot(self.new))

    async def ask(self) -> Any:
        return (await self.live.answer(NAME, RequestContext())).to_dict()

    async def begin(self) -> asyncio.Task[Any]:
        """A request that waits for the first snapshot's subgraph."""
        self.old.asked.clear()
        task = asyncio.create_task(self.ask())
        await self.old.asked.wait()
        return task

    async def old_is_closed(self) -> int:
        async with asyncio.timeout(5):
            await self.old.was_closed.wait()
        return self.old.closed


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    yield stage
    await stage.live.aclose()
    assert (stage.old.closed, stage.new.closed) in [(1, 0), (1, 1)]


async def settle() -> None:
    """Let whatever is scheduled run."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_new_requests_see_the_new_snapshot_at_once_and_running_ones_end_on_theirs(
    stage: Stage,
):
    running = [await stage.begin(), await stage.begin()]

    stage.replace()

    assert await stage.ask() == {"data": {"name": "new"}}
    await settle()
    assert (stage.old.closed, [task.done() for task in running]) == (0, [False, False])
    stage.old.may_answer.set()
    assert [await task for task in running] == [{"data": {"name": "old"}}] * 2
    assert await stage.old_is_closed() == 1


async def test_a_snapshot_on_which_nothing_runs_is_closed_when_it_is_replaced(stage: Stage):
    stage.replace()
    assert await stage.old_is_closed() == 1


async def test_a_snapshot_that_is_current_stays_open_when_its_last_operation_ends(stage: Stage):
    running = await stage.begin()
    stage.old.may_answer.set()
    await running
    await settle()
    assert (stage.old.closed, stage.live.current.graph.running) == (0, 0)


async def test_it_is_closed_when_the_last_operation_is_cancelled(stage: Stage):
    first, last = await stage.begin(), await stage.begin()
    stage.replace()

    first.cancel()
    await settle()
    assert stage.old.closed == 0
    last.cancel()

    assert await stage.old_is_closed() == 1
    with pytest.raises(asyncio.CancelledError):
        await last


@pytest.mark.parametrize(
    "failure", [SubgraphUnavailable("a", "It is down."), RuntimeError("a fault of ours")]
)
async def test_it_is_closed_when_the_last_operation_fails(stage: Stage, failure: Exception):
    running = await stage.begin()
    stage.replace()
    stage.old.failure = failure
    stage.old.may_answer.set()

    assert "errors" in await running
    assert await stage.old_is_closed() == 1


async def test_a_refused_operation_leaves_again(stage: Stage):
    refused = await stage.live.answer(GraphQLRequest("{ nothing }"), RequestContext())
    assert (refused.status, stage.live.current.graph.running) == (400, 0)


async def test_a_subscription_goes_on_on_its_snapshot_and_closes_it_at_its_end(stage: Stage):
    stage.old.may_answer.set()

    async def next_of(events: AsyncGenerator[Answer, None]) -> Any:
        return (await anext(events)).to_dict()

    async with aclosing(stage.live.stream(TICKS, RequestContext())) as events:
        assert await next_of(events) == {"data": {"ticks": "old"}}
        stage.replace()
        assert await next_of(events) == {"data": {"ticks": "old"}}
        async with aclosing(stage.live.stream(TICKS, RequestContext())) as others:
            assert await next_of(others) == {"data": {"ticks": "new"}}
        await settle()
        assert stage.old.closed == 0
    assert await stage.old_is_closed() == 1


async def test_an_open_socket_asks_the_current_snapshot_with_each_new_operation(stage: Stage):
    stage.old.may_answer.set()

    async with clients_of(stage.live, {}) as client:

        async def name(client: Client, door: str) -> Any:
            return (await client.ask(door, "{ name }")).response

        assert await name(client, "WebSocket") == {"data": {"name": "old"}}
        stage.replace()
        assert await stage.old_is_closed() == 1  # no operation runs on the socket
        for door in ("WebSocket", "POST", "GET"):
            assert await name(client, door) == {"data": {"name": "new"}}


async def test_a_request_holds_its_snapshot_until_its_door_has_answered(stage: Stage):
    may_end = asyncio.Event()
    sent: list[str] = []

    async def door(scope: Any, receive: Any, send: Any) -> None:
        await may_end.wait()
        await send("old")

    async def newer_door(scope: Any, receive: Any, send: Any) -> None:
        await send("new")

    async def send(message: Any) -> None:
        sent.append(message)

    async def others(scope: Any, receive: Any, send: Any) -> None:
        await send(scope["type"])

    live = LiveGraph(Snapshot(stage.live.current.graph, door=door))
    subject = SnapshotDoor(live, others)
    running = asyncio.create_task(subject({"type": "http"}, None, send))  # type: ignore[arg-type]
    await settle()
    live.replace(Snapshot(snapshot(stage.new).graph, door=newer_door))
    await subject({"type": "http"}, None, send)  # type: ignore[arg-type]
    await subject({"type": "lifespan"}, None, send)  # type: ignore[arg-type]
    await settle()
    assert (sent, stage.old.closed) == (["new", "lifespan"], 0)

    may_end.set()
    await running

    assert sent == ["new", "lifespan", "old"]
    assert await stage.old_is_closed() == 1


async def test_what_a_request_has_started_may_still_begin_on_its_snapshot(stage: Stage):
    # A request that goes on for its idempotency key begins its work in a task and may be cancelled
    # before that task has run.
    stage.old.may_answer.set()
    graph = stage.live.current.graph
    graph.enter()
    stage.replace()
    work = asyncio.ensure_future(graph.answer(NAME, RequestContext()))
    graph.leave()

    assert (await work).to_dict() == {"data": {"name": "old"}}
    assert await stage.old_is_closed() == 1


async def test_a_transport_that_cannot_be_closed_keeps_no_other_open():
    class Stuck(Part):
        async def aclose(self) -> None:
            raise RuntimeError("it is stuck")

    stuck, other = Stuck("stuck"), Part("other")
    sdl = compose(
        [
            Subgraph("a", "http://a", "type Query { name: String }"),
            Subgraph("b", "http://b", "type Query { other: String }"),
        ]
    ).supergraph_sdl
    live = LiveGraph.over(Supergraph.load(sdl, transports={"a": stuck, "b": other}))
    await live.aclose()
    assert other.closed == 1


async def test_the_end_closes_what_still_runs_and_nothing_twice(stage: Stage):
    running = await stage.begin()
    stage.replace()

    await stage.live.aclose()
    assert (stage.old.closed, stage.new.closed) == (1, 1)

    stage.old.may_answer.set()
    await running
    await settle()
    await stage.live.aclose()
    assert (stage.old.closed, stage.new.closed) == (1, 1)


async def test_policies_are_given_back_with_their_snapshot():
    class Source(LocalPolicies):
        closed = 0

        async def aclose(self) -> None:
            self.closed += 1

    source, part = Source("a", {}), Part("old")
    live = LiveGraph.over(Supergraph.load(SDL, transports={"a": part}, policies=[source]))
    live.replace(snapshot(Part("new")))
    async with asyncio.timeout(5):
        await part.was_closed.wait()
    await live.aclose()
    assert source.closed == 1


async def test_refusals_of_doors_are_counted_by_the_current_snapshot(stage: Stage):
    error = BadRequest("No.")
    assert await stage.live.count(error, RequestContext()) == (error, None)
