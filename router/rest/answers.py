"""Writes the responses of a route: the data in the form of the dialect, or an error."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from trellis.router.answer import Answer
from trellis.router.requirements import Requirement
from trellis.router.rest.absent import explain_null
from trellis.router.rest.call import Call
from trellis.router.rest.dry_run import DryRun, more_problems, refuses_caller
from trellis.router.rest.echo import with_values
from trellis.router.rest.events import event as write_event
from trellis.router.rest.failures import (
    NOT_FOUND_MESSAGE,
    Failures,
    most_telling,
    only_denied,
)
from trellis.router.rest.page_links import link_headers
from trellis.router.rest.path import DATA, fill
from trellis.router.rest.preconditions import VERSION, Tagged
from trellis.router.rest.profile import (
    Failure,
    Links,
    PageFacts,
    Problem,
    RequestInvalid,
    ResponseInfo,
)
from trellis.router.rest.project import make_projection, value_at
from trellis.router.rest.response import Header, Response, deprecation_headers, failure_type
from trellis.router.rest.route import RestRoute
from trellis.router.web.entity_tags import is_known
from trellis.router.web.errors import error_headers
from trellis.router.web.json_text import dump_json
from trellis.router.web.request_id import request_id_of
from trellis.schema.errors import NotFound, TrellisError, Unavailable

_NOT_COMPARED = "What is there could not be compared with If-Match. Try again shortly."


class EventData(NamedTuple):
    """The data of an event as JSON that is written already, and its ``@eventId``."""

    data: orjson.Fragment
    id: object


class AnswerWriter:
    """Writes the responses of one route. ``access`` is the requirement on its callers, which errors
    can name.

    Rate limits (``Call.rate``) are part of bodies and headers of some dialects; the headers that
    all dialects have in common are added by the endpoint."""

    def __init__(self, route: RestRoute, access: Requirement) -> None:
        self.route = route
        self._profile = route.profile
        self._failures = Failures(route, access)
        self._project = make_projection(route.shape)
        self._deprecation = route.deprecated
        self._event_name = route.root[0] if route.root else route.name

    def response(self, call: Call, answer: Answer) -> Response:
        """The response for the result of the operation: the data, or an error."""
        route = self.route
        value = self._value(answer)
        if (refusal := self._refusal(call, answer, value)) is not None:
            return refusal
        shown = self._project(value)
        pagination, links = self._paging(call, answer)
        info = self._info(call, pagination)
        headers = self._headers(call, info)
        headers += link_headers(links, call)
        if (age := answer.stale_seconds) is not None:
            headers.append((b"cache-status", b"trellis; hit; ttl=-%d" % age))
            if self._profile.stale_member and isinstance(shown, dict):
                shown = {**shown, self._profile.stale_member: True}
        if route.location is not None:
            headers.append((b"location", _filled(call.prefix + route.location, call.path, shown)))
        if route.status == 204:
            return Response(204, headers)
        data = dump_json(shown)
        if route.method == "GET":
            tag = _etag(data, pagination or links or None, call.media)
            headers.append((b"etag", tag))
            if is_known(call.headers.get(b"if-none-match"), tag):
                return Response(304, headers)
        body = orjson.dumps(self._profile.success(orjson.Fragment(data), info), default=str)
        headers.append((b"content-type", f"{call.media}; charset=utf-8".encode()))
        return Response(route.status, headers, body)

    def tagged(self, call: Call, answer: Answer) -> Tagged | None:
        """The entity tags of the data, and the version that was read with them; None for data that
        are not there or not for the caller. Raises Unavailable where that could not be read."""
        value = self._value(answer)
        if answer.errors:
            failure = self._failures.of_error(most_telling(answer.errors), call.identity)
            if failure.status == 429 or failure.status >= 500:
                raise Unavailable(_NOT_COMPARED)
        if answer.errors or value is None:
            return None
        data = dump_json(self._project(value))
        media = ("application/json", *self._profile.media_types)
        version = value.get(VERSION) if isinstance(value, dict) else None
        return Tagged(frozenset(_etag(data, None, one) for one in media), version)

    def link(self, call: Call, answer: Answer) -> str | Response:
        """The link that is the data of a file's route, or the response for an error."""
        value = self._value(answer)
        refusal = self._refusal(call, answer, value)
        return refusal if refusal is not None else str(self._project(value))

    def refuse(self, call: Call, error: TrellisError) -> Response:
        """The response for an error."""
        failure = self._failures.of_exception(error, call.identity)
        response = self._fail(call, failure)
        known = {name for name, _ in response.headers}
        more = [pair for pair in error_headers(error) if pair[0] not in known]
        return with_headers(response, more)

    def dry_run(self, call: Call, answer: Answer, dry_run: DryRun) -> Response | Sequence[Problem]:
        """The refusal in the result of a dry run, or the problems that it has found."""
        call.rate = answer.rate or call.rate
        if not answer.errors:
            return ()
        failure = self._failures.of_error(most_telling(answer.errors), call.identity)
        if refuses_caller(failure):
            return self._fail(call, failure)
        return more_problems(dry_run, failure, call.body)

    def invalid(self, call: Call, invalid: RequestInvalid) -> Response:
        """The response for an invalid request, with all its problems."""
        return self._fail(call, self._failures.of_invalid(invalid))

    def event(self, call: Call, answer: Answer) -> bytes:
        """One event of a stream; empty if its data are null."""
        found = self.event_data(call, answer)
        if found is None:
            return b""
        if isinstance(found, Failure):
            return self._failed_event(call, found)
        body = orjson.dumps(self._profile.success(found.data, self._info(call)), default=str)
        return write_event(self._event_name, body, found.id)

    def event_data(self, call: Call, answer: Answer) -> EventData | Failure | None:
        """The data of an event of a subscription; None if they are null."""
        value = self._value(answer)
        if failure := self._failure(call, answer, value):
            return failure
        if value is None:
            return None
        shown = orjson.Fragment(dump_json(self._project(value)))
        event_id = self.route.event_id
        return EventData(shown, value_at(answer.data, event_id) if event_id else None)

    def failed_event(self, call: Call, error: TrellisError) -> bytes:
        """The event of an error, with which a stream ends."""
        return self._failed_event(call, self._failures.of_exception(error, call.identity))

    def _failed_event(self, call: Call, failure: Failure) -> bytes:
        return write_event("error", dump_json(self.failure_body(call, failure)))

    def failure_of(self, call: Call, error: TrellisError | RequestInvalid) -> Failure:
        """The failure for an error, in the words of the dialect."""
        if isinstance(error, RequestInvalid):
            return self._failures.of_invalid(error)
        return self._failures.of_exception(error, call.identity)

    def failure_body(self, call: Call, failure: Failure) -> Any:
        """The body of the dialect for a failure, None if it has none."""
        return self._profile.failure(failure, self._info(call))

    def headers(self, call: Call) -> list[Header]:
        """The headers of a stream."""
        return self._headers(call, self._info(call))

    def _refusal(self, call: Call, answer: Answer, value: Any) -> Response | None:
        """The response for an error, or for data that are not there; None if there are data."""
        call.rate = answer.rate
        if failure := self._failure(call, answer, value):
            return self._fail(call, failure)
        if value is None and self.route.kind != "mutation":
            return self.refuse(call, NotFound(NOT_FOUND_MESSAGE))
        return None

    def _failure(self, call: Call, answer: Answer, value: Any) -> Failure | None:
        """The error to respond with, if any. Denied members that are just null are no error."""
        if not answer.errors:
            return None
        if self._is_denied(answer, value) or not only_denied(answer.errors):
            return self._failures.of_error(most_telling(answer.errors), call.identity)
        return None

    def _is_denied(self, answer: Answer, value: Any) -> bool:
        """Whether the data are null because of denied fields."""
        route = self.route
        if value is not None:
            return False
        is_whole = answer.executed and value_at(answer.data, route.root) is None
        if route.kind == "mutation" or not is_whole:
            return True
        return explain_null(answer.errors, route.root, route.shape)

    def _value(self, answer: Answer) -> Any:
        """The data of the response; also null if the connection that is paged is null, or all of
        several root fields."""
        if not answer.executed:
            return None
        if not self.route.root and not has_value(answer.data):
            return None
        page = self.route.page
        if page is not None and value_at(answer.data, page.path) is None:
            return None
        return value_at(answer.data, self.route.root)

    def _paging(self, call: Call, answer: Answer) -> tuple[Mapping[str, Any] | None, Links]:
        """The pagination object, if any, and the links to other pages."""
        page, paginator = self.route.page, self._profile.paginator
        if page is None or paginator is None or call.page is None:
            return None, {}
        connection = value_at(answer.data, page.path)
        if connection is None:
            return None, {}
        facts = _facts(connection)
        return paginator.write(call.page, facts), paginator.links(call.page, facts)

    def _fail(self, call: Call, failure: Failure) -> Response:
        if failure.problems and self._profile.echoes_values:
            query = call.scope["query_string"]
            problems = with_values(failure.problems, call.path, query, call.body)
            failure = replace(failure, problems=problems)
        info = self._info(call)
        headers = self._headers(call, info)
        if failure.status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        seconds = failure.details.get("retry_after")
        if seconds is None and failure.status == 503:
            seconds = self._profile.retry_seconds
        if seconds is not None:
            headers.append((b"retry-after", b"%d" % int(seconds)))
        body = self._profile.failure(failure, info)
        if body is None:
            return Response(failure.status, headers)
        headers.append(failure_type(self._profile, call.media))
        return Response(failure.status, headers, dump_json(body))

    def _info(self, call: Call, pagination: Mapping[str, Any] | None = None) -> ResponseInfo:
        return ResponseInfo(
            request_id=request_id_of(call.scope),
            time=datetime.now(UTC),
            pagination=pagination,
            message=self.route.message,
            rate=call.rate,
        )

    def _headers(self, call: Call, info: ResponseInfo) -> list[Header]:
        headers = self._profile.answer_headers(info)
        if call.page is not None:
            headers += call.page.headers
        if self._deprecation is not None and self._deprecation.spares not in call.identity.roles:
            # Of the route, in place of what is told of the whole version.
            headers = [pair for pair in headers if pair[0] not in (b"deprecation", b"sunset")]
            headers += deprecation_headers(self._deprecation, call.prefix)
        return headers


def with_headers(response: Response, headers: Any) -> Response:
    """The response with additional headers."""
    return response._replace(headers=[*response.headers, *headers])


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
    """A location with the values of path parameters and members of the data."""

    def value_of(name: str) -> str:
        value = (
            path[name]
            if name in path
            else value_at(shown, tuple(name.removeprefix(DATA).split(".")))
        )
        return quote(str(value), safe="")

    return fill(template, value_of).encode()


def has_value(data: Mapping[str, Any] | None) -> bool:
    """Whether a root field has a value."""
    return data is not None and any(value is not None for value in data.values())


def _etag(data: bytes, pagination: Mapping[str, Any] | None, media: str) -> bytes:
    """A strong entity tag of the data, independent of time and request id."""
    digest = sha256(data)  # fast, because processors have instructions for it
    digest.update(media.encode())
    if pagination is not None:
        digest.update(dump_json(pagination))
    return b'"' + digest.hexdigest()[:32].encode() + b'"'
