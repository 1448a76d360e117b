"""A subgraph of rooms in which things are posted, behind the event socket and GraphQL's."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import strawberry
import strawberry.federation
from strawberry.federation.schema_directives import RequiresScopes
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.serving import served
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph as Member
from trellis.router.config import Config
from trellis.router.config.rate_limits import RateLimits
from trellis.router.identity.credentials import Credentials
from trellis.router.loading.supergraph import load_supergraph
from trellis.router.rate_limit.build import build_rate_limiting
from trellis.router.rest.topic import Topic
from trellis.router.serving.live_graph import LiveGraph
from trellis.router.serving.wiring import PathSwitch, nothing_here, wrap
from trellis.router.subscriptions.transport_ws import TransportWs
from trellis.router.supergraph import Supergraph
from trellis.router.topics.door import EventSocket
from trellis.router.topics.load import load_topics
from trellis.router.topics.reader import TopicReaders
from trellis.router.transports.local import LocalTransport
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.services import Services
from trellis.schema.directives import Live
from trellis.schema.errors import NotFound, Unauthenticated
from trellis.schema.federation import TrellisSchema
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph

READ = frozenset({"read:rooms"})
ADA = Identity(id=UUID(int=1), username="ada", scopes=READ, tier="enterprise")
BOB = Identity(id=UUID(int=2), username="bob", scopes=READ, tier="enterprise")
EVE = Identity(id=UUID(int=3), username="eve", tier="enterprise")

TOPICS = {
    "room": """
# What is posted in a room.
subscription Room($roomId: ID! $after: String @from(header: "Last-Event-ID"))
@topic(name: "room", id: "roomId") {
  posted(roomId: $roomId, after: $after) { text author { name } eventCursor @eventId @hidden }
}""",
    "countdown": """
subscription Countdown($start: ID!)
@topic(name: "countdown", id: "start") { countdown(start: $start) }
""",
    "blocks": 'subscription Blocks @topic(name: "blocks") { blocks }',
    "breaks": 'subscription Breaks @topic(name: "breaks") { breaks }',
}


class Rooms:
    """What was posted, and who listens."""

    def __init__(self) -> None:
        self.posts: dict[str, list[str]] = {}
        self.begun = 0
        self.running = 0
        self._news = asyncio.Condition()

    async def post(self, room: str, *texts: str) -> None:
        async with self._news:
            self.posts.setdefault(room, []).extend(texts)
            self._news.notify_all()

    async def listen(self, room: str, after: str | None) -> AsyncGenerator[tuple[str, str]]:
        known = self.posts.setdefault(room, [])
        place = len(known) if after is None else int(after)
        self.begun += 1
        self.running += 1
        try:
            while True:
                async with self._news:
                    while place >= len(known):
                        await self._news.wait()
                place += 1
                yield known[place - 1], str(place)
        finally:
            self.running -= 1


@strawberry.type
class Author:
    name: str


@strawberry.type
class Post:
    text: str
    event_cursor: str

    @strawberry.field
    def author(self) -> Author | None:
        if self.text == "broken":
            raise NotFound("The author has left.")
        return Author(name="grace")


@strawberry.type
class Query:
    hello: str = "world"


Ctx = strawberry.Info[Any, None]


@strawberry.type
class Subscription:
    @strawberry.subscription(
        directives=[Live(resumed_by=["after"]), RequiresScopes(scopes=[["read:rooms"]])]
    )
    async def posted(
        self, info: Ctx, room_id: strawberry.ID, after: str | None = None
    ) -> AsyncGenerator[Post | None, None]:
        if room_id == "nowhere":
            raise NotFound("There is no such room.")
        async with aclosing(info.context.rooms.listen(str(room_id), after)) as posts:
            async for text, cursor in posts:
                yield Post(text=text, event_cursor=cursor)

    @strawberry.subscription
    async def countdown(self, start: strawberry.ID) -> AsyncGenerator[int, None]:
        for number in range(int(start), 0, -1):
            yield number

    @strawberry.subscription
    async def blocks(self, info: Ctx) -> AsyncGenerator[str, None]:
        info.context.rooms.running += 1
        try:
            while True:
                yield "x" * 500_000
                await asyncio.sleep(0.001)
        finally:
            info.context.rooms.running -= 1

    @strawberry.subscription
    async def breaks(self) -> AsyncGenerator[int, None]:
        yield 1
        raise RuntimeError("the password is swordfish")


class _Context:
    def __init__(self, request: RequestContext, rooms: Rooms) -> None:
        self.request = request
        self.rooms = rooms


class Callers:
    """Who a token stands for; a test may revoke or replace one at any time."""

    def __init__(self) -> None:
        self.tokens: dict[str, Identity] = {"Bearer ada": ADA, "Bearer bob": BOB, "Bearer eve": EVE}

    async def authenticate(self, credentials: Credentials) -> Identity:
        if credentials.authorization is None:
            return ANONYMOUS
        if credentials.authorization not in self.tokens:
            raise Unauthenticated("The access token is not valid.", reason="TOKEN_INVALID")
        return self.tokens[credentials.authorization]


def write_topics(folder: Path, topics: Mapping[str, str] = TOPICS) -> Path:
    """Writes the stored operations; the folder of operations."""
    for name, text in topics.items():
        path = folder / "operations" / "topics" / "learn" / f"{name}.graphql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "operations"


class Served:
    """A running door."""

    def __init__(
        self,
        url: str,
        rooms: Rooms,
        callers: Callers,
        topics: Mapping[str, Topic],
        supergraph: Supergraph,
    ) -> None:
        self.url = url
        self.supergraph = supergraph
        self.rooms = rooms
        self.callers = callers
        self.topics = topics

    def connect(self, who: str | None = "ada", **options: Any) -> Any:
        headers = {"authorization": f"Bearer {who}"} if who else {}
        return connect(self.url, additional_headers=headers, **options)

    async def settled(self) -> int:
        """How many sources run once a second has passed or none does."""
        for _ in range(100):
            if self.rooms.running == 0:
                break
            await asyncio.sleep(0.01)
        return self.rooms.running


@asynccontextmanager
async def serving_rooms(
    folder: Path, topics: Mapping[str, str] = TOPICS, **settings: Any
) -> AsyncIterator[Served]:
    """The event socket and GraphQL's at one path, over a real server. ``settings`` are those of
    ``Config``."""
    rooms, callers = Rooms(), Callers()
    schema = TrellisSchema(query=Query, subscription=Subscription)
    subgraph = Subgraph("rooms", schema, lambda request: _Context(request, rooms))
    sdl = compose([Member("rooms", "http://rooms", schema.as_str())]).supergraph_sdl
    config = Config(
        **{
            "operations_dir": write_topics(folder, topics),
            "data_dir": folder / "data",
            "rate_limit": RateLimits(enabled=False),
            **settings,
        }
    )
    limiting = build_rate_limiting(config) if config.rate_limit.enabled else None
    supergraph = load_supergraph(
        sdl, {"rooms": LocalTransport(subgraph)}, config, rate_limiting=limiting
    )
    live = LiveGraph.over(supergraph)
    found = load_topics(config, supergraph)
    readers = TopicReaders.of(found, supergraph)
    services = Services(
        graph=live,
        make_context=ContextMaker((), config.limits.request_seconds),
        authenticate=callers.authenticate,
        limits=config.limits,
        streams=config.websocket,
        count=live.count,
    )
    socket = EventSocket(services, lambda: readers, TransportWs(services))
    doors = PathSwitch(http={}, websocket={"/ws": socket}, otherwise=nothing_here)

    def write_error(error: Any, scope: Any) -> Any:
        return readers.write_error(error, scope)

    async with AsyncExitStack() as stack:
        await live.start()
        stack.push_async_callback(live.aclose)
        app = wrap(doors, config, write_error=write_error)
        url = await stack.enter_async_context(
            served(app, config.limits, ws_max_size=config.websocket.frame_bytes)
        )
        yield Served(url.replace("http", "ws") + "/ws", rooms, callers, found, supergraph)


async def send(socket: ClientConnection, **message: Any) -> None:
    await socket.send(orjson.dumps(message).decode())


async def receive(socket: ClientConnection, seconds: float = 5) -> Any:
    async with asyncio.timeout(seconds):
        return orjson.loads(await socket.recv())


async def subscribe(socket: ClientConnection, **message: Any) -> None:
    """Subscribe, and wait until that is acknowledged."""
    await send(socket, type="subscribe", **message)
    named = {name: message[name] for name in ("topic", "id") if name in message}
    assert await receive(socket) == {"type": "subscribed", **named}


async def closed(socket: ClientConnection) -> tuple[int, str]:
    """Reads to the end; the close code and reason."""
    async with asyncio.timeout(10):
        with suppress(ConnectionClosed):
            while True:
                await socket.recv()
    assert socket.close_code is not None
    return socket.close_code, socket.close_reason or ""
