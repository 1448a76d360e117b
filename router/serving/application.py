"""The only place that wires: configuration -> supergraph -> ASGI application, in visible order."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Scope

from trellis.router.collector import collector_paused
from trellis.router.config import Config
from trellis.router.content.door import ContentDoor, Contents
from trellis.router.content.sources import content_sources
from trellis.router.loading.composed import write_schemas
from trellis.router.loading.graph import load_graph
from trellis.router.loading.members import Member
from trellis.router.loading.supergraph import connect_supergraph
from trellis.router.rate_limit.build import build_rate_limiting
from trellis.router.rest.generated.fields import Locate, nowhere
from trellis.router.rest.openapi.door import document_doors, page_doors
from trellis.router.rest.openapi.served import OpenApiDocuments
from trellis.router.rest.profiles import PROFILES
from trellis.router.rest.route import RestRoute
from trellis.router.rest.routes import RestService, rest_routes
from trellis.router.serving.authentication import build_authentication
from trellis.router.serving.data_folder import warn_of_open_folder
from trellis.router.serving.figures import FiguresLog, FreshMetrics
from trellis.router.serving.live_graph import LiveGraph, SnapshotDoor
from trellis.router.serving.memory import MemoryWatch
from trellis.router.serving.operation_meter import OperationMeter
from trellis.router.serving.periodic import Periodic
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
from trellis.router.topics.document_door import DOCUMENT_PATH, EventDocument
from trellis.router.topics.door import EventSocket
from trellis.router.topics.load import load_topics
from trellis.router.topics.reader import TopicReaders
from trellis.router.transports.base import SubgraphRequest
from trellis.router.transports.breakers import CircuitBreakers
from trellis.router.web.csrf import Csrf
from trellis.router.web.errors import ErrorAnswer, graphql_error
from trellis.router.web.graphiql import ExplorerContent, GraphiQL, load_content
from trellis.router.web.graphql import GraphQLEndpoint
from trellis.router.web.health import Check
from trellis.router.web.identity import Authenticate, CallerIdentity, authenticate_nobody
from trellis.router.web.refused_requests import RefusedRequests
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.services import Services
from trellis.router.web_routes.door import WebRoutes
from trellis.router.web_routes.sources import web_sources
from trellis.schema.content import CONTENT_PATH
from trellis.schema.errors import TrellisError
from trellis.schema.web_routes import WEB_PATH

# The tracker's document has it beside the routes: in both versions, at the root and its prefix.
# Below the prefix of each dialect, clients find it by the base URL that they know.
GRAPHQL_PATHS = (
    "/graphql",
    *(f"{profile.prefix}/graphql" for profile in PROFILES.values() if profile.prefix),
    *(f"{prefix}/api/{version}/graphql" for prefix in ("", "/tracker") for version in ("v1", "v2")),
)
# Both protocols of WebSockets.
EVENT_PATHS = ("/ws", *(f"{profile.prefix}/ws" for profile in PROFILES.values() if profile.prefix))
_DOORS = dict.fromkeys(GRAPHQL_PATHS, "graphql")


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
    core = _connect(supergraph, members, config)
    services = _services(core, authenticate_nobody)
    others = _other_routes(core)
    core.live.current = replace(core.live.current, door=others)
    return _application(core, services, others)


@collector_paused(makes_what_stays=True)
def build_app(config: Config, *, seed: bool = False) -> ASGIApp:
    """The whole product as configured: subgraphs loaded and composed, every door opened.

    ``seed`` writes the demo data when the application starts. Raises ConfigError,
    CompositionFailed and SupergraphInvalid; the messages are for the person who starts it.
    """
    warn_of_open_folder(config.data_dir)
    loaded = load_graph(config)
    if loaded.composition is not None and config.is_development:
        write_schemas(loaded.members, loaded.composition, config.schema_dir)
    core = _connect(loaded.sdl, loaded.members, config)
    authentication = build_authentication(core.members, config)
    services = _services(core, authentication.authenticate)
    contents = Contents(content_sources(core.members, config))
    web = WebRoutes(web_sources(core.members, config), services)
    rest = RestService(config, contents)
    beside = _Beside(
        routes=(
            Route(f"{CONTENT_PATH}/{{link:path}}", ContentDoor(contents)),
            Route(f"{WEB_PATH}/{{rest:path}}", web),
        ),
        page=_explorer(config),
        closing=(rest.aclose, contents.aclose, web.aclose, authentication.aclose),
    )
    others = _other_routes(core, beside, seed=seed)
    core.live.current = build_snapshot(
        core.live.current.graph, config, services, rest, others, locate=loaded.locate
    )
    return _application(core, services, others)


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
    topics = load_topics(config, supergraph)
    door = rest.door(routes, supergraph, replace(services, graph=graph), otherwise)
    documents = _documentation(config, supergraph, routes, services.authenticate)
    if topics and config.rest.openapi:
        is_permitted_view = config.authorization.schema_view == "permitted"
        authenticate = services.authenticate if is_permitted_view else None
        documents[DOCUMENT_PATH] = EventDocument(topics, supergraph, authenticate)
    doors = PathSwitch(http=documents, otherwise=door)
    readers = TopicReaders.of(topics, supergraph)
    return Snapshot(graph, routes, doors, door.write_error, readers)


class _Core(NamedTuple):
    """What every application has: its graph, and the subgraphs that this is executed on."""

    config: Config
    members: Sequence[Member]
    breakers: CircuitBreakers
    live: LiveGraph


class _Beside(NamedTuple):
    """What an application has beside its graph: ``routes`` to what subgraphs answer themselves, a
    ``page`` that gets every path that is left, and what is to be closed at the end."""

    routes: Sequence[BaseRoute] = ()
    page: ASGIApp = nothing_here
    closing: Sequence[Callable[[], Awaitable[None]]] = ()


def _connect(sdl: str, members: Sequence[Member], config: Config) -> _Core:
    limiting, breakers = build_rate_limiting(config), CircuitBreakers(config.traffic)
    live = LiveGraph.over(
        connect_supergraph(sdl, members, config, limiting, breakers),
        OperationMeter(config.metrics.operations),
    )
    return _Core(config, members, breakers, live)


def _services(core: _Core, authenticate: Authenticate) -> Services:
    config = core.config
    return Services(
        graph=core.live,
        make_context=ContextMaker(config.headers.allow, config.limits.request_seconds),
        authenticate=authenticate,
        limits=config.limits,
        streams=config.websocket,
        count=core.live.count,
        supports_dry_run=all(
            m.local is not None and m.local.supports_dry_run for m in core.members
        ),
    )


def _other_routes(core: _Core, beside: _Beside = _Beside(), *, seed: bool = False) -> Router:
    """What does not depend on the supergraph, and the life of the application."""
    config, members, breakers, live = core
    periodic: list[Periodic] = [FiguresLog(), MemoryWatch()]
    if config.workers > 1:
        periodic.append(FreshMetrics())
    return Router(
        [
            *operations_routes(members, config, _remote_checks(members, live), breakers),
            *beside.routes,
        ],
        default=beside.page,
        redirect_slashes=False,  # the address would be that of the client's Host header
        lifespan=partial(
            lifespan,
            members=members,
            opening=[live.start, *(each.start for each in periodic)],
            closing=[*(each.aclose for each in periodic), live.aclose, *beside.closing],
            seed=seed,
            is_production=not config.is_development,
        ),
    )


def _remote_checks(members: Sequence[Member], live: LiveGraph) -> dict[str, Check]:
    """Asks each member in another process for nothing, the way operations go to it."""

    async def answers(name: str) -> None:
        request = SubgraphRequest(name, "query TrellisAsksWhetherYouAreReady { __typename }")
        await live.supergraph.transports[name].send(request)

    return {member.name: partial(answers, member.name) for member in members if not member.local}


def _application(core: _Core, services: Services, otherwise: ASGIApp) -> ASGIApp:
    config, live = core.config, core.live
    endpoint = GraphQLEndpoint(services, shows_plans=config.is_development)
    graphql = Csrf(CallerIdentity(endpoint, services.authenticate))
    socket = TransportWs(services, allowed_origins=config.allowed_origins)
    events = EventSocket(
        services, lambda: live.current.topics, socket, allowed_origins=config.allowed_origins
    )
    doors = PathSwitch(
        http=dict.fromkeys(GRAPHQL_PATHS, graphql),
        websocket={**dict.fromkeys(GRAPHQL_PATHS, socket), **dict.fromkeys(EVENT_PATHS, events)},
        otherwise=SnapshotDoor(live, otherwise),
    )

    def write_error(error: TrellisError, scope: Scope) -> ErrorAnswer:
        """What is refused before any door knows of it, in the words of the address' clients."""
        is_graphql = scope["path"] in GRAPHQL_PATHS
        if scope["type"] == "websocket" and scope["path"] in EVENT_PATHS:
            return live.current.topics.write_error(error, scope) or graphql_error(error, scope)
        found = None if is_graphql else live.current.write_error(error, scope)
        return found or graphql_error(error, scope)

    if not config.rate_limit.enabled:
        return wrap(doors, config, write_error=write_error, doors=_DOORS)
    count = partial(RefusedRequests, services=services, write=write_error)
    return wrap(doors, config, count, write_error=write_error, doors=_DOORS)


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
