"""Writes the responses of a route: the data in the form of the dialect, or an error."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import orjson

from trellis.router.answer import Answer
from trellis.router.requirements import Requirement
from trellis.router.rest.absent import explain_null
from trellis.router.rest.call import Call
from trellis.router.rest.echo import with_values
from trellis.router.rest.events import event as write_event
from trellis.router.rest.failures import Failures, most_telling, only_denied
from trellis.router.rest.path import DATA, fill
from trellis.router.rest.profile import (
    Failure,
    PageFacts,
    RequestInvalid,
    ResponseInfo,
)
from trellis.router.rest.project import make_projection, value_at
from trellis.router.rest.response import Header, Response, deprecation_headers, failure_type
from trellis.router.rest.route import RestRoute
from trellis.router.web.errors import error_headers
from trellis.router.web.json_text import dump_json
from trellis.router.web.request_id import request_id_of
from trellis.schema.errors import NotFound, TrellisError

_NOT_FOUND = "The requested resource was not found."


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
        call.rate = answer.rate
        route = self.route
        value = self._value(answer)
        if failure := self._failure(call, answer, value):
            return self._fail(call, failure)
        if value is None and route.kind != "mutation":
            return self.refuse(call, NotFound(_NOT_FOUND))
        shown = self._project(value)
        pagination = self._pagination(call, answer)
        info = self._info(call, pagination)
        headers = self._headers(call, info)
        if route.location is not None:
            headers.append((b"location", _filled(call.prefix + route.location, call.path, shown)))
        if route.status == 204:
            return Response(204, headers)
        data = dump_json(shown)
        if route.method == "GET":
            tag = _etag(data, pagination, call.media)
            headers.append((b"etag", tag))
            if _is_unchanged(call.headers.get(b"if-none-match"), tag):
                return Response(304, headers)
        body = orjson.dumps(self._profile.success(orjson.Fragment(data), info), default=str)
        headers.append((b"content-type", f"{call.media}; charset=utf-8".encode()))
        return Response(route.status, headers, body)

    def refuse(self, call: Call, error: TrellisError) -> Response:
        """The response for an error."""
        failure = self._failures.of_exception(error, call.identity)
        response = self._fail(call, failure)
        known = {name for name, _ in response.headers}
        more = [pair for pair in error_headers(error) if pair[0] not in known]
        return with_headers(response, more)

    def invalid(self, call: Call, invalid: RequestInvalid) -> Response:
        """The response for an invalid request, with all its problems."""
        return self._fail(call, self._failures.of_invalid(invalid))

    def event(self, call: Call, answer: Answer) -> bytes:
        """One event of a stream; empty if its data are null."""
        value = self._value(answer)
        if failure := self._failure(call, answer, value):
            return self._failed_event(call, failure)
        if value is None:
            return b""
        route = self.route
        shown = orjson.Fragment(dump_json(self._project(value)))
        body = orjson.dumps(self._profile.success(shown, self._info(call)), default=str)
        id = value_at(answer.data, route.event_id) if route.event_id else None
        return write_event(self._event_name, body, id)

    def failed_event(self, call: Call, error: TrellisError) -> bytes:
        """The event of an error, with which a stream ends."""
        return self._failed_event(call, self._failures.of_exception(error, call.identity))

    def _failed_event(self, call: Call, failure: Failure) -> bytes:
        return write_event("error", dump_json(self._profile.failure(failure, self._info(call))))

    def headers(self, call: Call) -> list[Header]:
        """The headers of a stream."""
        return self._headers(call, self._info(call))

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
        """The data of the response; also null if the connection that is paged is null."""
        if not answer.executed:
            return None
        page = self.route.page
        if page is not None and value_at(answer.data, page.path) is None:
            return None
        return value_at(answer.data, self.route.root)

    def _pagination(self, call: Call, answer: Answer) -> Mapping[str, Any] | None:
        page, paginator = self.route.page, self._profile.paginator
        if page is None or paginator is None or call.page is None:
            return None
        connection = value_at(answer.data, page.path)
        return None if connection is None else paginator.write(call.page, _facts(connection))

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


def _etag(data: bytes, pagination: Mapping[str, Any] | None, media: str) -> bytes:
    """A strong entity tag of the data, independent of time and request id."""
    digest = sha256(data)  # fast, because processors have instructions for it
    digest.update(media.encode())
    if pagination is not None:
        digest.update(dump_json(pagination))
    return b'"' + digest.hexdigest()[:32].encode() + b'"'


def _is_unchanged(given: bytes | None, tag: bytes) -> bool:
    """Whether ``If-None-Match`` has the tag, by weak comparison (RFC 9110, section 13.1.2)."""
    if given is None:
        return False
    if given.strip() == b"*":
        return True
    return any(part.strip().removeprefix(b"W/") == tag for part in given.split(b","))
