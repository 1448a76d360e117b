"""The only place that wires: configuration -> supergraph -> ASGI application, in visible order."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from starlette.routing import BaseRoute, Mount, Router
from starlette.types import ASGIApp, Scope

from trellis.router.collector import collector_paused
from trellis.router.config import Config
from trellis.router.loading.composed import write_schemas
from trellis.router.loading.graph import load_graph
from trellis.router.loading.members import Member
from trellis.router.loading.supergraph import connect_supergraph
from trellis.router.rate_limit.build import build_rate_limiting
from trellis.router.rest.door import RestDoor
from trellis.router.rest.openapi.door import document_doors, page_doors
from trellis.router.rest.openapi.served import OpenApiDocuments
from trellis.router.rest.route import RestRoute
from trellis.router.rest.routes import Rest, rest_routes
from trellis.router.serving.authentication import build_authentication
from trellis.router.serving.live_graph import ServedGraph
from trellis.router.serving.wiring import Doors, lifespan, nothing_here, operations_routes, wrap
from trellis.router.subscriptions.transport_ws import TransportWs
from trellis.router.supergraph import Supergraph
from trellis.router.web.csrf import Csrf
from trellis.router.web.errors import ErrorAnswer, WriteError, graphql_error
from trellis.router.web.graphiql import ExplorerContent, GraphiQL, load_content
from trellis.router.web.graphql import GraphQLEndpoint
from trellis.router.web.identity import Authenticate, CallerIdentity, authenticate_nobody
from trellis.router.web.refused_requests import RefusedRequests
from trellis.router.web.request_context import ContextMaker
from trellis.schema.errors import TrellisError

GRAPHQL_PATHS = ("/graphql", "/api/v1/graphql")
SOCKET_PATHS = (*GRAPHQL_PATHS, "/ws")


def create_app(
    supergraph: str, subgraphs: Iterable[Mapping[str, Any]], config: Config | None = None
) -> ASGIApp:
    """An application for a composed supergraph whose subgraphs are reached by HTTP.

    ``supergraph`` is the SDL; each of ``subgraphs`` has ``name`` and ``url``. They learn that the
    router asks, and for whom, when ``auth.service_secret`` is configured. Raises SupergraphInvalid.
    """
    config = config or Config()
    is_trusted = config.auth.service_secret is not None
    members = [
        Member(s["name"], s.get("sdl", ""), s["url"], gets_service_token=is_trusted)
        for s in subgraphs
    ]
    graph = _served(supergraph, members, config)
    make_context = ContextMaker(config.headers.allow, config.limits.request_seconds)
    return _application(graph, members, config, make_context, authenticate_nobody)


@collector_paused()
def build_app(config: Config, *, seed: bool = False) -> ASGIApp:
    """The whole product as configured: subgraphs loaded and composed, every door opened.

    ``seed`` writes the demo data when the application starts. Raises ConfigError,
    CompositionFailed and SupergraphInvalid; the messages are for the person who starts it.
    """
    loaded = load_graph(config)
    members = loaded.members
    if loaded.composition is not None and config.is_development:
        write_schemas(members, loaded.composition, config.schema_dir)
    graph = _served(loaded.sdl, members, config)
    authentication = build_authentication(members, config)
    authenticate = authentication.authenticate
    make_context = ContextMaker(config.headers.allow, config.limits.request_seconds)
    routes = rest_routes(config, graph.supergraph, locate=loaded.locate)
    rest = Rest(
        routes, graph.supergraph, graph, make_context, authenticate, config, graph.after_refusal
    )
    return _application(
        graph,
        members,
        config,
        make_context,
        authenticate,
        routes=_explorer(config),
        documentation=_documentation(config, graph.supergraph, routes, authenticate),
        rest=rest,
        closing=[rest.aclose, authentication.aclose],
        seed=seed,
    )


def _served(supergraph: str, members: Sequence[Member], config: Config) -> ServedGraph:
    limiting = build_rate_limiting(config)
    return ServedGraph(connect_supergraph(supergraph, members, config, limiting))


def _application(
    graph: ServedGraph,
    members: Sequence[Member],
    config: Config,
    make_context: ContextMaker,
    authenticate: Authenticate,
    *,
    routes: Sequence[BaseRoute] = (),
    documentation: Mapping[str, ASGIApp] = MappingProxyType({}),
    rest: Rest | None = None,
    closing: Sequence[Callable[[], Awaitable[None]]] = (),
    seed: bool = False,
) -> ASGIApp:
    endpoint = GraphQLEndpoint(
        graph, config.limits, make_context, shows_plans=config.is_development
    )
    socket = TransportWs(
        graph,
        config.websocket,
        make_context,
        authenticate,
        allowed_origins=config.cors.origins,
        count=graph.after_refusal,
    )
    others = Router(
        [*operations_routes(members), *routes],
        default=nothing_here,
        lifespan=partial(
            lifespan,
            members=members,
            opening=[graph.start],
            closing=[graph.aclose, *closing],
            seed=seed,
        ),
    )
    rest_door = rest.door(others) if rest is not None else None
    graphql = Csrf(CallerIdentity(endpoint, authenticate))
    doors = Doors(
        http={**documentation, **dict.fromkeys(GRAPHQL_PATHS, graphql)},
        websocket=dict.fromkeys(SOCKET_PATHS, socket),
        otherwise=others if rest_door is None else rest_door,
    )
    write_error = _errors_of(rest_door)
    if not config.rate_limit.enabled:
        return wrap(doors, config, write_error=write_error)
    count = partial(
        RefusedRequests,
        count=graph.after_refusal,
        make_context=make_context,
        write=write_error,
    )
    return wrap(doors, config, count, write_error=write_error)


def _errors_of(rest: RestDoor | None) -> WriteError:
    """What is refused before any door knows of it, in the words of the address' clients."""
    if rest is None:
        return graphql_error

    def write(error: TrellisError, scope: Scope) -> ErrorAnswer:
        found = None if scope["path"] in GRAPHQL_PATHS else rest.write_error(error, scope)
        return found or graphql_error(error, scope)

    return write


def _documentation(
    config: Config, supergraph: Supergraph, routes: Sequence[RestRoute], authenticate: Authenticate
) -> dict[str, ASGIApp]:
    """``openapi.json`` of each dialect and, in development, the page that shows it."""
    if not routes or not config.rest.openapi:
        return {}
    default_profile = config.rest.default_profile
    documents = OpenApiDocuments.of(supergraph, routes, default_profile=default_profile)
    is_permitted_view = config.authorization.schema_view == "permitted"
    doors = document_doors(documents, authenticate, is_permitted_view=is_permitted_view)
    if config.is_development:
        sign_in = explorer_content(config).sign_in
        doors |= page_doors(documents, sign_in, show_demo_account=config.seed)
    return doors


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
