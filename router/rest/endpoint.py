"""The endpoint of one route: reads the request, executes the operation, writes the response."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from graphql import GraphQLSchema
from starlette.types import Receive, Scope

from trellis.router.answer import Answer
from trellis.router.content.answer import ContentAnswer
from trellis.router.content.door import NO_CONTENTS, Contents
from trellis.router.delivery.rights import Rights
from trellis.router.operation.request import ALL_KINDS, GraphQLRequest
from trellis.router.requirements import FREE, NOTHING_NEEDED, Requirement
from trellis.router.rest.answers import AnswerWriter, has_value, with_headers
from trellis.router.rest.call import Call
from trellis.router.rest.dry_run import dry_run_of
from trellis.router.rest.events import MEDIA, EventStream
from trellis.router.rest.idempotency.once import Once, fingerprint_of, key_of, stored_key
from trellis.router.rest.idempotency.store import KeptAnswer
from trellis.router.rest.media import is_acceptable, is_form, is_json_like, negotiate
from trellis.router.rest.path import read_template
from trellis.router.rest.preconditions import (
    VERSION,
    PreconditionFailed,
    Tagged,
    with_version_read,
    with_version_required,
)
from trellis.router.rest.profile import RequestInvalid
from trellis.router.rest.request_reader import RequestReader, read_texts
from trellis.router.rest.response import Response
from trellis.router.rest.route import RestRoute
from trellis.router.web.body_limit import read_body
from trellis.router.web.client_watch import ClientGone, ClientWatch
from trellis.router.web.entity_tags import is_current
from trellis.router.web.errors import SIGN_IN_FIRST, as_trellis_error, status_of
from trellis.router.web.identity import credentials_of
from trellis.router.web.json_text import load_json
from trellis.router.web.multipart import MULTIPART, is_multipart, read_multipart
from trellis.router.web.refusals import NotAcceptable, UnsupportedMediaType
from trellis.router.web.services import Services
from trellis.schema.errors import BadRequest, Forbidden, TrellisError, Unauthenticated
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext

_ANOTHER_TAG = "This has changed since: read it again, or If-Match names nothing that is here."
_NO_SCOPE = "The credentials lack a permission that this needs."
_INVALID = BadRequest("The request does not fit its route.")
_REPEATED = BadRequest("This was answered before.")
_CREDENTIALS = (b"authorization", b"x-api-key")
_DRY_RUNS = 3  # what is wrong may hide what is looked at later
_MEDIA_OF = {
    "JSON": "application/json",
    "FORM": "application/x-www-form-urlencoded",
    "MULTIPART": MULTIPART,
}


AnyResponse = Response | EventStream | ContentAnswer


class RestEndpoint:
    """Serves one route. Limits, permissions and masking are those of the graph.

    ``access`` is the requirement on callers: who is not signed in or lacks a scope is refused
    before the request is read, with what is missing. ``contents`` are what links in the data of a
    route with ``answers: FILE`` lead to.
    """

    def __init__(
        self,
        route: RestRoute,
        services: Services,
        once: Once,
        access: Requirement = FREE,
        contents: Contents = NO_CONTENTS,
    ) -> None:
        self.route = route
        self._services = services
        self._once = once
        self._profile = route.profile
        self._needs_sign_in = access.authenticated or access.scopes != NOTHING_NEEDED
        self._scopes = Requirement(scopes=access.scopes)
        self._reader = RequestReader(route, services.limits)
        self._is_anonymous = route.anonymous or self._reader.takes_token
        self._answers = AnswerWriter(route, access)
        self._path_names = read_template(route.path).names
        self._id = route.id
        self._contents = contents
        # Not for files, which are stored at once.
        self._has_dry_runs = (
            route.kind == "mutation"
            and "MULTIPART" not in route.accepts
            and services.supports_dry_run
        )
        self._getter: RestEndpoint | None = None
        self._tagged_document: str | None = None
        self._strict_document: str | None = None

    def compare_with(self, getter: "RestEndpoint", schema: GraphQLSchema) -> None:
        """Take ``If-Match`` with a mutation: ``getter`` reads what is at the same path."""
        self._getter = getter
        self._strict_document = with_version_required(self.route, schema)
        getter._tagged_document = getter._tagged_document or with_version_read(getter.route, schema)

    async def respond(
        self, scope: Scope, receive: Receive, values: tuple[str, ...], prefix: str = ""
    ) -> AnyResponse:
        """The response to a request whose path parameters have these ``values``. ``prefix`` is the
        prefix of the dialect in its path. Raises only ClientGone."""
        call = Call(scope, dict(scope["headers"]), prefix)
        response = await self._respond_to(call, receive, values)
        if call.rate is None or not isinstance(response, Response):
            return response
        return with_headers(response, call.rate.headers)

    async def _respond_to(
        self, call: Call, receive: Receive, values: tuple[str, ...]
    ) -> AnyResponse:
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

    async def _respond(self, call: Call, receive: Receive, values: tuple[str, ...]) -> AnyResponse:
        self._negotiate(call)
        if not self._is_anonymous:
            call.identity = await self._services.authenticate(credentials_of(call.scope))
            if self._needs_sign_in and not call.identity.is_authenticated:
                raise Unauthenticated(SIGN_IN_FIRST)
            self._require_scopes(call.identity)
        try:
            variables = await self._variables(call, receive, values)
        except RequestInvalid as invalid:
            return await self._dry_run(call, invalid, receive)
        context = self._context(call)
        if self.route.kind == "subscription":
            request = GraphQLRequest(self.route.document, variables, kinds=ALL_KINDS)
            return await self._stream(call, request, context, receive)
        reuse = self.route.reuse_seconds
        request = GraphQLRequest(self.route.document, variables, reuse_seconds=reuse)
        key = key_of(call.headers) if self.route.kind == "mutation" else None
        async with ClientWatch(receive, self._services.limits.request_seconds):
            if key is not None and call.identity.is_authenticated:
                return await self._answer_once(call, request, context, key)
            answer = await self._execute(call, request, context)
            if self.route.answers == "FILE":
                return await self._file(call, answer)
            return self._answers.response(call, answer)

    async def _execute(
        self, call: Call, request: GraphQLRequest, context: RequestContext
    ) -> Answer:
        """Execute the request if its ``If-Match`` holds. Raises PreconditionFailed."""
        wanted = call.headers.get(b"if-match", b"*").strip()
        if self.route.kind == "mutation" and wanted != b"*":
            request = await self._matched(call, request, wanted)
        return await self._services.graph.answer(request, context)

    async def _matched(self, call: Call, request: GraphQLRequest, wanted: bytes) -> GraphQLRequest:
        """The mutation to execute: where the object has a version, a change between this look at
        it and the mutation is a conflict. Raises PreconditionFailed."""
        found = await self._getter.tagged(call) if self._getter is not None else None
        if found is None or not is_current(wanted, found.tags):
            raise PreconditionFailed(_ANOTHER_TAG)
        if self._strict_document is None or found.version is None:
            return request
        variables = {**(request.variables or {}), VERSION: found.version}
        return replace(request, document=self._strict_document, variables=variables)

    async def tagged(self, call: Call) -> Tagged | None:
        """What this route would show to the caller now."""
        path = dict(zip(self._path_names, call.path.values(), strict=True))
        try:
            variables, _ = self._reader.read(path, b"", ())
        except RequestInvalid:  # it needs parameters that a mutation does not have
            return None
        request = GraphQLRequest(self._tagged_document or self.route.document, variables)
        answer = await self._services.graph.answer(request, self._context(call))
        return self._answers.tagged(call, answer)

    async def _dry_run(self, call: Call, invalid: RequestInvalid, receive: Receive) -> Response:
        """The response to an invalid request: the refusal of its caller, if there is one, before
        anything is told about it. Raises RequestInvalid with all its problems, those too that only
        the graph can find."""
        if not (self._has_dry_runs and call.identity.is_authenticated):
            raise invalid
        context = replace(self._context(call), is_dry_run=True)
        async with ClientWatch(receive, self._services.limits.request_seconds):
            for _ in range(_DRY_RUNS):
                dry_run = dry_run_of(self.route, invalid)
                if dry_run is None:
                    break
                request = GraphQLRequest(self.route.document, dry_run.variables)
                answer = await self._services.graph.answer(request, context)
                found = self._answers.dry_run(call, answer, dry_run)
                if isinstance(found, Response):
                    return found
                if not found:
                    break
                invalid = RequestInvalid([*invalid.problems, *found], invalid.variables)
        raise invalid

    def _require_scopes(self, caller: Identity) -> None:
        """Raises Forbidden before anything is told about the request itself."""
        if not self._scopes.is_met_by(True, caller.is_admin, caller.scopes, frozenset()):
            raise Forbidden(_NO_SCOPE)

    async def _file(self, call: Call, answer: Answer) -> AnyResponse:
        """What the link in the data leads to, with the headers of the dialect."""
        link = self._answers.link(call, answer)
        if isinstance(link, Response):
            return link
        content = await self._contents.follow(link)
        accept = call.headers.get(b"accept", b"").decode("latin-1")
        if not is_acceptable(content.media_type, accept):
            raise NotAcceptable(f"The answer is {content.media_type}.")
        rate = call.rate.headers if call.rate is not None else ()
        return ContentAnswer(content, call.headers, [*self._answers.headers(call), *rate])

    def _negotiate(self, call: Call) -> None:
        accept = call.headers.get(b"accept")
        if accept is None or accept == b"*/*" or self.route.answers == "FILE":
            return  # a file is what it is
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
        form = parts = None
        if reader.needs_body:
            kind = call.headers.get(b"content-type", b"").decode("latin-1")
            if "MULTIPART" in self.route.accepts and is_multipart(kind):
                parts = await read_multipart(call.scope, receive, self._services.limits)
                call.uploads = {reference: file for _, reference, file in parts.files}
            else:
                text = await read_body(call.scope, receive, self._services.limits)
                if "FORM" in self.route.accepts and is_form(kind):
                    form = read_texts(text)
                elif not text and not kind:
                    body = {}
                else:
                    body = call.body = self._json(text, kind)
        call.path = dict(zip(self._path_names, values, strict=True))
        query_string, headers = call.scope["query_string"], call.scope["headers"]
        variables, call.page = reader.read(call.path, query_string, headers, body, form, parts)
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
        context = self._services.make_context(
            scope, call.identity, profile=self._profile.limits_name, route=self._id
        )
        return replace(context, uploads=call.uploads) if call.uploads else context

    async def _answer_once(
        self, call: Call, request: GraphQLRequest, context: RequestContext, key: str
    ) -> Response:
        async def work() -> tuple[KeptAnswer, bool]:
            # Within the work: a repeated request gets its first response, whatever has changed.
            answer = await self._execute(call, request, context)
            response = self._answers.response(call, answer)
            # A root field with a value: the mutation was executed.
            has_happened = answer.executed and has_value(answer.data)
            kept = KeptAnswer(response.status, tuple(response.headers), response.body)
            return kept, response.status < 300 or has_happened

        kept, is_repeated = await self._once.run(
            stored_key(context.identity, self._profile.name, self._id, key),
            fingerprint_of(request.variables, key),
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
        shown, rate = await self._services.charge_once(given, self._context(call))
        call.rate = rate or call.rate  # that of a dry run
        if isinstance(error, RequestInvalid) and shown is _INVALID:
            return self._answers.invalid(call, error)
        return self._answers.refuse(call, shown)
