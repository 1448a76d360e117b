"""Long operations run while there is room; the others wait, callers in turn."""

import asyncio
import time
from uuid import UUID

import pytest

from tests.router.rate_limit.test_places import Waiting
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.config import Cost
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.rate_limit.room import RoomByCost
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.schema.errors import RateLimited, Unavailable
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext

HERE: frozenset[str] = frozenset()
THERE = frozenset({"there"})
SDL = "type Query { all(first: Int): [Thing!]! } type Thing { id: ID! }"
SUPERGRAPH = compose([Subgraph("a", "http://a", SDL)]).supergraph_sdl
ADA = RequestContext(Identity(id=UUID(int=1), username="ada"))


class Visit:
    """One operation that enters a room; its name is noted when it is in."""

    def __init__(self, room: RoomByCost, entered: list[str], name: str, cost: int = 10) -> None:
        self.room, self.cost, self.elsewhere = room, cost, HERE
        self._entered, self._name = entered, name
        self.task: asyncio.Task[None] | None = None

    async def begin(
        self, *, elsewhere: frozenset[str] = HERE, deadline: float | None = None
    ) -> None:
        """Enter, and let it come as far as it comes."""
        self.elsewhere = elsewhere
        self.task = asyncio.create_task(self._enter(deadline))
        await asyncio.sleep(0)

    async def _enter(self, deadline: float | None) -> None:
        await self.room.enter(self._name[0], self.cost, self.elsewhere, deadline)
        self._entered.append(self._name)

    async def leave(self) -> None:
        self.room.leave(self.cost, self.elsewhere)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def cancel(self) -> None:
        assert self.task is not None
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await asyncio.sleep(0)


async def visits(room: RoomByCost, *names: str, cost: int = 10) -> tuple[list[Visit], list[str]]:
    entered: list[str] = []
    made = [Visit(room, entered, name, cost) for name in names]
    for one in made:
        await one.begin()
    return made, entered


async def test_callers_take_turns_in_what_room_there_is() -> None:
    room = RoomByCost(20, 1_000)
    (a1, a2, a3, *_), entered = await visits(room, "a1", "a2", "a3", "a4", "b1", "b2", "c1")
    assert entered == ["a1", "a2"]
    assert (room.running, room.waiting) == (20, 50)

    for one in (a1, a2, a3, a3, a3, a3, a3):
        await one.leave()

    assert entered == ["a1", "a2", "a3", "b1", "c1", "a4", "b2"]
    assert (room.running, room.waiting) == (0, 0)


async def test_a_large_one_is_not_overtaken_for_ever_and_may_have_all_of_the_room() -> None:
    room = RoomByCost(20, 1_000)
    entered: list[str] = []
    small, large = Visit(room, entered, "a"), Visit(room, entered, "b", 500)
    later = Visit(room, entered, "c")
    for one in (small, large, later):
        await one.begin()
    assert entered == ["a"]
    await small.leave()
    assert entered == ["a", "b"]
    await large.leave()
    assert entered == ["a", "b", "c"]


async def test_operations_that_need_a_hanging_subgraph_leave_the_others_their_room() -> None:
    room = RoomByCost(10, 1_000)
    entered: list[str] = []
    hanging = [Visit(room, entered, f"a{n}") for n in range(3)]
    for one in hanging:
        await one.begin(elsewhere=THERE)
    other, same_caller = Visit(room, entered, "b"), Visit(room, entered, "a9")
    await other.begin()
    await same_caller.begin()
    assert entered == ["a0", "b"]
    await other.leave()
    assert entered == ["a0", "b", "a9"]


async def test_who_leaves_the_queue_makes_room_for_those_behind() -> None:
    room = RoomByCost(20, 1_000)
    entered: list[str] = []
    first, large = Visit(room, entered, "a"), Visit(room, entered, "b", 15)
    last = Visit(room, entered, "c")
    for one in (first, large, last):
        await one.begin()
    await large.cancel()
    assert entered == ["a", "c"]
    await first.leave()
    await last.leave()
    assert (room.running, room.waiting) == (0, 0)


async def test_cancelled_at_the_moment_of_entering_gives_the_room_back() -> None:
    room = RoomByCost(10, 1_000)
    (first, second), entered = await visits(room, "a", "b")
    room.leave(first.cost, HERE)  # "b" is let in, but has not run yet
    await second.cancel()
    assert entered == ["a"]
    assert (room.running, room.waiting) == (0, 0)


async def test_too_much_of_one_caller_and_too_much_in_all_is_refused() -> None:
    room = RoomByCost(10, 60)
    _, entered = await visits(room, "a1", "a2", "a3", "a4", "b1", "b2", "b3")
    assert entered == ["a1"]
    with pytest.raises(RateLimited) as of_caller:
        await room.enter("a", 10, HERE, None)
    assert of_caller.value.details == {"limit": 30, "retry_after": 1}
    with pytest.raises(Unavailable) as of_all:
        await room.enter("c", 10, HERE, None)
    assert of_all.value.details == {"retry_after": 1}
    assert room.waiting == 60


async def test_nobody_waits_beyond_the_deadline() -> None:
    room = RoomByCost(10, 1_000)
    (first,), _ = await visits(room, "a")
    with pytest.raises(Unavailable) as refusal:
        await room.enter("b", 10, HERE, time.monotonic() + 0.02)
    assert refusal.value.details == {"retry_after": 1}
    await first.leave()
    assert (room.running, room.waiting) == (0, 0)


async def test_short_operations_never_wait_and_refused_ones_reach_no_subgraph() -> None:
    subgraph = Waiting()
    subgraph.reply = {"data": {"all": []}}
    options = SupergraphOptions(cost=Cost(running=600, waiting=1_200))
    graph = Supergraph.load(SUPERGRAPH, transports={"a": subgraph}, options=options)

    def ask(first: int):
        request = GraphQLRequest(f"{{ all(first: {first}) {{ id }} }}")
        return asyncio.create_task(answer(request, ADA, graph))

    running = [ask(600), ask(600), ask(400)]
    await subgraph.until_asked(2)
    refused = await ask(600)
    assert not refused.executed
    assert refused.status == 429
    assert refused.errors[0]["extensions"]["code"] == "RATE_LIMITED"
    assert len(subgraph.requests) == 2

    subgraph.go_on.set()
    assert [one.data for one in await asyncio.gather(*running)] == [{"all": []}] * 3
    assert len(subgraph.requests) == 3
