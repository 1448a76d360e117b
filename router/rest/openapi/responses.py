"""The responses of a route in OpenAPI, by status."""

from collections.abc import Iterator
from typing import Any

import orjson

from trellis.router.rest.events import MEDIA
from trellis.router.rest.openapi.components import Components
from trellis.router.rest.openapi.documented import with_members
from trellis.router.rest.openapi.envelopes import (
    extra_headers,
    failure_bodies,
    failure_schema,
    success_example,
    success_schema,
)
from trellis.router.rest.openapi.examples import Examples
from trellis.router.rest.openapi.json_schema import JsonSchema
from trellis.router.rest.openapi.leaves import ANY_BYTES
from trellis.router.rest.openapi.outputs import shape_schema
from trellis.router.rest.openapi.security import Access
from trellis.router.rest.preconditions import PreconditionFailed
from trellis.router.rest.profile import PageFacts, Profile, translate
from trellis.router.rest.route import RestRoute
from trellis.router.rest.statuses import phrase
from trellis.router.web.media_type import JSON

Responses = dict[str, Any]

_Failures = tuple[tuple[str, int, str], ...]
"""Canonical code, status and the code of the dialect."""

_NO_CONTENT = 204

_COMMON_HEADERS = (
    "X-Request-ID",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
)


class ResponseWriter:
    """Writes the responses of the routes of one profile. Errors become ``components``, one for each
    status and set of codes, because routes share them."""

    def __init__(
        self,
        profile: Profile,
        components: Components,
        *,
        prefix: str,
        areas: frozenset[str],
    ) -> None:
        """Names of components begin with ``prefix``. ``areas`` are all areas of the profile."""
        self._profile = profile
        self._components = components
        self._prefix = prefix
        self._areas = areas
        self._extra = extra_headers(profile)
        self._written: dict[tuple[int, _Failures], dict[str, Any]] = {}
        for name in self._extra:
            components.headers.setdefault(name, {"schema": {"type": "string"}})

    def responses(
        self,
        route: RestRoute,
        access: Access,
        examples: Examples,
        *,
        data: JsonSchema | None,
        takes_if_match: bool,
    ) -> Responses:
        """All responses by status. ``data`` is the schema of the data, None without body."""
        if route.answers == "FILE":
            found = self._file()
        else:
            found = {str(route.status): self._success(route, examples, data)}
        if route.has_tags:
            found["304"] = {
                "description": "Still the same as what If-None-Match names.",
                "headers": self._headers("ETag"),
            }
        by_status: dict[int, list[tuple[str, int, str]]] = {}
        for canonical, status, code in self._failures(route, access, takes_if_match):
            by_status.setdefault(status, []).append((canonical, status, code))
        for status in sorted(by_status):
            found[str(status)] = self._failure(status, tuple(by_status[status]))
        return dict(sorted(found.items()))

    def _success(
        self, route: RestRoute, examples: Examples, data: JsonSchema | None
    ) -> dict[str, Any]:
        names = ["ETag"] if route.has_tags else []
        names += ["Location"] if route.location else []
        if route.deprecated is not None:
            names += ["Deprecation"]
            names += ["Sunset"] if route.deprecated.sunset else []
        if _has_links(route):
            names.append("Link")
        written = {"description": phrase(route.status), "headers": self._headers(*names)}
        if data is not None:
            name = f"{self._prefix}{route.name[0].upper()}{route.name[1:]}Answer"
            self._components.schemas[name] = success_schema(route, data)
            example = success_example(route, examples.of(data))
            written["content"] = self._content(name, example)
            if route.answers == "EVENTS":
                written["content"] = _stream(name, example)
        return written

    def _file(self) -> dict[str, Any]:
        """Bytes of any type, whole or one range of them (RFC 9110, sections 14 and 15.3.7)."""
        headers = self._headers("ETag")
        content = {"*/*": {"schema": ANY_BYTES}}
        return {
            "200": {"description": phrase(200), "headers": headers, "content": content},
            "206": {"description": "The requested range.", "content": content},
            "304": {"description": "Still the same as what If-None-Match names."},
            "416": {"description": "The range is behind the end."},
        }

    def _failure(self, status: int, failures: _Failures) -> dict[str, Any]:
        """Routes share most sets of failures, so each set is written once."""
        found = self._written.get((status, failures))
        if found is None:
            found = self._written[status, failures] = self._write_failure(status, failures)
        return found

    def _write_failure(self, status: int, failures: _Failures) -> dict[str, Any]:
        bodies = failure_bodies(self._profile, failures)
        names = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}
        written: dict[str, Any] = {
            "description": phrase(status),
            "headers": self._headers(*names.get(status, [])),
        }
        start = self._prefix + phrase(status).replace(" ", "")
        if bodies:
            name = start if start.endswith("Error") else f"{start}Error"
            name = _place(self._components.schemas, name, failure_schema(bodies))
            written["content"] = self._content(name, bodies[0], self._profile.failure_media)
        name = _place(self._components.responses, start, written)
        return {"$ref": f"#/components/responses/{name}"}

    def _content(self, schema: str, example: Any, only: str | None = None) -> dict[str, Any]:
        """The same schema for each media type, or for the ``only`` one, with an example for the
        first."""
        reference = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
        if only is not None:
            return {only: {**reference, "example": example}}
        others = dict.fromkeys(self._profile.media_types, reference)
        return {JSON: {**reference, "example": example}, **others}

    def _headers(self, *names: str) -> dict[str, Any]:
        every = [*names, *_COMMON_HEADERS, *self._extra]
        return {name: {"$ref": f"#/components/headers/{name}"} for name in every}

    def _failures(
        self, route: RestRoute, access: Access, takes_if_match: bool
    ) -> Iterator[tuple[str, int, str]]:
        seen = set()
        more = [PreconditionFailed.code] if takes_if_match else []
        for canonical in (*possible_failures(route, access), *more):
            for status, code in self._translations(route, canonical):
                if (canonical, status, code) not in seen:
                    seen.add((canonical, status, code))
                    yield canonical, status, code

    def _translations(self, route: RestRoute, canonical: str) -> Iterator[tuple[int, str]]:
        """The statuses and codes of the profile for a code, with all reasons and fields."""
        words = [
            word
            for key in (*self._profile.failures, *route.failures)
            for code, _, word in [key.partition(":")]
            if code == canonical and word
        ]
        area_words = [word for word in words if word in self._areas and word != route.area]
        for word in dict.fromkeys([None, *words]):
            if word in area_words:
                continue
            own = [word] if word else []
            status, code = translate(self._profile, canonical, [*own, route.area])
            override = route.failures.get(f"{canonical}:{word}") if word else None
            override = override or route.failures.get(canonical)
            if override is not None:
                status, code = override.status or status, override.code or code
            yield status, code


def _stream(schema: str, example: Any) -> dict[str, Any]:
    """OpenAPI 3.1 has no streams, so the schema is a string with the schema of its data."""
    data = {"$ref": f"#/components/schemas/{schema}"}
    event_schema = {
        "type": "string",
        "description": "Server-sent events; the data of each is JSON.",
        "contentMediaType": "application/json",
        "contentSchema": data,
    }
    line = orjson.dumps(example).decode()
    return {MEDIA: {"schema": event_schema, "example": f"data: {line}\n\n"}}


def _place(components: dict[str, Any], name: str, value: Any) -> str:
    """The name of the component with this value; equal values are one component."""
    place, number = name, 1
    while components.setdefault(place, value) != value:
        number += 1
        place = f"{name}{number}"
    return place


def possible_failures(route: RestRoute, access: Access) -> Iterator[str]:
    """The codes of the graph that are possible for this route."""
    changes = route.kind == "mutation"
    has_input = bool(route.parameters) or route.refuses_unknown_parameters
    yield from ("UNAUTHENTICATED", "TOKEN_EXPIRED")  # a token that is sent must be good
    if changes:
        yield from ("INVALID_CREDENTIALS", "MFA_REQUIRED", "REFRESH_TOKEN_EXPIRED")
    if not access.is_public or changes:
        yield from ("FORBIDDEN", "UNAUTHORIZED_FIELD_OR_TYPE", "ENTITLEMENT_REQUIRED")
    yield "BAD_REQUEST"  # two tokens, or a query string that is not UTF-8
    if has_input:
        yield from ("BAD_USER_INPUT", "NOT_FOUND")
    elif not changes:
        yield "NOT_FOUND"
    if changes:
        yield from ("ALREADY_EXISTS", "CONFLICT")
        yield from (
            "IDEMPOTENCY_KEY_INTERRUPTED",
            "IDEMPOTENCY_KEY_REUSED",
            "IDEMPOTENCY_KEY_RUNNING",
        )
    if route.has_body:
        yield from ("REQUEST_BODY_TIMEOUT", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE")
    yield from ("NOT_ACCEPTABLE", "RATE_LIMITED", "URL_TOO_LONG", "REQUEST_HEADERS_TOO_LARGE")
    yield from ("INTERNAL", "SUBGRAPH_INVALID_RESPONSE", "SERVICE_UNAVAILABLE")
    yield from ("SUBGRAPH_UNAVAILABLE", "SUBGRAPH_TIMEOUT", "REQUEST_TIMEOUT")


def data_schema(route: RestRoute) -> JsonSchema | None:
    """The schema of a route's data; None when success has no body."""
    if route.status == _NO_CONTENT:
        return None
    return with_members(shape_schema(route.shape), route.profile.documentation)


def _has_links(route: RestRoute) -> bool:
    """Whether answers may lead to a successor, or to other pages."""
    if route.deprecated is not None and route.deprecated.successor:
        return True
    paginator = route.profile.paginator
    if route.page is None or paginator is None:
        return False
    first = paginator.read({})
    return bool(paginator.links(first, PageFacts(count=1, has_next=True)))
