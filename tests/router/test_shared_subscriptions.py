"""Equal subscriptions of a caller are served from one source; all others from one of their own."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from typing import Any
from uuid import UUID

import pytest
import strawberry
import strawberry.federation
from graphql import parse

from trellis.router.answer import Answer
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph as Member
from trellis.router.errors import SupergraphInvalid
from trellis.router.executor.live_fields import live_fields
from trellis.router.operation.request import ALL_KINDS, GraphQLRequest
from trellis.router.pipeline import stream
from trellis.router.supergraph import Supergraph
from trellis.router.transports.local import LocalTransport
from trellis.schema.directives import Live
from trellis.schema.federation import TrellisSchema
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph

ADA, BOB = (Identity(id=UUID(int=number), scopes=frozenset({"read"})) for number in (1, 2))
NEWS = "subscription { news { title } }"


class World:
    """What the subgraph's resolvers do; ``tell`` lets everybody who listens know."""

    def __init__(self) -> None:
        self.begun = 0
        self.running = 0
        self.resolved = 0
        self._queues: list[asyncio.Queue[str | None]] = []

    def tell(self, title: str | None) -> None:
        """A title, or None for the end."""
        for queue in self._queues:
            queue.put_nowait(title)

    async def listen(self) -> AsyncGenerator[str, None]:
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._queues.append(queue)
        self.begun += 1
        self.running += 1
        try:
            while (title := await queue.get()) is not None:
                yield title
        finally:
            self.running -= 1
            self._queues.remove(queue)


WORLD = World()


@strawberry.type
class Item:
    id: strawberry.ID

    @strawberry.field
    def title(self) -> str:
        WORLD.resolved += 1
        if self.id == "broken":
            raise ValueError("broken")
        return str(self.id)


@strawberry.type
class Query:
    item: Item | None = None


@strawberry.type
class Subscription:
    @strawberry.subscription(directives=[Live(resumed_by=["after"])])
    async def news(
        self, of: str | None = None, after: str | None = None
    ) -> AsyncGenerator[Item | None, None]:
        async with aclosing(WORLD.listen()) as titles:
            async for title in titles:
                yield Item(id=strawberry.ID(title))

    @strawberry.subscription
    async def other_news(self) -> AsyncGenerator[Item | None, None]:
        async with aclosing(WORLD.listen()) as titles:
            async for title in titles:
                yield Item(id=strawberry.ID(title))


def supergraph() -> Supergraph:
    schema = TrellisSchema(query=Query, subscription=Subscription)
    subgraph = Subgraph(name="news", schema=schema, make_context=lambda context: context)
    sdl = compose([Member("news", "http://news", schema.as_str())]).supergraph_sdl
    return Supergraph.load(sdl, transports={"news": LocalTransport(subgraph)})


class Listening:
    """Subscriptions of a test, each with what has come for it."""

    def __init__(self, graph: Supergraph) -> None:
        self.graph = graph
        self.stack = AsyncExitStack()

    async def begin(
        self,
        document: str = NEWS,
        identity: Identity = ADA,
        variables: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> list[Answer]:
        heard: list[Answer] = []
        request = GraphQLRequest(document, variables or {}, kinds=ALL_KINDS)
        context = RequestContext(identity, headers=headers or {})

        async def listen() -> None:
            async with aclosing(stream(request, context, self.graph)) as answers:
                async for answer in answers:
                    heard.append(answer)

        task = asyncio.create_task(listen())
        self.stack.push_async_callback(end, task)
        await settle()
        return heard


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def settle() -> None:
    for _ in range(60):
        await asyncio.sleep(0)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    fresh = World()
    monkeypatch.setattr(f"{__name__}.WORLD", fresh)
    return fresh


@pytest.fixture
async def listening() -> AsyncIterator[Listening]:
    found = Listening(supergraph())
    async with found.stack:
        yield found


def titles(heard: list[Answer]) -> list[str]:
    return [answer.data["news"]["title"] for answer in heard if answer.data]


async def test_many_equal_subscriptions_have_one_source_one_resolution_and_one_encoding(
    world: World, listening: Listening
):
    all_heard = [await listening.begin() for _ in range(70)]
    for title in ("a", "b"):
        world.tell(title)
        await settle()
    assert (world.begun, world.resolved) == (1, 2)
    assert [titles(heard) for heard in all_heard] == [["a", "b"]] * 70
    bodies = {id(answer.body) for heard in all_heard for answer in heard}
    assert len(bodies) == 2
    assert all_heard[0][0].to_bytes() == b'{"data":{"news":{"title":"a"}}}'


async def test_whoever_comes_later_hears_from_then_on(world: World, listening: Listening):
    early = await listening.begin()
    world.tell("a")
    await settle()
    late = await listening.begin()
    world.tell("b")
    await settle()
    assert (titles(early), titles(late)) == (["a", "b"], ["b"])
    assert world.begun == 1


@pytest.mark.parametrize(
    "other",
    [
        {"identity": BOB},
        {"identity": Identity(id=ADA.id, scopes=frozenset({"read", "write"}))},
        {"document": "subscription { news { id title } }"},
        {"document": 'subscription { news(of: "x") { title } }'},
        {"document": 'subscription { news(after: "x") { title } }'},
        {"headers": {"accept-language": "de"}},
    ],
)
async def test_what_differs_has_a_source_of_its_own(
    world: World, listening: Listening, other: dict[str, Any]
):
    await listening.begin()
    heard = await listening.begin(**other)
    assert world.begun == 2
    world.tell("a")
    await settle()
    assert titles(heard) == ["a"]


@pytest.mark.parametrize(
    "pair",
    [
        {"identity": Identity(id=ADA.id, scopes=ADA.scopes, token_id="next", expires_at=9)},
        {"headers": {"x-request-id": "2", "authorization": "Bearer next"}},
        {"document": "subscription { news(after: null) { title } }"},
    ],
)
async def test_what_does_not_matter_does_not_part_them(
    world: World, listening: Listening, pair: dict[str, Any]
):
    await listening.begin(pair.get("document", NEWS))
    await listening.begin(**pair)
    assert world.begun == 1


@pytest.mark.parametrize(("after", "sources"), [(None, 1), ("c1", 2)])
async def test_a_cursor_in_a_variable_is_seen(
    world: World, listening: Listening, after: str | None, sources: int
):
    document = "subscription ($after: String) { news(after: $after) { title } }"
    for _ in range(2):
        await listening.begin(document, variables={"after": after})
    assert world.begun == sources


async def test_a_field_that_does_not_say_so_is_not_shared(world: World, listening: Listening):
    for _ in range(2):
        await listening.begin("subscription { otherNews { title } }")
    assert world.begun == 2


async def test_the_source_ends_with_the_last_listener_and_begins_anew(
    world: World, listening: Listening
):
    one, other = Listening(listening.graph), Listening(listening.graph)
    await one.begin()
    heard = await other.begin()
    await one.stack.aclose()
    world.tell("a")
    await settle()
    assert (titles(heard), world.running) == (["a"], 1)
    await other.stack.aclose()
    assert world.running == 0
    assert len(listening.graph.streams) == 0
    await listening.begin()
    assert (world.begun, world.running) == (2, 1)


async def test_the_end_of_the_source_ends_everybody(world: World, listening: Listening):
    heard = [await listening.begin() for _ in range(3)]
    world.tell("a")
    world.tell(None)
    await settle()
    assert [titles(one) for one in heard] == [["a"]] * 3
    assert len(listening.graph.streams) == 0


async def test_an_event_that_fails_is_told_to_everybody_and_the_stream_goes_on(
    world: World, listening: Listening
):
    heard = [await listening.begin() for _ in range(2)]
    world.tell("broken")
    world.tell("b")
    await settle()
    for one in heard:
        assert len(one[0].errors) == 1
        assert titles(one[1:]) == ["b"]


def test_a_directive_that_cannot_be_read_is_an_error():
    link = '@link(url: "https://specs.trellis.dev/live/v0.1", import: ["@live"])'
    text = f"schema {link} {{ query: Query }} type Subscription {{ a: Int @live(resumed: 1) }}"
    with pytest.raises(SupergraphInvalid, match="@live cannot be read"):
        live_fields(parse(text))
