"""What every application of ours is wired with: doors by path, layers, life and health."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from types import MappingProxyType
from typing import Any

import structlog
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from trellis.router.config import Config
from trellis.router.loading.members import Member
from trellis.router.serving.logs import ROUTER
from trellis.router.serving.request_log import request_log
from trellis.router.transports.breakers import CircuitBreakers
from trellis.router.web.body_limit import RequestLimits
from trellis.router.web.circuit_breakers import CircuitBreakerStatus
from trellis.router.web.client_address import ClientAddress
from trellis.router.web.cors import AllowOrigins
from trellis.router.web.errors import Errors, WriteError, graphql_error
from trellis.router.web.health import Check, Readiness, health
from trellis.router.web.jwks import JwksEndpoint
from trellis.router.web.metrics import MetricsDoor
from trellis.router.web.ops_paths import (
    BREAKERS_PATH,
    HEALTH_PATH,
    METRICS_PATH,
    OPS_PATHS,
    READY_PATH,
)
from trellis.router.web.request_id import RequestId
from trellis.router.web.request_meter import RequestMeter
from trellis.router.web.response_headers import ResponseHeaders
from trellis.schema.errors import Forbidden, NotFound
from trellis.schema.subgraph import Subgraph

log = structlog.get_logger(__name__)

_OPS_DOORS = dict.fromkeys(OPS_PATHS, "operations")


class StartFailed(Exception):
    """A subgraph of this process could not be started; what it said has been logged."""


class PathSwitch:
    """Chooses the door by path. GraphQL is found by one dictionary look-up, before any routing."""

    def __init__(
        self,
        *,
        http: Mapping[str, ASGIApp],
        websocket: Mapping[str, ASGIApp] = MappingProxyType({}),
        otherwise: ASGIApp,
    ) -> None:
        self._doors = {"http": dict(http), "websocket": dict(websocket), "lifespan": {}}
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = self._doors[scope["type"]].get(scope.get("path"), self._otherwise)
        await door(scope, receive, send)


def wrap(
    app: ASGIApp,
    config: Config,
    *beyond_errors: Callable[[ASGIApp], ASGIApp],
    write_error: WriteError = graphql_error,
    service: str = ROUTER,
    doors: Mapping[str, str] = MappingProxyType({}),
) -> ASGIApp:
    """The layers that every request goes through, the outermost first. ``beyond_errors`` see
    what was refused as the answer that it became by ``write_error``. Requests are counted as those
    of ``service``, and of the ``doors`` that have their paths."""
    doors = {**_OPS_DOORS, **doors}
    meter = partial(
        RequestMeter, service=service, doors=doors, write=request_log(config, service, doors)
    )
    layers: list[Callable[[ASGIApp], ASGIApp]] = [
        partial(ClientAddress, http=config.http),
        ResponseHeaders,
        RequestId,
        meter,
        partial(
            AllowOrigins,
            origins=config.allowed_origins,
            max_age_seconds=config.cors.max_age_seconds,
        ),
        *beyond_errors,
        partial(Errors, write=write_error),
        partial(RequestLimits, limits=config.limits),
    ]
    for layer in reversed(layers):
        app = layer(app)
    return app


def operations_routes(
    members: Sequence[Member],
    config: Config,
    remote: Mapping[str, Check] = MappingProxyType({}),
    breakers: CircuitBreakers | None = None,
) -> list[BaseRoute]:
    """For those who run it, and for those who verify its tokens. ``remote`` asks the members that
    run in other processes whether they are ready; ``breakers`` are those of a router."""
    checks = {
        member.name: remote[member.name] if member.local is None else member.local.is_ready
        for member in members
        if member.local is not None or member.name in remote
    }
    metrics = MetricsDoor(config.metrics, is_development=config.is_development)
    routes: list[BaseRoute] = [
        Route(HEALTH_PATH, health),
        Route(READY_PATH, Readiness(checks).respond),
        Route(METRICS_PATH, metrics.respond),
    ]
    if breakers is not None:
        names = {member.name: config.traffic.names.get(member.name) for member in members}
        routes.append(Route(BREAKERS_PATH, CircuitBreakerStatus(breakers, names).respond))
    issuer = _token_issuer(members)
    if issuer is not None and issuer.jwks is not None:
        routes.append(Route("/.well-known/jwks.json", JwksEndpoint(issuer.jwks).respond))
    return routes


def _token_issuer(members: Sequence[Member]) -> Subgraph | None:
    local = (member.local for member in members if member.local is not None)
    return next((subgraph for subgraph in local if subgraph.jwks is not None), None)


@asynccontextmanager
async def lifespan(
    _app: Any,
    *,
    members: Sequence[Member],
    opening: Sequence[Callable[[], Awaitable[None]]] = (),
    closing: Sequence[Callable[[], Awaitable[None]]] = (),
    seed: bool = False,
    is_production: bool = False,
) -> AsyncIterator[None]:
    """Subgraphs start in the order of the configuration and stop in reverse; one that fails to
    start stops those before it. ``opening`` connects what the application itself holds and
    ``closing`` gives it back. In production the log has what of a subgraph is unfit for it."""
    async with AsyncExitStack() as stack:
        for close in closing:
            stack.push_async_callback(close)
        for open_ in opening:
            await open_()
        for member in members:
            if member.local is not None:
                await _start(member.local, stack, seed=seed)
        if is_production:
            _log_what_is_unfit(members)
        yield


def _log_what_is_unfit(members: Sequence[Member]) -> None:
    """Each reason once, with all subgraphs that have it."""
    names: dict[str, list[str]] = {}
    for member in members:
        for reason in member.local.unfit_for_production() if member.local else ():
            names.setdefault(reason, []).append(member.name)
    for reason, having in names.items():
        log.error("unfit_for_production", subgraph=", ".join(having), reason=reason)


async def _start(subgraph: Subgraph, stack: AsyncExitStack, *, seed: bool) -> None:
    try:
        await subgraph.start()
        stack.push_async_callback(subgraph.stop)
        if seed:
            await subgraph.seed()
    except Exception as error:  # the boundary to another package: say which one it was
        log.error("subgraph_did_not_start", subgraph=subgraph.name, exc_info=error)
        raise StartFailed(f"The subgraph {subgraph.name} did not start; see above.") from None


async def nothing_here(scope: Scope, _receive: Receive, _send: Send) -> None:
    if scope["type"] == "http":
        raise NotFound(f"There is nothing at {scope['path'][:200]}.")
    raise Forbidden("There is no WebSocket here.")
