"""The only place that wires: configuration -> supergraph -> ASGI application, in visible order."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from starlette.routing import BaseRoute, Mount, Router
from starlette.types import ASGIApp

from router.composed import compose_members, write_schemas
from router.config import Config
from router.members import Member, load_members
from router.rest.routes import rest_routes
from router.served_graph import ServedGraph, load_supergraph, transport_to
from router.subscriptions.transport_ws import TransportWs
from router.web.csrf import Csrf
from router.web.graphiql import ExplorerContent, GraphiQL, load_content
from router.web.graphql import GraphQLEndpoint
from router.web.identity import Authenticate, CallerIdentity, authenticate_nobody
from router.web.request_context import ContextMaker
from router.wiring import Doors, authenticator, lifespan, nothing_here, operations_routes, wrap

GRAPHQL_PATHS = ("/graphql", "/api/v1/graphql")
SOCKET_PATHS = (*GRAPHQL_PATHS, "/ws")


def create_app(
    supergraph: str, subgraphs: Iterable[Mapping[str, Any]], config: Config | None = None
) -> ASGIApp:
    """An application for a composed supergraph whose subgraphs are reached by HTTP.

    ``supergraph`` is the SDL; each of ``subgraphs`` has ``name`` and ``url``. Raises
    SupergraphInvalid.
    """
    config = config or Config()
    members = [Member(s["name"], s.get("sdl", ""), s["url"]) for s in subgraphs]
    transports = {member.name: transport_to(member, config) for member in members}
    graph = ServedGraph(load_supergraph(supergraph, transports, config))
    return _application(graph, members, config, authenticate_nobody)


def build_app(config: Config, *, supergraph: str | None = None, seed: bool = False) -> ASGIApp:
    """The whole product as configured: subgraphs loaded and composed, every door opened.

    ``supergraph`` is an SDL composed earlier, used in place of composing. ``seed`` writes the
    demo data when the application starts. Raises ConfigError, CompositionFailed and
    SupergraphInvalid; the messages are for the person who starts it.
    """
    members = load_members(config)
    if supergraph is None:
        composition = compose_members(members)
        supergraph = composition.supergraph_sdl
        if config.is_development:
            write_schemas(members, composition, config.schema_dir)
    transports = {member.name: transport_to(member, config) for member in members}
    graph = ServedGraph(load_supergraph(supergraph, transports, config))
    return _application(graph, members, config, authenticator(members, config), seed=seed)


def _application(
    graph: ServedGraph,
    members: Sequence[Member],
    config: Config,
    authenticate: Authenticate,
    *,
    seed: bool = False,
) -> ASGIApp:
    make_context = ContextMaker(config.headers.allow, config.limits.request_seconds)
    endpoint = GraphQLEndpoint(
        graph, config.limits, make_context, shows_plans=config.is_development
    )
    socket = TransportWs(
        graph,
        config.websocket,
        make_context,
        authenticate,
        allowed_origins=config.cors.origins,
    )
    doors = Doors(
        http=dict.fromkeys(GRAPHQL_PATHS, Csrf(CallerIdentity(endpoint, authenticate))),
        websocket=dict.fromkeys(SOCKET_PATHS, socket),
        otherwise=Router(
            [
                *operations_routes(members),
                *rest_routes(
                    config.operations_dir / "rest",
                    graph,
                    graph.supergraph.schema,
                    make_context,
                    authenticate,
                    config.limits,
                ),
                *_explorer(config),
            ],
            default=nothing_here,
            lifespan=partial(lifespan, members=members, close=graph.aclose, seed=seed),
        ),
    )
    return wrap(doors, config)


def _explorer(config: Config) -> list[BaseRoute]:
    """GraphiQL at ``/``, in development only; last, for it takes every path that is left."""
    if not config.is_development:
        return []
    page = GraphiQL(explorer_content(config), show_demo_account=config.seed)
    return [Mount("/", page)]


def explorer_content(config: Config) -> ExplorerContent:
    """What GraphiQL opens with, from the stored operations. Raises ConfigError."""
    folder = config.operations_dir / "explorer"
    return load_content(folder) if folder.is_dir() else ExplorerContent()
