"""Answers one REST route: request -> variables -> the graph -> the profile's body."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import orjson
from starlette.types import Receive, Scope

from router.answer import Answer
from router.config import Limits, WebSocketLimits
from router.operation.request import ALL_KINDS, GraphQLRequest
from router.policy.rate_limit.limiter import Count, Unlimited
from router.policy.requirements import FREE, NOTHING_NEEDED, Requirement
from router.rest.absent import explain_null
from router.rest.events import MEDIA, EventStream, event
from router.rest.failures import Failures, most_telling, only_denied
from router.rest.idempotency.once import Once, fingerprint_of, key_of, stored_key
from router.rest.idempotency.store import KeptAnswer
from router.rest.media import is_acceptable, is_form, is_json_like, negotiate
from router.rest.path import DATA, fill, read_template
from router.rest.profile import (
    Failure,
    Headers,
    PageFacts,
    PageRequest,
    RateState,
    RequestInvalid,
    ResponseInfo,
)
from router.rest.project import make_projection, value_at
from router.rest.request_reader import RequestReader, read_texts
from router.rest.response import Header, Response, deprecation_headers, failure_type
from router.rest.route import RestRoute
from router.subscriptions.rights import Rights
from router.web.body_limit import read_body
from router.web.client_watch import ClientGone, ClientWatch
from router.web.errors import as_trellis_error, error_headers, status_of
from router.web.graph import Graph
from router.web.identity import Authenticate, credentials_of
from router.web.json_text import dump_json, load_json
from router.web.refusals import NotAcceptable, UnsupportedMediaType
from router.web.refused_requests import mark_counted
from router.web.request_context import ContextMaker
from router.web.request_id import request_id_of
from schema.errors import BadRequest, NotFound, TrellisError, Unauthenticated
from schema.identity import ANONYMOUS, Identity
from schema.request import RequestContext

_NOT_FOUND = "The requested resource was not found."
_SIGN_IN = "Sign in: send an access token as `Authorization: Bearer ...`."
_INVALID = BadRequest("The request does not fit its route.")
_REPEATED = BadRequest("This was answered before.")


@dataclass(frozen=True, slots=True)
class Doors:
    """What every endpoint works with."""

    graph: Graph
    make_context: ContextMaker
    authenticate: Authenticate
    limits: Limits
    once: Once
    count: Count = Unlimited().after_refusal
    streams: WebSocketLimits = field(default_factory=WebSocketLimits)


@dataclass(slots=True)
class _Call:
    """One request on its way through an endpoint."""

    scope: Scope
    headers: Mapping[bytes, bytes]
    prefix: str
    media: str = "application/json"
    identity: Identity = ANONYMOUS
    page: PageRequest | None = None
    rate: RateState | None = None
    path: Mapping[str, str] = field(default_factory=dict)


class RestEndpoint:
    """Made once per route. Limits, rights and masking are those of the graph.

    ``access`` is what callers need: one who is not signed in learns so before anything is read
    from the request, and refusals can name what was missing.
    """

    def __init__(self, route: RestRoute, doors: Doors, access: Requirement = FREE) -> None:
        self.route = route
        self._doors = doors
        self._profile = route.profile
        self._needs_sign_in = access.authenticated or access.scopes != NOTHING_NEEDED
        self._reader = RequestReader(route)
        self._failures = Failures(route, access)
        self._project = make_projection(route.shape)
        self._path_names = read_template(route.path).names
        self._deprecation = route.deprecated
        self._id = route.id
        self._event_name = route.root[0] if route.root else route.name

    async def respond(
        self, scope: Scope, receive: Receive, values: tuple[str, ...], prefix: str = ""
    ) -> Response | EventStream:
        """The answer to a request whose path parameters have these ``values``; ``prefix`` is
        where the route was reached. Raises ClientGone only."""
        call = _Call(scope, dict(scope["headers"]), prefix)
        mark_counted(scope)
        try:
            return await self._respond(call, receive, values)
        except ClientGone:
            raise
        except RequestInvalid as invalid:
            return await self._refuse_counted(call, invalid)
        except Exception as error:  # the boundary of a request
            known = as_trellis_error(error)
            if status_of(known) >= 500:
                return self._refuse(call, known)
            return await self._refuse_counted(call, known)

    async def _respond(
        self, call: _Call, receive: Receive, values: tuple[str, ...]
    ) -> Response | EventStream:
        self._negotiate(call)
        if not self._reader.takes_token:
            call.identity = await self._doors.authenticate(credentials_of(call.scope))
            if self._needs_sign_in and not call.identity.is_authenticated:
                raise Unauthenticated(_SIGN_IN)
        variables = await self._variables(call, receive, values)
        context = self._context(call)
        if self.route.kind == "subscription":
            request = GraphQLRequest(self.route.document, variables, kinds=ALL_KINDS)
            return await self._stream(call, request, context, receive)
        request = GraphQLRequest(self.route.document, variables)
        key = key_of(call.headers) if self.route.kind == "mutation" else None
        async with ClientWatch(receive, self._doors.limits.request_seconds):
            if key is not None and call.identity.is_authenticated:
                return await self._once(call, request, context, key)
            return self._response(call, await self._doors.graph.answer(request, context))

    def _negotiate(self, call: _Call) -> None:
        accept = call.headers.get(b"accept")
        if accept is None or accept == b"*/*":
            return
        if self.route.kind == "subscription":
            if not is_acceptable(MEDIA, accept.decode("latin-1")):
                raise NotAcceptable(f"The answer is {MEDIA}.")
            return
        own = self._profile.media_types
        media = negotiate(accept.decode("latin-1"), own)
        if media is None:
            raise NotAcceptable(f"The answer can be {' or '.join(('application/json', *own))}.")
        call.media = media

    async def _variables(
        self, call: _Call, receive: Receive, values: tuple[str, ...]
    ) -> dict[str, Any]:
        reader = self._reader
        body: Any = None
        form = None
        if reader.needs_body:
            text = await read_body(call.scope, receive, self._doors.limits)
            kind = call.headers.get(b"content-type", b"").decode("latin-1")
            if "FORM" in self.route.accepts and is_form(kind):
                form = read_texts(text)
            elif not text and not kind:
                body = {}
            else:
                body = self._json(text, kind)
        call.path = dict(zip(self._path_names, values, strict=True))
        query_string, headers = call.scope["query_string"], call.scope["headers"]
        variables, call.page = reader.read(call.path, query_string, headers, body, form)
        return variables

    def _json(self, text: bytes, kind: str) -> Any:
        if "JSON" not in self.route.accepts or not is_json_like(kind, self._profile.media_types):
            wanted = " or ".join(_MEDIA_OF[kind] for kind in self.route.accepts)
            raise UnsupportedMediaType(f"Send the body as {wanted}.")
        return load_json(text, max_depth=self._doors.limits.json_depth)

    def _context(self, call: _Call) -> RequestContext:
        scope: Mapping[str, Any] = call.scope
        if self._reader.takes_token:  # it is a value, not a proof that subgraphs should check
            others = [pair for pair in scope["headers"] if pair[0] != b"authorization"]
            scope = {**scope, "headers": others}
        return self._doors.make_context(
            scope, call.identity, profile=self._profile.name, route=self._id
        )

    async def _once(
        self, call: _Call, request: GraphQLRequest, context: RequestContext, key: str
    ) -> Response:
        async def work() -> tuple[KeptAnswer, bool]:
            answer = await self._doors.graph.answer(request, context)
            response = self._response(call, answer)
            has_happened = answer.executed and _has_value(answer.data)
            kept = KeptAnswer(response.status, tuple(response.headers), response.body)
            return kept, response.status < 300 or has_happened

        kept, is_repeated = await self._doors.once.run(
            stored_key(context.identity, self._profile.name, self._id, key),
            fingerprint_of(request.variables),
            work,
        )
        headers = list(kept.headers)
        if is_repeated:
            error, told = await self._doors.count(_REPEATED, context)
            if error is not _REPEATED:
                return _with(self._refuse(call, error), told)
            names = {name for name, _ in told}
            headers = [pair for pair in headers if pair[0] not in names]
            headers += [*told, (b"idempotency-replayed", b"true")]
        return Response(kept.status, headers, kept.body)

    async def _stream(
        self, call: _Call, request: GraphQLRequest, context: RequestContext, receive: Receive
    ) -> Response | EventStream:
        rights = Rights(self._doors.authenticate, credentials_of(call.scope))
        rights.begin_with(call.identity)
        stream = EventStream(
            self._doors.graph.stream(request, context),
            receive,
            rights,
            self._doors.streams,
            headers=self._headers(call, self._info(call)),
            write=lambda answer: self._event(call, answer),
            write_error=lambda error: self._error_event(
                call, self._failures.of_exception(error, call.identity)
            ),
        )
        refused = await stream.open()
        if isinstance(refused, TrellisError):
            return self._refuse(call, refused)
        return stream if refused is None else self._response(call, refused)

    def _event(self, call: _Call, answer: Answer) -> bytes:
        """What a client reads of one event; nothing of one that is null."""
        value = self._value(answer)
        if answer.errors and (self._is_denied(answer, value) or not only_denied(answer.errors)):
            failure = self._failures.of_error(most_telling(answer.errors), call.identity)
            return self._error_event(call, failure)
        if value is None:
            return b""
        route = self.route
        shown = orjson.Fragment(dump_json(self._project(value)))
        body = orjson.dumps(self._profile.success(shown, self._info(call)), default=str)
        id = value_at(answer.data, route.event_id) if route.event_id else None
        return event(self._event_name, body, id)

    def _error_event(self, call: _Call, failure: Failure) -> bytes:
        return event("error", dump_json(self._profile.failure(failure, self._info(call))))

    # -- answers ---------------------------------------------------------------------------

    def _response(self, call: _Call, answer: Answer) -> Response:
        call.rate = _rate_of(answer.headers)
        route = self.route
        value = self._value(answer)
        if answer.errors and (self._is_denied(answer, value) or not only_denied(answer.errors)):
            failure = self._failures.of_error(most_telling(answer.errors), call.identity)
            return _with(self._fail(call, failure), answer.headers)
        if value is None and route.kind != "mutation":
            return _with(self._refuse(call, NotFound(_NOT_FOUND)), answer.headers)
        shown = self._project(value)
        pagination = self._pagination(call, answer)
        info = self._info(call, pagination)
        headers = self._headers(call, info)
        headers += answer.headers
        if route.location is not None:
            headers.append((b"location", _filled(call.prefix + route.location, call.path, shown)))
        if route.status == 204:
            return Response(204, headers)
        data = dump_json(shown)
        if route.method == "GET":
            tag = _etag(data, pagination, call.media)
            headers.append((b"etag", tag))
            if _is_known(call.headers.get(b"if-none-match"), tag):
                return Response(304, headers)
        body = orjson.dumps(self._profile.success(orjson.Fragment(data), info), default=str)
        headers.append((b"content-type", f"{call.media}; charset=utf-8".encode()))
        return Response(route.status, headers, body)

    def _is_denied(self, answer: Answer, value: Any) -> bool:
        """Whether the refusals of an answer took its data away."""
        route = self.route
        if value is not None:
            return False
        is_whole = answer.executed and value_at(answer.data, route.root) is None
        if route.kind == "mutation" or not is_whole:
            return True
        return explain_null(answer.errors, route.root, route.shape)

    def _value(self, answer: Answer) -> Any:
        """What becomes the data; null also where the list that clients page through is."""
        if not answer.executed:
            return None
        page = self.route.page
        if page is not None and value_at(answer.data, page.path) is None:
            return None
        return value_at(answer.data, self.route.root)

    def _pagination(self, call: _Call, answer: Answer) -> Mapping[str, Any] | None:
        page, paginator = self.route.page, self._profile.paginator
        if page is None or paginator is None or call.page is None:
            return None
        connection = value_at(answer.data, page.path)
        return None if connection is None else paginator.write(call.page, _facts(connection))

    async def _refuse_counted(self, call: _Call, error: TrellisError | RequestInvalid) -> Response:
        """The answer to what never came to the graph: a request of its caller like any other."""
        given = _INVALID if isinstance(error, RequestInvalid) else error
        shown, headers = await self._doors.count(given, self._context(call))
        call.rate = _rate_of(headers)
        if isinstance(error, RequestInvalid) and shown is _INVALID:
            return _with(self._fail(call, self._failures.of_invalid(error)), headers)
        return _with(self._refuse(call, shown), headers)

    def _refuse(self, call: _Call, error: TrellisError) -> Response:
        failure = self._failures.of_exception(error, call.identity)
        response = self._fail(call, failure)
        known = {name for name, _ in response.headers}
        return _with(response, [pair for pair in error_headers(error) if pair[0] not in known])

    def _fail(self, call: _Call, failure: Failure) -> Response:
        info = self._info(call)
        headers = self._headers(call, info)
        if failure.status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        seconds = failure.details.get("retry_after")
        if seconds is None and failure.status == 503:
            seconds = 5
        if seconds is not None:
            headers.append((b"retry-after", b"%d" % int(seconds)))
        body = self._profile.failure(failure, info)
        if body is None:
            return Response(failure.status, headers)
        headers.append(failure_type(self._profile, call.media))
        return Response(failure.status, headers, dump_json(body))

    def _info(self, call: _Call, pagination: Mapping[str, Any] | None = None) -> ResponseInfo:
        return ResponseInfo(
            request_id=request_id_of(call.scope),
            time=datetime.now(UTC),
            pagination=pagination,
            message=self.route.message,
            rate=call.rate,
        )

    def _headers(self, call: _Call, info: ResponseInfo) -> list[Header]:
        headers = list(self._profile.headers(info))
        if call.page is not None:
            headers += call.page.headers
        if self._deprecation is not None and self._deprecation.spares not in call.identity.roles:
            headers += deprecation_headers(self._deprecation, call.prefix)
        return headers


_MEDIA_OF = {
    "JSON": "application/json",
    "FORM": "application/x-www-form-urlencoded",
    "MULTIPART": "multipart/form-data",
}


def _with(response: Response, headers: Any) -> Response:
    return response._replace(headers=[*response.headers, *headers])


def _has_value(data: Mapping[str, Any] | None) -> bool:
    """Whether a mutation happened: some root field of it has a value."""
    return data is not None and any(value is not None for value in data.values())


def _facts(connection: Mapping[str, Any]) -> PageFacts:
    items = connection.get("nodes")
    if items is None:
        items = connection.get("edges") or ()
    info = connection.get("pageInfo") or {}
    return PageFacts(
        count=len(items),
        total=connection.get("totalCount"),
        has_next=info.get("hasNextPage"),
        has_previous=info.get("hasPreviousPage"),
        start_cursor=info.get("startCursor"),
        end_cursor=info.get("endCursor"),
    )


def _filled(template: str, path: Mapping[str, str], shown: Any) -> bytes:
    """A location with path parameters and members of the shown data in its braces."""

    def value_of(name: str) -> str:
        value = (
            path[name]
            if name in path
            else value_at(shown, tuple(name.removeprefix(DATA).split(".")))
        )
        return quote(str(value), safe="")

    return fill(template, value_of).encode()


def _etag(data: bytes, pagination: Mapping[str, Any] | None, media: str) -> bytes:
    """A strong tag of what the answer says; times and ids of requests are no part of it."""
    digest = sha256(data)  # processors have it built in
    digest.update(media.encode())
    if pagination is not None:
        digest.update(dump_json(pagination))
    return b'"' + digest.hexdigest()[:32].encode() + b'"'


def _is_known(given: bytes | None, tag: bytes) -> bool:
    """RFC 9110, section 13.1.2: weak comparison with each tag that the client has."""
    if given is None:
        return False
    if given.strip() == b"*":
        return True
    return any(part.strip().removeprefix(b"W/") == tag for part in given.split(b","))


def _rate_of(headers: Headers) -> RateState | None:
    if not headers:
        return None
    found = {
        name.removeprefix(b"x-ratelimit-").decode(): value
        for name, value in headers
        if name.startswith(b"x-ratelimit-")
    }
    try:
        numbers = {name: int(value) for name, value in found.items()}
        return RateState(
            numbers["limit"], numbers["remaining"], numbers["reset"], numbers.get("window")
        )
    except (KeyError, ValueError):
        return None
