"""The only place that wires: configuration -> supergraph -> ASGI application, in visible order."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.routing import Router
from starlette.types import ASGIApp, Scope

from trellis.router.collector import collector_paused
from trellis.router.config import Config
from trellis.router.loading.composed import write_schemas
from trellis.router.loading.graph import load_graph
from trellis.router.loading.members import Member
from trellis.router.loading.supergraph import connect_supergraph
from trellis.router.rate_limit.build import build_rate_limiting
from trellis.router.rest.generated.fields import Locate, nowhere
from trellis.router.rest.openapi.door import document_doors, page_doors
from trellis.router.rest.openapi.served import OpenApiDocuments
from trellis.router.rest.route import RestRoute
from trellis.router.rest.routes import RestService, rest_routes
from trellis.router.serving.authentication import build_authentication
from trellis.router.serving.data_folder import warn_of_open_folder
from trellis.router.serving.figures import FiguresLog
from trellis.router.serving.live_graph import LiveGraph, SnapshotDoor
from trellis.router.serving.memory import MemoryWatch
from trellis.router.serving.snapshot import CountedGraph, Snapshot
from trellis.router.serving.wiring import (
    PathSwitch,
    lifespan,
    nothing_here,
    operations_routes,
    wrap,
)
from trellis.router.subscriptions.transport_ws import TransportWs
from trellis.router.supergraph import Supergraph
from trellis.router.transports.base import SubgraphRequest
from trellis.router.web.csrf import Csrf
from trellis.router.web.errors import ErrorAnswer, graphql_error
from trellis.router.web.graphiql import ExplorerContent, GraphiQL, load_content
from trellis.router.web.graphql import GraphQLEndpoint
from trellis.router.web.health import Check
from trellis.router.web.identity import Authenticate, CallerIdentity, authenticate_nobody
from trellis.router.web.refused_requests import RefusedRequests
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.services import Services
from trellis.schema.errors import TrellisError

# The tracker's document has it beside the routes: in both versions, at the root and its prefix.
GRAPHQL_PATHS = (
    "/graphql",
    *(f"{prefix}/api/{version}/graphql" for prefix in ("", "/tracker") for version in ("v1", "v2")),
)
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
    limiting = build_rate_limiting(config)
    live = LiveGraph.over(connect_supergraph(supergraph, members, config, limiting))
    services = _services(live, config, authenticate_nobody)
    others = _other_routes(members, live)
    live.current = replace(live.current, door=others)
    return _application(live, services, config, others)


@collector_paused()
def build_app(config: Config, *, seed: bool = False) -> ASGIApp:
    """The whole product as configured: subgraphs loaded and composed, every door opened.

    ``seed`` writes the demo data when the application starts. Raises ConfigError,
    CompositionFailed and SupergraphInvalid; the messages are for the person who starts it.
    """
    warn_of_open_folder(config.data_dir)
    loaded = load_graph(config)
    members = loaded.members
    if loaded.composition is not None and config.is_development:
        write_schemas(members, loaded.composition, config.schema_dir)
    limiting = build_rate_limiting(config)
    live = LiveGraph.over(connect_supergraph(loaded.sdl, members, config, limiting))
    authentication, rest = build_authentication(members, config), RestService(config)
    services = _services(live, config, authentication.authenticate)
    closing = [rest.aclose, authentication.aclose]
    others = _other_routes(members, live, _explorer(config), closing, seed=seed)
    live.current = build_snapshot(
        live.current.graph, config, services, rest, others, locate=loaded.locate
    )
    return _application(live, services, config, others)


def build_snapshot(
    graph: CountedGraph,
    config: Config,
    services: Services,
    rest: RestService,
    otherwise: ASGIApp,
    *,
    locate: Locate = nowhere,
) -> Snapshot:
    """Everything that is derived from the supergraph of ``graph``. ``services``, ``rest`` and
    ``otherwise`` outlive it. Raises ConfigError for stored operations that do not fit it."""
    supergraph = graph.supergraph
    routes = tuple(rest_routes(config, supergraph, locate=locate))
    door = rest.door(routes, supergraph, replace(services, graph=graph), otherwise)
    documents = _documentation(config, supergraph, routes, services.authenticate)
    return Snapshot(graph, routes, PathSwitch(http=documents, otherwise=door), door.write_error)


def _services(live: LiveGraph, config: Config, authenticate: Authenticate) -> Services:
    return Services(
        graph=live,
        make_context=ContextMaker(config.headers.allow, config.limits.request_seconds),
        authenticate=authenticate,
        limits=config.limits,
        streams=config.websocket,
        count=live.count,
    )


def _other_routes(
    members: Sequence[Member],
    live: LiveGraph,
    page: ASGIApp = nothing_here,
    closing: Sequence[Callable[[], Awaitable[None]]] = (),
    *,
    seed: bool = False,
) -> Router:
    """What does not depend on the supergraph, and the life of the application. ``page`` gets every
    path that is left."""
    figures, memory = FiguresLog(), MemoryWatch()
    return Router(
        operations_routes(members, _remote_checks(members, live)),
        default=page,
        lifespan=partial(
            lifespan,
            members=members,
            opening=[live.start, figures.start, memory.start],
            closing=[memory.aclose, figures.aclose, live.aclose, *closing],
            seed=seed,
        ),
    )


def _remote_checks(members: Sequence[Member], live: LiveGraph) -> dict[str, Check]:
    """Asks each member in another process for nothing, the way operations go to it."""

    async def answers(name: str) -> None:
        request = SubgraphRequest(name, "query TrellisAsksWhetherYouAreReady { __typename }")
        await live.supergraph.transports[name].send(request)

    return {member.name: partial(answers, member.name) for member in members if not member.local}


def _application(
    live: LiveGraph, services: Services, config: Config, otherwise: ASGIApp
) -> ASGIApp:
    endpoint = GraphQLEndpoint(services, shows_plans=config.is_development)
    graphql = Csrf(CallerIdentity(endpoint, services.authenticate))
    socket = TransportWs(services, allowed_origins=config.allowed_origins)
    doors = PathSwitch(
        http=dict.fromkeys(GRAPHQL_PATHS, graphql),
        websocket=dict.fromkeys(SOCKET_PATHS, socket),
        otherwise=SnapshotDoor(live, otherwise),
    )

    def write_error(error: TrellisError, scope: Scope) -> ErrorAnswer:
        """What is refused before any door knows of it, in the words of the address' clients."""
        is_graphql = scope["path"] in GRAPHQL_PATHS
        found = None if is_graphql else live.current.write_error(error, scope)
        return found or graphql_error(error, scope)

    if not config.rate_limit.enabled:
        return wrap(doors, config, write_error=write_error)
    count = partial(RefusedRequests, services=services, write=write_error)
    return wrap(doors, config, count, write_error=write_error)


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


def _explorer(config: Config) -> ASGIApp:
    """GraphiQL at ``/``, in development only."""
    if not config.is_development:
        return nothing_here
    return GraphiQL(explorer_content(config), show_demo_account=config.seed)


def explorer_content(config: Config) -> ExplorerContent:
    """What GraphiQL opens with, from the stored operations. Raises ConfigError."""
    folder = config.operations_dir / "explorer"
    return load_content(folder) if folder.is_dir() else ExplorerContent()
