"""One subgraph on its own behind HTTP and WebSocket: a part of the distributed edition."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

from starlette.routing import Router
from starlette.types import ASGIApp

from trellis.router.answer import Answer
from trellis.router.cache import Cache
from trellis.router.config import Config
from trellis.router.content.door import content_routes
from trellis.router.errors import ConfigError, OperationRefused
from trellis.router.loading.members import Member, load_member
from trellis.router.operation.limits import GENEROUS, refuse
from trellis.router.operation.model import OperationKind
from trellis.router.operation.parse import (
    DOCUMENT_BYTES,
    ParsedDocument,
    choose_operation,
    parse_document,
    weight_of_document,
)
from trellis.router.operation.request import GraphQLRequest
from trellis.router.serving.authentication import NOBODY_BELIEVED, build_authentication
from trellis.router.serving.wiring import (
    PathSwitch,
    lifespan,
    nothing_here,
    operations_routes,
    wrap,
)
from trellis.router.subscriptions.transport_ws import TransportWs
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.router.transports.local import LocalTransport
from trellis.router.transports.masking import mark_presentable
from trellis.router.trust.secret import load_service_secrets
from trellis.router.trust.service_tokens import ServiceTokens
from trellis.router.web.graphql import GraphQLEndpoint
from trellis.router.web.identity import CallerIdentity
from trellis.router.web.internal import internal_routes
from trellis.router.web.ops_paths import OPS_PATHS
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.service_token import RequireServiceToken
from trellis.router.web.services import Services
from trellis.router.web_routes.door import internal_web_routes
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph

# For those who run the subgraph, and for those who verify its tokens.
_OPEN_PATHS = (*OPS_PATHS, "/.well-known/jwks.json")
_GRAPHQL_PATH = "/graphql"


class SubgraphGraph:
    """Fills ``trellis.router.web.graph.Graph`` with one in-process subgraph.

    Its clients are routers, which have counted and authorized what they send; the subgraph itself
    checks rights on objects.
    """

    def __init__(self, subgraph: Subgraph) -> None:
        self._name = subgraph.name
        self._transport = LocalTransport(subgraph)
        self._documents: Cache[str, ParsedDocument] = Cache(DOCUMENT_BYTES, "documents")

    async def answer(self, request: GraphQLRequest, context: RequestContext) -> Answer:
        try:
            kind = self._kind(request)
            if kind == "subscription":
                raise refuse("METHOD_NOT_ALLOWED", "Subscribe over WebSocket.", http_status=405)
        except OperationRefused as error:
            return _refused(error)
        return _answer(await self._transport.send(self._request(request, context, kind)), kind)

    async def stream(
        self, request: GraphQLRequest, context: RequestContext
    ) -> AsyncGenerator[Answer, None]:
        try:
            kind = self._kind(request)
        except OperationRefused as error:
            yield _refused(error)
            return
        if kind != "subscription":
            yield await self.answer(request, context)
            return
        source = self._transport.subscribe(self._request(request, context, kind))
        async with aclosing(source) as events:
            async for event in events:
                yield _answer(event, kind)

    def _kind(self, request: GraphQLRequest) -> OperationKind:
        parsed = self._documents.find(
            request.document,
            lambda: parse_document(request.document, GENEROUS),
            lambda _: weight_of_document(request.document),
        )
        kind = choose_operation(parsed, request.operation_name).kind
        if kind not in request.kinds:
            raise refuse("METHOD_NOT_ALLOWED", f"A {kind} needs POST.", http_status=405)
        return kind

    def _request(
        self, request: GraphQLRequest, context: RequestContext, kind: OperationKind
    ) -> SubgraphRequest:
        return SubgraphRequest(
            subgraph=self._name,
            query=request.document,
            variables=request.variables,
            operation_name=request.operation_name,
            kind=kind,
            context=context,
        )


def build_subgraph_app(config: Config, name: str, *, is_open: bool = False) -> ASGIApp:
    """The application that serves the in-process subgraph ``name`` of the configuration.

    Only a router with the same ``auth.service_secret`` may ask it; ``is_open`` lets people try it
    by hand in development. Raises ConfigError when there is no subgraph of that name, it is
    configured as a URL, or the secret is no good.
    """
    if is_open and not config.is_development:
        raise ConfigError("A subgraph is open to everyone in development only.")
    source = config.subgraphs.get(name)
    if source is None or not source.module:
        known = sorted(n for n, s in config.subgraphs.items() if s.module)
        raise ConfigError(
            f"No subgraph `{name}` is configured as `module:attribute`; there are "
            f"{', '.join(known) or 'none'}."
        )
    return _application(load_member(name, source), config, is_open=is_open)


def _application(member: Member, config: Config, *, is_open: bool) -> ASGIApp:
    assert member.local is not None
    graph = SubgraphGraph(member.local)
    # The router says who calls; only people who try an open subgraph have tokens of their own.
    authentication = build_authentication([member], config) if is_open else NOBODY_BELIEVED
    authenticate = authentication.authenticate
    make_context = ContextMaker(config.headers.allow, config.limits.request_seconds)
    services = Services(
        graph=graph,
        make_context=make_context,
        authenticate=authenticate,
        # The router has decided who may send files.
        limits=config.limits.model_copy(update={"anonymous_uploads": True}),
        streams=config.websocket,
    )
    doors = PathSwitch(
        http={_GRAPHQL_PATH: CallerIdentity(GraphQLEndpoint(services), authenticate)},
        websocket={_GRAPHQL_PATH: TransportWs(services)},
        otherwise=Router(
            [
                *operations_routes([member], config),
                *internal_routes(member.local, config.limits),
                *content_routes(member.local),
                *internal_web_routes(member.local, config.limits),
            ],
            default=nothing_here,
            redirect_slashes=False,
            lifespan=partial(
                lifespan,
                members=[member],
                closing=[authentication.aclose],
                is_production=not config.is_development,
            ),
        ),
    )
    tokens = ServiceTokens(load_service_secrets(config))

    def is_valid(token: str) -> bool:
        return tokens.is_valid(token, member.name)

    guarded = RequireServiceToken(doors, is_valid, open_paths=_OPEN_PATHS, is_open=is_open)
    return wrap(guarded, config, service=member.name, doors={_GRAPHQL_PATH: "graphql"})


def _answer(response: SubgraphResponse, kind: OperationKind) -> Answer:
    """Errors without a path and without data are from before execution (validation, variables)."""
    executed = response.data is not None or any("path" in error for error in response.errors)
    return Answer(
        data=response.data,
        errors=mark_presentable(response.errors),
        extensions=response.extensions,
        executed=executed,
        status=200 if executed else 400,
        kind=kind,
    )


def _refused(error: OperationRefused) -> Answer:
    return Answer(errors=mark_presentable(error.errors), executed=False, status=error.status)
