"""Requests and responses of GraphQL over HTTP, shared by the HTTP clients of subgraphs."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from trellis.router.cache import Cache
from trellis.router.errors import SubgraphError, SubgraphInvalidResponse, SubgraphUnavailable
from trellis.router.exact_json import dumps
from trellis.router.pace import LARGE_BYTES, aside
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.router.transports.content_type import is_graphql_response
from trellis.router.transports.http_connection import HttpResponse
from trellis.router.transports.read import read_body
from trellis.router.transports.retry_after import read_retry_after
from trellis.schema.request import RequestContext

REQUEST_HEADERS: Mapping[str, str] = {
    "accept": "application/graphql-response+json, application/json;q=0.9",
    "content-type": "application/json",
}

Vouching = Callable[[RequestContext], Mapping[str, str]]
"""Makes the headers by which the router authenticates itself and passes on a request's context."""

_AWAY = frozenset({502, 503, 504})
"""The statuses with which proxies and servers report that a service cannot respond."""
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def encode_request(request: SubgraphRequest) -> bytes:
    """The JSON body of a subgraph request."""
    body = _encoded_query(request.query)
    if request.variables:
        body += b',"variables":' + dumps(request.variables)
    if request.operation_name is not None:
        body += b',"operationName":' + orjson.dumps(request.operation_name)
    return body + b"}"


_encoded: Cache[str, bytes] = Cache(16_000_000, "subgraph_requests")  # bytes


def _encoded_query(query: str) -> bytes:
    """The first member of the body. It is cached, because plans repeat the same few queries."""
    return _encoded.find(
        query, lambda: b'{"query":' + orjson.dumps(query), lambda _: 2 * len(query)
    )


def forwarded_headers(context: RequestContext) -> Mapping[str, str]:
    """The client's headers to forward. Values that are not valid in a header, for example from a
    WebSocket payload, are dropped: a line break would inject another header."""
    headers = context.headers
    if all(_HEADER_VALUE.fullmatch(value) for value in headers.values()):
        return headers
    return {name: value for name, value in headers.items() if _HEADER_VALUE.fullmatch(value)}


def vouch_for_nothing(_context: RequestContext) -> Mapping[str, str]:
    """For subgraphs of others: they get the client's own headers only."""
    return {}


def read_http_response(request: SubgraphRequest, http: HttpResponse) -> SubgraphResponse:
    """The GraphQL response in an HTTP response. Raises SubgraphUnavailable for a server error, and
    SubgraphInvalidResponse for anything else that is not a GraphQL response.

    ``application/graphql-response+json`` is accepted at any status. ``application/json`` with
    another status than 2xx may come from any intermediary, so the GraphQL-over-HTTP draft (section
    6.4.1) forbids clients to rely on it: its data is ignored. Well-formed GraphQL errors are
    reported nevertheless, since they say more than the status; where none of them has a code, 502,
    503 and 504 mean that the subgraph is unavailable.
    """
    status = http.status
    is_success = 200 <= status < 300
    try:
        response = read_body(request.subgraph, http.body, request.query)
    except SubgraphInvalidResponse:
        # Without a GraphQL response, the status is the best explanation unless it is 2xx.
        if is_success:
            raise
        raise _failure(request, http) from None
    if is_success or is_graphql_response(http.content_type):
        return response
    if not response.errors or not all(type(e.get("message")) is str for e in response.errors):
        raise _failure(request, http)
    errors = response.errors
    is_away = status in _AWAY and not any(_code_of(e) for e in errors)
    if not is_away and response.data is None:
        return SubgraphResponse(errors=errors, extensions=response.extensions)
    failure = _failure(request, http)
    errors = [{"message": failure.message, "extensions": failure.extensions}, *errors]
    return SubgraphResponse(
        errors=errors, extensions=response.extensions, failure=failure if is_away else None
    )


async def read_http_response_aside(
    request: SubgraphRequest, http: HttpResponse
) -> SubgraphResponse:
    """``read_http_response``, on another thread where the answer is large."""
    if len(http.body) < LARGE_BYTES:
        return read_http_response(request, http)
    return await aside(read_http_response, request, http)


def _code_of(error: Mapping[str, Any]) -> Any:
    extensions = error.get("extensions")
    return extensions.get("code") if isinstance(extensions, dict) else None


def _failure(request: SubgraphRequest, http: HttpResponse) -> SubgraphError:
    kind = SubgraphUnavailable if http.status >= 500 else SubgraphInvalidResponse
    return kind(
        request.subgraph,
        f"The subgraph returned HTTP {http.status}.",
        status=http.status,
        retry_after=read_retry_after(http.retry_after),
    )


def websocket_url_of(url: str) -> str:
    """The default URL for subscriptions: ``http`` becomes ``ws``."""
    return "ws" + url.removeprefix("http")
