"""A small product behind the server: every door that the tests of the server need."""

import asyncio
from collections.abc import AsyncGenerator

from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.support.toy_graph import ToyGraph
from trellis.router.answer import Answer
from trellis.router.config import Config, StreamLimits
from trellis.router.delivery.rights import Rights
from trellis.router.identity.credentials import NO_CREDENTIALS
from trellis.router.rest.events import EventStream, event
from trellis.router.serving.wiring import PathSwitch, nothing_here, wrap
from trellis.router.subscriptions.transport_ws import TransportWs
from trellis.router.web.csrf import Csrf
from trellis.router.web.graphql import GraphQLEndpoint
from trellis.router.web.health import health
from trellis.router.web.identity import authenticate_nobody
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.services import Services

LARGE = b" " * 8_000_000


def toy_app(config: Config | None = None):
    """GraphQL over HTTP and WebSocket at ``/graphql``, and ``/health``."""
    config = config or Config()
    services = Services(
        graph=ToyGraph(),
        make_context=ContextMaker((), 30),
        limits=config.limits,
        streams=config.websocket,
    )
    doors = PathSwitch(
        http={
            "/graphql": Csrf(GraphQLEndpoint(services)),
            "/health": Route("/health", health).app,
            "/large": large,
            "/events": Events(config.websocket),
        },
        websocket={"/graphql": TransportWs(services)},
        otherwise=nothing_here,
    )
    return wrap(doors, config)


async def large(_scope: Scope, _receive: Receive, send: Send) -> None:
    """A legal answer in one piece, larger than what the system keeps for a connection."""
    headers = [(b"content-length", b"%d" % len(LARGE))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": LARGE})


class Events:
    """Events of half a megabyte, as many as are taken."""

    def __init__(self, limits: StreamLimits) -> None:
        self._limits = limits

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        stream = EventStream(
            self._answers(),
            receive,
            Rights(authenticate_nobody, NO_CREDENTIALS),
            self._limits,
            headers=[],
            write=lambda answer: event("block", answer.to_bytes()),
            write_error=lambda error: event("error", error.code.encode()),
        )
        await stream.open()
        await stream.send(send)

    async def _answers(self) -> AsyncGenerator[Answer, None]:
        while True:
            yield Answer({"block": "x" * 500_000})
            await asyncio.sleep(0.001)
