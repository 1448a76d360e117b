"""The bodies of responses of a profile, as JSON Schema.

They are derived by calling the functions of the profile with sample values.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from trellis.router.rate_limit.report import RateReport
from trellis.router.rest.openapi.json_schema import JsonSchema, an_object
from trellis.router.rest.openapi.samples import Slot, Word, schema_of
from trellis.router.rest.profile import (
    Failure,
    PageFacts,
    Paginator,
    Problem,
    Profile,
    ResponseInfo,
)
from trellis.router.rest.route import RestRoute

TIME = datetime(2026, 1, 31, 12, tzinfo=UTC)
RATE = RateReport(limit=1000, remaining=999, reset=int(TIME.timestamp()) + 60, window=3600)

_PROBLEM = Problem("email", "INVALID_FORMAT", "This is no e-mail address.")

# Details of errors by code: see schema/errors.py and router/errors.py.
_DETAILS: Mapping[str, Mapping[str, Any]] = {
    "FORBIDDEN": {"required_permission": "write:things", "user_permissions": ["read:things"]},
    "ENTITLEMENT_REQUIRED": {
        "required_tier": "basic",
        "current_tier": "free",
        "upgrade_url": "/pricing",
    },
    "RATE_LIMITED": {
        "limit": RATE.limit,
        "window": RATE.window,
        "reset_at": RATE.reset,
        "retry_after": 60,
    },
    "SUBGRAPH_UNAVAILABLE": {"service": "things", "retry_after": 5},
    "SUBGRAPH_TIMEOUT": {"service": "things", "retry_after": 5},
}
_OURS = frozenset({"INTERNAL", "SUBGRAPH_INVALID_RESPONSE", "REQUEST_TIMEOUT"})
_WITH_PROBLEMS = frozenset({"BAD_USER_INPUT", "ALREADY_EXISTS", "CONFLICT"})
_OTHER = "x"
"""A sample of other details of an error, which are not part of the schema."""


def success_schema(route: RestRoute, data: JsonSchema) -> JsonSchema:
    """The schema of a response with data of this schema."""
    slot = Slot(data)
    bodies = [
        route.profile.success(slot, _info(pagination, route.message, rate))
        for pagination in _paginations(route)
        for rate in (None, RATE)
    ]
    return schema_of(bodies)


def success_example(route: RestRoute, data: Any) -> Any:
    """A response with example data."""
    return route.profile.success(data, _info(_paginations(route)[0], route.message, None))


def failure_schema(bodies: Sequence[Any]) -> JsonSchema:
    """The schema of the results of ``failure_bodies``."""
    return _without_other(schema_of(bodies))


def failure_bodies(profile: Profile, failures: Sequence[tuple[str, int, str]]) -> list[Any]:
    """Sample bodies of errors, given as (canonical code, status, the profile's code), in all forms
    that they can have. Empty if the profile sends no bodies."""
    bodies = [
        profile.failure(failure, _info(None, None, rate))
        for canonical, status, code in failures
        for failure in _samples(canonical, status, code)
        for rate in (None, RATE)
    ]
    return [body for body in bodies if body is not None]


def extra_headers(profile: Profile) -> list[str]:
    """The names of the additional headers of a profile."""
    given = {name.decode() for name, _ in profile.headers(_info(None, None, RATE))}
    names = sorted(given - {"x-request-id"})  # every dialect has it
    return ["-".join(part.capitalize() for part in name.split("-")) for name in names]


def _info(
    pagination: Mapping[str, Any] | None, message: str | None, rate: RateReport | None
) -> ResponseInfo:
    return ResponseInfo("request-1", TIME, pagination, message, rate)


def _paginations(route: RestRoute) -> list[Mapping[str, Any] | None]:
    paginator = route.profile.paginator
    if route.page is None or paginator is None:
        return [None]
    pages = [paginator.read({}), paginator.read(_some_page(paginator))]
    return [paginator.write(page, facts) for page in pages for facts in _page_facts()]


def _some_page(paginator: Paginator) -> dict[str, str]:
    """A query string for a page in the middle."""
    return {
        parameter.name: "2" if parameter.type == "Int" else "text"
        for parameter in paginator.parameters
        if not parameter.is_deprecated
    }


def _page_facts() -> Iterator[PageFacts]:
    """A page of several, the only page, and a page without the optional facts."""
    yield PageFacts(20, 60, has_next=True, has_previous=True, start_cursor="a", end_cursor="b")
    yield PageFacts(0, 0, has_next=False, has_previous=False)
    yield PageFacts(0)


def _samples(canonical: str, status: int, code: str) -> Iterator[Failure]:
    """Errors of this kind with all details, with each of them, and without any."""
    word, message = Word(code), "What went wrong, in a sentence."
    known = _DETAILS.get(canonical, {})
    several: list[Mapping[str, Any]] = [
        known,
        {},
        *({name: value} for name, value in known.items()),
    ]
    if canonical not in _OURS:
        several.append({_OTHER: None})
    for details in several:
        yield Failure(canonical, status, word, message, details=details)
    if canonical in _WITH_PROBLEMS:
        for value in (None, "text", 7, 7.5, True):
            problem = replace(_PROBLEM, value=value)
            yield Failure(canonical, status, word, message, problems=(problem,))
        yield Failure(canonical, status, word, message, problems=(_PROBLEM, _PROBLEM))


def _without_other(schema: JsonSchema) -> JsonSchema:
    if "anyOf" in schema:
        return {**schema, "anyOf": [_without_other(choice) for choice in schema["anyOf"]]}
    if "properties" not in schema:
        return schema
    members = {n: _without_other(m) for n, m in schema["properties"].items() if n != _OTHER}
    required = [name for name in schema.get("required", ()) if name != _OTHER]
    return an_object(members, required)
