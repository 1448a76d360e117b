"""A small product behind the server: every door that the tests of the server need."""

from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.support.toy_graph import ToyGraph
from trellis.router.config import Config
from trellis.router.serving.wiring import PathSwitch, nothing_here, wrap
from trellis.router.subscriptions.transport_ws import TransportWs
from trellis.router.web.csrf import Csrf
from trellis.router.web.graphql import GraphQLEndpoint
from trellis.router.web.health import health
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
