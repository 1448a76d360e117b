"""The endpoint of one route: reads the request, executes the operation, writes the response."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.types import Receive, Scope

from trellis.router.delivery.rights import Rights
from trellis.router.operation.request import ALL_KINDS, GraphQLRequest
from trellis.router.requirements import FREE, NOTHING_NEEDED, Requirement
from trellis.router.rest.answers import AnswerWriter, with_headers
from trellis.router.rest.call import Call
from trellis.router.rest.events import MEDIA, EventStream
from trellis.router.rest.idempotency.once import Once, fingerprint_of, key_of, stored_key
from trellis.router.rest.idempotency.store import KeptAnswer
from trellis.router.rest.media import is_acceptable, is_form, is_json_like, negotiate
from trellis.router.rest.path import read_template
from trellis.router.rest.profile import RequestInvalid
from trellis.router.rest.request_reader import RequestReader, read_texts
from trellis.router.rest.response import Response
from trellis.router.rest.route import RestRoute
from trellis.router.web.body_limit import read_body
from trellis.router.web.client_watch import ClientGone, ClientWatch
from trellis.router.web.errors import as_trellis_error, status_of
from trellis.router.web.identity import credentials_of
from trellis.router.web.json_text import load_json
from trellis.router.web.refusals import NotAcceptable, UnsupportedMediaType
from trellis.router.web.services import Services
from trellis.schema.errors import BadRequest, TrellisError, Unauthenticated
from trellis.schema.request import RequestContext

_SIGN_IN = "Sign in: send an access token as `Authorization: Bearer ...`."
_INVALID = BadRequest("The request does not fit its route.")
_REPEATED = BadRequest("This was answered before.")
_CREDENTIALS = (b"authorization", b"x-api-key")
_MEDIA_OF = {
    "JSON": "application/json",
    "FORM": "application/x-www-form-urlencoded",
    "MULTIPART": "multipart/form-data",
}


class RestEndpoint:
    """Serves one route. Limits, permissions and masking are those of the graph.

    ``access`` is the requirement on callers: if they have to be signed in, others are refused
    before the request is read, and errors can name what is missing.
    """

    def __init__(
        self, route: RestRoute, services: Services, once: Once, access: Requirement = FREE
    ) -> None:
        self.route = route
        self._services = services
        self._once = once
        self._profile = route.profile
        self._needs_sign_in = access.authenticated or access.scopes != NOTHING_NEEDED
        self._reader = RequestReader(route)
        self._is_anonymous = route.anonymous or self._reader.takes_token
        self._answers = AnswerWriter(route, access)
        self._path_names = read_template(route.path).names
        self._id = route.id

    async def respond(
        self, scope: Scope, receive: Receive, values: tuple[str, ...], prefix: str = ""
    ) -> Response | EventStream:
        """The response to a request whose path parameters have these ``values``. ``prefix`` is the
        prefix of the dialect in its path. Raises only ClientGone."""
        call = Call(scope, dict(scope["headers"]), prefix)
        response = await self._respond_to(call, receive, values)
        if call.rate is None or isinstance(response, EventStream):
            return response
        return with_headers(response, call.rate.headers)

    async def _respond_to(
        self, call: Call, receive: Receive, values: tuple[str, ...]
    ) -> Response | EventStream:
        try:
            return await self._respond(call, receive, values)
        except ClientGone:
            raise
        except RequestInvalid as invalid:
            return await self._refuse_counted(call, invalid)
        except Exception as error:  # the boundary of a request
            known = as_trellis_error(error)
            if status_of(known) >= 500:
                return self._answers.refuse(call, known)
            return await self._refuse_counted(call, known)

    async def _respond(
        self, call: Call, receive: Receive, values: tuple[str, ...]
    ) -> Response | EventStream:
        self._negotiate(call)
        if not self._is_anonymous:
            call.identity = await self._services.authenticate(credentials_of(call.scope))
            if self._needs_sign_in and not call.identity.is_authenticated:
                raise Unauthenticated(_SIGN_IN)
        variables = await self._variables(call, receive, values)
        context = self._context(call)
        if self.route.kind == "subscription":
            request = GraphQLRequest(self.route.document, variables, kinds=ALL_KINDS)
            return await self._stream(call, request, context, receive)
        request = GraphQLRequest(self.route.document, variables)
        key = key_of(call.headers) if self.route.kind == "mutation" else None
        async with ClientWatch(receive, self._services.limits.request_seconds):
            if key is not None and call.identity.is_authenticated:
                return await self._answer_once(call, request, context, key)
            return self._answers.response(call, await self._services.graph.answer(request, context))

    def _negotiate(self, call: Call) -> None:
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
        self, call: Call, receive: Receive, values: tuple[str, ...]
    ) -> dict[str, Any]:
        reader = self._reader
        body: Any = None
        form = None
        if reader.needs_body:
            text = await read_body(call.scope, receive, self._services.limits)
            kind = call.headers.get(b"content-type", b"").decode("latin-1")
            if "FORM" in self.route.accepts and is_form(kind):
                form = read_texts(text)
            elif not text and not kind:
                body = {}
            else:
                body = call.body = self._json(text, kind)
        call.path = dict(zip(self._path_names, values, strict=True))
        query_string, headers = call.scope["query_string"], call.scope["headers"]
        variables, call.page = reader.read(call.path, query_string, headers, body, form)
        return variables

    def _json(self, text: bytes, kind: str) -> Any:
        if "JSON" not in self.route.accepts or not is_json_like(kind, self._profile.media_types):
            wanted = " or ".join(_MEDIA_OF[kind] for kind in self.route.accepts)
            raise UnsupportedMediaType(f"Send the body as {wanted}.")
        return load_json(text, max_depth=self._services.limits.json_depth)

    def _context(self, call: Call) -> RequestContext:
        scope: Mapping[str, Any] = call.scope
        if self._is_anonymous:  # a token is a value or nothing, not a proof for subgraphs to check
            others = [pair for pair in scope["headers"] if pair[0] not in _CREDENTIALS]
            scope = {**scope, "headers": others}
        return self._services.make_context(
            scope, call.identity, profile=self._profile.limits_name, route=self._id
        )

    async def _answer_once(
        self, call: Call, request: GraphQLRequest, context: RequestContext, key: str
    ) -> Response:
        async def work() -> tuple[KeptAnswer, bool]:
            answer = await self._services.graph.answer(request, context)
            response = self._answers.response(call, answer)
            has_happened = answer.executed and _has_value(answer.data)
            kept = KeptAnswer(response.status, tuple(response.headers), response.body)
            return kept, response.status < 300 or has_happened

        kept, is_repeated = await self._once.run(
            stored_key(context.identity, self._profile.name, self._id, key),
            fingerprint_of(request.variables),
            work,
        )
        if not is_repeated:
            return Response(kept.status, kept.headers, kept.body)
        error, call.rate = await self._services.charge_once(_REPEATED, context)
        if error is not _REPEATED:
            return self._answers.refuse(call, error)
        headers = [*kept.headers, (b"idempotency-replayed", b"true")]
        return Response(kept.status, headers, kept.body)

    async def _stream(
        self, call: Call, request: GraphQLRequest, context: RequestContext, receive: Receive
    ) -> Response | EventStream:
        rights = Rights(self._services.authenticate, credentials_of(call.scope))
        rights.begin_with(call.identity)
        stream = EventStream(
            self._services.graph.stream(request, context),
            receive,
            rights,
            self._services.streams,
            headers=self._answers.headers(call),
            write=partial(self._answers.event, call),
            write_error=partial(self._answers.failed_event, call),
        )
        refused = await stream.open()
        if isinstance(refused, TrellisError):
            return self._answers.refuse(call, refused)
        return stream if refused is None else self._answers.response(call, refused)

    async def _refuse_counted(self, call: Call, error: TrellisError | RequestInvalid) -> Response:
        """The response to a refused request, which is counted like an operation of its caller."""
        given = _INVALID if isinstance(error, RequestInvalid) else error
        shown, call.rate = await self._services.charge_once(given, self._context(call))
        if isinstance(error, RequestInvalid) and shown is _INVALID:
            return self._answers.invalid(call, error)
        return self._answers.refuse(call, shown)


def _has_value(data: Mapping[str, Any] | None) -> bool:
    """Whether a mutation was executed, that is, some root field has a value."""
    return data is not None and any(value is not None for value in data.values())
