"""One supergraph behind every GraphQL door, for tests that ask the same through each of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import orjson
from websockets.asyncio.client import ClientConnection, connect

from tests.support.serving import served
from trellis.router.config import Config, Limits
from trellis.router.identity.credentials import Credentials
from trellis.router.loading.supergraph import load_supergraph
from trellis.router.serving.live_graph import LiveGraph
from trellis.router.serving.wiring import PathSwitch, nothing_here, wrap
from trellis.router.subscriptions.transport_ws import SUBPROTOCOL, TransportWs
from trellis.router.transports.base import Transport
from trellis.router.web.graphql import GraphQLEndpoint
from trellis.router.web.identity import Authenticate, CallerIdentity
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.services import Services
from trellis.schema.identity import ANONYMOUS, Identity

DOORS = ("POST", "GET", "batch", "WebSocket")


@dataclass(frozen=True, slots=True)
class Heard:
    """What came out of a door. The socket and the members of a batch have no status."""

    response: Mapping[str, Any]
    status: int | None = None

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.response.get("errors", ())]

    @property
    def paths(self) -> list[str]:
        errors = self.response.get("errors", ())
        return [".".join(map(str, error.get("path", ()))) for error in errors]


Ask = Callable[..., Awaitable[Heard]]
"""``(door, document, caller) -> Heard``; the caller is a name that stands for an identity."""

Listen = Callable[[str, str | None], Awaitable[list[Heard]]]
"""``(document, caller) -> all events`` of a subscription, the refusal that ended it among them."""


@asynccontextmanager
async def open_doors(
    sdl: str,
    transports: Mapping[str, Transport],
    callers: Mapping[str, Identity],
    **settings: Any,
) -> AsyncIterator[Ask]:
    """Serves the supergraph and yields a way to ask it. ``settings`` are those of ``Config``."""
    config = Config(**{"limits": Limits(batch=10), **settings})
    graph = LiveGraph.over(load_supergraph(sdl, transports, config))
    async with clients_of(graph, callers, config) as client:
        yield client.ask


@asynccontextmanager
async def clients_of(
    graph: LiveGraph, callers: Mapping[str, Identity], config: Config | None = None
) -> AsyncIterator["Client"]:
    """A client of a graph's doors; the supergraph may be exchanged meanwhile."""
    config = config or Config(limits=Limits(batch=10))
    authenticate = authenticator(callers)
    make_context = ContextMaker((), config.limits.request_seconds)
    services = Services(
        graph=graph,
        make_context=make_context,
        authenticate=authenticate,
        limits=config.limits,
        streams=config.websocket,
    )
    http = {"/graphql": CallerIdentity(GraphQLEndpoint(services), authenticate)}
    sockets = {"/graphql": TransportWs(services)}
    doors = PathSwitch(http=http, websocket=sockets, otherwise=nothing_here)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(served(wrap(doors, config)))
        transport = httpx.ASGITransport(app=wrap(doors, config))
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://trellis.test")
        )
        yield Client(client, url.replace("http", "ws", 1) + "/graphql", stack)


def authenticator(callers: Mapping[str, Identity]) -> Authenticate:
    """Believes whoever says a name."""

    async def authenticate(credentials: Credentials) -> Identity:
        token = credentials.authorization
        return callers[token.removeprefix("Bearer ")] if token else ANONYMOUS

    return authenticate


class Client:
    """Speaks each door's language. A caller keeps one socket."""

    def __init__(self, http: httpx.AsyncClient, socket_url: str, stack: AsyncExitStack) -> None:
        self._http = http
        self._socket_url = socket_url
        self._stack = stack
        self._sockets: dict[str | None, ClientConnection] = {}

    async def ask(self, door: str, document: str, caller: str | None = None) -> Heard:
        headers = {"authorization": f"Bearer {caller}"} if caller else {}
        headers["x-trellis-preflight"] = "1"
        match door:
            case "POST":
                body = {"query": document}
                response = await self._http.post("/graphql", json=body, headers=headers)
            case "GET":
                params = {"query": document}
                response = await self._http.get("/graphql", params=params, headers=headers)
            case "batch":
                body = [{"query": document}, {"query": "{ __typename }"}]
                response = await self._http.post("/graphql", json=body, headers=headers)
                first, second = response.json()
                assert second == {"data": {"__typename": "Query"}}
                return Heard(first)
            case _:
                return await self._by_socket(document, caller)
        return Heard(response.json(), response.status_code)

    async def events(self, document: str, caller: str | None = None) -> list[Heard]:
        """All events of a subscription, and the refusal that ended it, if one did."""
        socket = self._sockets.get(caller) or await self._open(caller)
        await _say(socket, type="subscribe", id=uuid4().hex, payload={"query": document})
        told: list[Heard] = []
        while (message := await _heard(socket))["type"] == "next":
            told.append(Heard(message["payload"]))
        if message["type"] == "error":
            told.append(Heard({"errors": message["payload"]}))
        return told

    async def _by_socket(self, document: str, caller: str | None) -> Heard:
        socket = self._sockets.get(caller) or await self._open(caller)
        await _say(socket, type="subscribe", id=uuid4().hex, payload={"query": document})
        message = await _heard(socket)
        if message["type"] == "error":
            return Heard({"errors": message["payload"]})
        assert message["type"] == "next"
        assert (await _heard(socket))["type"] == "complete"
        return Heard(message["payload"])

    async def _open(self, caller: str | None) -> ClientConnection:
        connection = connect(self._socket_url, subprotocols=[SUBPROTOCOL])  # type: ignore[list-item]
        socket = self._sockets[caller] = await self._stack.enter_async_context(connection)
        payload = {"authorization": f"Bearer {caller}"} if caller else {}
        await _say(socket, type="connection_init", payload=payload)
        assert await _heard(socket) == {"type": "connection_ack"}
        return socket


async def _say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(orjson.dumps(message).decode())


async def _heard(socket: ClientConnection) -> Any:
    async with asyncio.timeout(10):
        return orjson.loads(await socket.recv())
