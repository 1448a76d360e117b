"""``/web/<subgraph>/<path>``: what a subgraph answers itself, for whoever sends it."""

from collections.abc import Mapping, Sequence

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from trellis.router.config import Limits
from trellis.router.web.body_limit import read_body
from trellis.router.web.errors import as_trellis_error, graphql_error
from trellis.router.web.json_text import load_json
from trellis.router.web.refusals import MethodNotAllowed
from trellis.router.web.request_id import request_id_of
from trellis.router.web.services import Services
from trellis.router.web_routes.sources import INTERNAL_WEB, NO_ROUTE, LocalRoutes, WebSource
from trellis.router.web_routes.wire import request_from_json, response_to_json
from trellis.schema.errors import BadRequest, NotFound
from trellis.schema.subgraph import Subgraph
from trellis.schema.web_routes import WEB_PATH, WebRequest, WebResponse

_METHODS = ("GET", "POST")
_REFUSED = BadRequest("This request was refused.")
# What authenticates clients of the API, what belongs to one connection (RFC 9110, 7.6.1), and what
# is about the body as it was sent: a compressed one has been decompressed.
_NOT_FORWARDED = frozenset(
    {
        *("authorization", "x-api-key", "proxy-authorization"),
        *("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
        *("content-encoding", "content-length"),
    }
)
_NOT_RETURNED = frozenset({"connection", "content-length", "transfer-encoding"})
_BODY_BYTES = 1_000_000  # a service that calls back says less
# As JSON between processes a body is a third longer, and has the headers beside it.
_INTERNAL_BYTES = 2_000_000
_JSON_DEPTH = 8


class WebRoutes:
    """The web routes of all subgraphs. The router knows neither their paths nor what they do; it
    limits bodies, and counts what they refuse like every refused request."""

    def __init__(self, sources: Mapping[str, WebSource], services: Services) -> None:
        self._sources = sources
        self._services = services
        most = min(_BODY_BYTES, services.limits.body_bytes)
        self._limits = services.limits.model_copy(update={"body_bytes": most})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in _METHODS:
            raise MethodNotAllowed(", ".join(_METHODS))
        name, _, path = scope["path"].removeprefix(f"{WEB_PATH}/").partition("/")
        source = self._sources.get(name)
        if source is None:
            raise NotFound(NO_ROUTE)
        body = await read_body(scope, receive, self._limits) if scope["method"] == "POST" else b""
        response = await source.answer(_request(scope, path, body))
        if response.is_refusal:
            await self._count(scope)
        headers = _headers(response)
        start = {"type": "http.response.start", "status": response.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": response.body})

    async def _count(self, scope: Scope) -> None:
        """Raises RateLimited beyond a limit."""
        context = self._services.make_context(scope)
        error, _ = await self._services.charge_once(_REFUSED, context)
        if error is not _REFUSED:
            raise error

    async def aclose(self) -> None:
        """Close the connections to other processes."""
        for source in self._sources.values():
            await source.aclose()


def _request(scope: Scope, path: str, body: bytes) -> WebRequest:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name not in _NOT_FORWARDED:
            joint = "; " if name == "cookie" else ", "
            headers[name] = f"{headers[name]}{joint}{value}" if name in headers else value
    client = scope.get("client")
    return WebRequest(
        method=scope["method"],
        path=path,
        query_string=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
        request_id=request_id_of(scope),
        client_address=client[0] if client else None,
    )


def _headers(response: WebResponse) -> Sequence[tuple[bytes, bytes]]:
    own = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in response.headers
        if name.lower() not in _NOT_RETURNED
    ]
    return [*own, (b"content-length", b"%d" % len(response.body))]


def internal_web_routes(subgraph: Subgraph, limits: Limits) -> list[BaseRoute]:
    """``/internal/web`` of a subgraph in its own process, for routers; none where it has no web
    routes."""
    if subgraph.answer_web is None:
        return []
    source = LocalRoutes(subgraph)
    limits = limits.model_copy(update={"body_bytes": _INTERNAL_BYTES})

    async def respond(request: Request) -> Response:
        body = await read_body(request.scope, request.receive, limits)
        given = request_from_json(load_json(body, max_depth=_JSON_DEPTH))
        try:
            answer = await source.answer(given)
        except Exception as error:  # the boundary: what it refused is a response to the client
            refusal = graphql_error(as_trellis_error(error), request.scope)
            headers = [(name.decode(), value.decode()) for name, value in refusal.headers]
            answer = WebResponse(refusal.status, headers, refusal.body)
        return Response(orjson.dumps(response_to_json(answer)), media_type="application/json")

    return [Route(INTERNAL_WEB, respond, methods=["POST"])]
