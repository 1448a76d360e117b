"""The GraphQL endpoint: GraphQL over HTTP with POST and GET, as an ASGI application."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from trellis.router.answer import Answer
from trellis.router.operation.request import (
    QUERIES,
    QUERIES_AND_MUTATIONS,
    GraphQLRequest,
    read_request,
)
from trellis.router.rate_limit.report import RateReport, tightest
from trellis.router.web.body_limit import read_body
from trellis.router.web.client_watch import ClientGone, ClientWatch
from trellis.router.web.errors import error_headers, graphql_error_body, status_of
from trellis.router.web.graphql_uploads import read_upload_request
from trellis.router.web.json_text import dump_json, load_json
from trellis.router.web.media_type import GRAPHQL_RESPONSE, JSON, is_json, negotiate
from trellis.router.web.multipart import is_multipart
from trellis.router.web.refusals import (
    BatchingDisabled,
    BatchLimit,
    MethodNotAllowed,
    NotAcceptable,
    UnsupportedMediaType,
)
from trellis.router.web.request_id import request_id_of
from trellis.router.web.response_headers import add_response_header
from trellis.router.web.services import Services
from trellis.schema.errors import BadRequest, TrellisError, Unauthenticated

# With application/json, these errors have status 200, because clients of that media type expect it
# for every well-formed GraphQL response (GraphQL-over-HTTP, section 6.4.1).
_OK_AS_JSON = frozenset(
    {
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
        "OPERATION_RESOLUTION_FAILURE",
        "BAD_USER_INPUT",
        "PERSISTED_QUERY_NOT_FOUND",
    }
)
_CACHED_BODIES = 256
_CACHED_BODY_BYTES = 4096


@dataclass(frozen=True, slots=True)
class _Response:
    status: int
    body: bytes


class GraphQLEndpoint:
    """``/graphql``: reads a request, executes it and writes the response.

    Statuses and media types follow the GraphQL-over-HTTP draft. With ``shows_plans`` clients get
    the query plan by the header ``x-trellis-plan: 1``.
    """

    def __init__(self, services: Services, *, shows_plans: bool = False) -> None:
        self._graph = services.graph
        self._limits = services.limits
        self._make_context = services.make_context
        self._shows_plans = shows_plans
        self._parsed_bodies: dict[bytes, GraphQLRequest] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        media = negotiate(headers.get(b"accept", b"").decode("latin-1"))
        if media is None:
            raise NotAcceptable(f"The answer can be {GRAPHQL_RESPONSE} or {JSON}; accept one.")
        try:
            response = await self._respond(scope, headers, receive, media)
        except ClientGone:
            return
        except TrellisError as error:
            response = _refusal(error, scope)
        await _write(send, response, media)

    async def _respond(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, media: str
    ) -> _Response:
        kind = headers.get(b"content-type", b"").decode("latin-1")
        requests: GraphQLRequest | list[GraphQLRequest]
        context = self._make_context(scope)
        if scope["method"] == "POST" and is_multipart(kind):
            # Before the body is read: files go to disk while they arrive.
            if not (context.identity.is_authenticated or self._limits.anonymous_uploads):
                raise Unauthenticated("Sign in to send files.")
            requests, uploads = await read_upload_request(scope, receive, self._limits)
            context = replace(context, uploads=uploads)
        else:
            requests = await self._read(scope, kind, receive)
        if self._shows_plans and headers.get(b"x-trellis-plan") == b"1":
            requests = _with_plans(requests)
        async with ClientWatch(receive, self._limits.request_seconds):
            if isinstance(requests, GraphQLRequest):
                return _response(await self._graph.answer(requests, context), scope, media)
            members = [self._batch_member(request, scope, context) for request in requests]
            answers = await asyncio.gather(*members)
            report = tightest(rate for _, rate in answers)
            if report is not None:
                _add_headers(scope, report.headers)
            return _Response(200, b"[" + b",".join(body for body, _ in answers) + b"]")

    async def _batch_member(
        self, request: GraphQLRequest, scope: Scope, context: Any
    ) -> tuple[bytes, RateReport | None]:
        """The result of one operation of a batch. An error does not affect the others."""
        try:
            answer = await self._graph.answer(request, context)
            return answer.to_bytes(), answer.rate
        except TrellisError as error:
            return dump_json(graphql_error_body(error, request_id_of(scope))), None

    async def _read(
        self, scope: Scope, kind: str, receive: Receive
    ) -> GraphQLRequest | list[GraphQLRequest]:
        if scope["method"] == "POST":
            if not is_json(kind):
                raise UnsupportedMediaType("Send the request as application/json in UTF-8.")
            return self._from_body(await read_body(scope, receive, self._limits))
        if scope["method"] == "GET":
            return self._from_query_string(scope["query_string"])
        raise MethodNotAllowed("GET, POST")

    def _from_body(self, body: bytes) -> GraphQLRequest | list[GraphQLRequest]:
        """The requests in a body. Small bodies are cached, because clients repeat their queries."""
        known = self._parsed_bodies.get(body)
        if known is not None:
            return known
        payload = load_json(body, max_depth=self._limits.json_depth)
        if isinstance(payload, list):
            return self._batch(payload)
        request = read_request(payload, kinds=QUERIES_AND_MUTATIONS)
        # Mutations are rarely repeated, and their variables may contain passwords.
        if len(body) <= _CACHED_BODY_BYTES and "mutation" not in request.document:
            if len(self._parsed_bodies) >= _CACHED_BODIES:
                self._parsed_bodies.pop(next(iter(self._parsed_bodies)))
            self._parsed_bodies[body] = request
        return request

    def _batch(self, payload: list[Any]) -> list[GraphQLRequest]:
        most = self._limits.batch
        if not most:
            raise BatchingDisabled("Send one operation per request: arrays are not accepted.")
        if not 0 < len(payload) <= most:
            raise BatchLimit(f"A batch may have 1 to {most} operations.")
        return [read_request(member, kinds=QUERIES_AND_MUTATIONS) for member in payload]

    def _from_query_string(self, query_string: bytes) -> GraphQLRequest:
        try:
            pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict")
        except ValueError:
            raise BadRequest("The query string is not valid UTF-8.") from None
        payload: dict[str, Any] = dict(pairs)
        for name in ("variables", "extensions"):
            text = payload.pop(name, "")
            if text:
                payload[name] = load_json(
                    text, max_depth=self._limits.json_depth, what=f"The parameter '{name}'"
                )
        return read_request(payload, kinds=QUERIES)


def _with_plans(
    requests: GraphQLRequest | list[GraphQLRequest],
) -> GraphQLRequest | list[GraphQLRequest]:
    if isinstance(requests, list):
        return [replace(request, wants_plan=True) for request in requests]
    return replace(requests, wants_plan=True)


def _response(answer: Answer, scope: Scope, media: str) -> _Response:
    if answer.rate is not None:
        _add_headers(scope, answer.rate.headers)
    for seconds in _waits(answer):
        add_response_header(scope, b"retry-after", b"%d" % seconds)
    if answer.executed:
        return _Response(answer.status, answer.to_bytes())
    if media == JSON and _is_ok_as_json(answer):
        return _Response(200, answer.to_bytes())
    if answer.status == 405:  # RFC 9110, section 15.5.6
        add_response_header(scope, b"allow", b"POST")
    if answer.status == 401:
        add_response_header(scope, b"www-authenticate", b"Bearer")
    return _Response(answer.status, answer.to_bytes())


def _waits(answer: Answer) -> list[int]:
    """The longest ``retry_after`` of the errors, if there is one (RFC 9110, section 10.2.3)."""
    seconds = [error.get("extensions", {}).get("retry_after") for error in answer.errors]
    return sorted((int(one) for one in seconds if one is not None), reverse=True)[:1]


def _is_ok_as_json(answer: Answer) -> bool:
    codes = {error.get("extensions", {}).get("code") for error in answer.errors}
    return answer.status == 400 and codes <= _OK_AS_JSON


def _refusal(error: TrellisError, scope: Scope) -> _Response:
    _add_headers(scope, error_headers(error))
    body = dump_json(graphql_error_body(error, request_id_of(scope)))
    return _Response(status_of(error), body)


def _add_headers(scope: Scope, headers: Iterable[tuple[bytes, bytes]]) -> None:
    for name, value in headers:
        add_response_header(scope, name, value)


async def _write(send: Send, response: _Response, media: str) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": [
                (b"content-type", b"%b; charset=utf-8" % media.encode()),
                (b"content-length", b"%d" % len(response.body)),
            ],
        }
    )
    await send({"type": "http.response.body", "body": response.body})
