"""A dialect: how a family of REST clients spells, pages, and reads answers and errors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from trellis.router.rate_limit.report import RateReport
from trellis.router.rest.vocabulary import STATUSES

Spell = Callable[[str], str]
Body = Any
Headers = Sequence[tuple[bytes, bytes]]
Links = Mapping[str, Mapping[str, Any]]
"""Relations (RFC 8288) to other pages, with the parameters that lead there."""


@dataclass(slots=True)  # made for every answer: frozen ones take three times as long to make
class ResponseInfo:
    """What envelopes may contain in addition to the data.

    ``pagination`` is the object of the paginator, ``message`` the sentence of the route.
    """

    request_id: str
    time: datetime
    pagination: Mapping[str, Any] | None = None
    message: str | None = None
    rate: RateReport | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of a request. ``field`` is its name for the client (with dots for members),
    ``code`` the canonical one: REQUIRED_FIELD_MISSING, VALUE_TOO_SHORT, VALUE_TOO_LONG,
    INVALID_FORMAT, INVALID_ENUM_VALUE, VALUE_OUT_OF_RANGE, UNKNOWN_FIELD. ``value`` is the
    rejected value, for dialects that return it, otherwise None."""

    field: str
    code: str
    message: str
    value: str | int | float | bool | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """An error to respond with.

    ``canonical`` is the code of the graph, ``status`` and ``code`` are those of the profile.
    ``details`` are the error's other extensions: retry_after, service, limit, window, reset_at,
    user_permissions, required_permission ...
    """

    canonical: str
    status: int
    code: str
    message: str
    problems: tuple[Problem, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageParameter:
    """A parameter of the query string that belongs to a paginator. ``fills`` are the variables
    that depend on it, so that errors about them name it."""

    name: str
    type: str
    default: Any = None
    minimum: int | None = None
    maximum: int | None = None
    description: str = ""
    is_deprecated: bool = False
    fills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The requested page: the paging ``variables`` of the operation, the parameters as
    ``requested``, for ``write``, and additional headers of the response."""

    variables: Mapping[str, Any]
    requested: Mapping[str, Any] = field(default_factory=dict)
    headers: Headers = ()


@dataclass(slots=True)  # as ResponseInfo
class PageFacts:
    """Facts about a page in the data; None for those that the operation does not select."""

    count: int
    total: int | None = None
    has_next: bool | None = None
    has_previous: bool | None = None
    start_cursor: str | None = None
    end_cursor: str | None = None


class Paginator(Protocol):
    """A style of pagination over Relay connections."""

    @property
    def parameters(self) -> Sequence[PageParameter]:
        """The parameters in the query string, whose names variables must not use."""
        ...

    @property
    def variables(self) -> frozenset[str]:
        """The paging variables that an operation must declare."""
        ...

    @property
    def selects(self) -> frozenset[str]:
        """The fields that a connection must select: ``totalCount``, ``pageInfo.hasNextPage`` ..."""
        ...

    def read(self, query: Mapping[str, str]) -> PageRequest:
        """The page that a query string requests. Raises ``RequestInvalid``."""
        ...

    def write(self, page: PageRequest, facts: PageFacts) -> Mapping[str, Any] | None:
        """The pagination object of the response, None if there is none."""
        ...

    def links(self, page: PageRequest, facts: PageFacts) -> Links:
        """The pages that the header ``Link`` leads to, where the body has no place for them."""
        ...


class RequestInvalid(Exception):
    """A request is invalid; ``problems`` have the names that the client used. ``variables`` are
    those that could be read, and what was made of the others."""

    def __init__(
        self, problems: Sequence[Problem], variables: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)
        self.variables = variables


@dataclass(frozen=True, slots=True)
class Documentation:
    """What the document of a dialect says beside its operations, in OpenAPI's own words.

    ``info`` goes before title, version and description of the profile. ``servers`` stand after the
    one that the document comes from, ``tags`` have descriptions by name. ``error`` and
    ``pagination`` are schemas that match every failure and every page, listed as components;
    ``renamed`` are components by the name that they would have had. ``members`` adds to members of
    a type, by their client names, what the graph does not declare: formats and allowed values.
    """

    info: Mapping[str, Any] = field(default_factory=dict)
    servers: Sequence[Mapping[str, str]] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    error: Mapping[str, Any] | None = None
    pagination: Mapping[str, Any] | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profile:
    """One dialect.

    - ``prefix``: where its routes are mounted; empty for one that is only served at the root,
      where it goes before all others.
    - ``spell_member``: GraphQL's ``displayName`` as clients write and read it; ``spell_member_in``
      for single areas. ``spell_enum``: GraphQL's ``IN_PROGRESS`` likewise.
    - ``success(data, info)`` and ``failure(failure, info)`` write bodies; a failure of None has no
      body. ``data`` is written already: put it somewhere, do not look into it.
    - ``failures``: the graph's code -> (status, code). A key ``CODE:word`` goes before ``CODE``;
      the word is the error's ``reason``, its ``field``, the code of its only problem, or the
      route's area, in this order.
    - ``retry_seconds``: when to try again what is unavailable, where the error does not say.
    - ``refuses_unknown_members``: a body member that no variable takes is a validation error.
    - ``omits_nulls``: members that are null are left out of answers.
    - ``failure_media``: the media type of failures, where it is another than that of answers.
    - ``media_types``: beside application/json, also selects the profile at the root.
    - ``headers(info)``: for every answer. ``page_headers``: besides, and for the pages that show
      its documentation; ``production_headers`` for both in production.
    - ``owns_root``: whether its paths are also served without the prefix.
    - ``also_below``: pairs of beginnings of paths; what is below the first answers below the second
      too (``/api/v1/`` and ``/api/v2/``).
    - ``echoes_values``: whether problems tell the values that were sent.
    - ``stale_member``: the member that marks an object with stale data. All dialects have the
      header Cache-Status for it (RFC 9211).
    - ``counted_as``: the dialect whose rate limits it has, where they are not its own.
    - ``version``: of its interface, where answers tell it. What goes away is then announced twelve
      months before.
    """

    name: str
    prefix: str
    spell_member: Spell
    spell_enum: Spell
    success: Callable[[Any, ResponseInfo], Body]
    failure: Callable[[Failure, ResponseInfo], Body | None]
    failures: Mapping[str, tuple[int, str]]
    paginator: Paginator | None = None
    spell_member_in: Mapping[str, Spell] = field(default_factory=dict)
    retry_seconds: int = 5
    refuses_unknown_members: bool = False
    omits_nulls: bool = False
    failure_media: str | None = None
    media_types: tuple[str, ...] = ()
    headers: Callable[[ResponseInfo], Headers] = lambda _info: ()
    page_headers: Headers = ()
    production_headers: Headers = ()
    owns_root: bool = True
    also_below: tuple[tuple[str, str], ...] = ()
    echoes_values: bool = False
    stale_member: str | None = None
    counted_as: str | None = None
    version: str | None = None
    documentation: Documentation = field(default_factory=Documentation)
    title: str = ""
    description: str = ""

    def answer_headers(self, info: ResponseInfo) -> list[tuple[bytes, bytes]]:
        """The headers of all responses of the profile."""
        return [*self.headers(info), *self.page_headers]

    def with_headers(self, own: Mapping[str, str]) -> "Profile":
        """The profile with these headers, which replace those of the same names."""
        given = [(name.lower().encode(), value.encode("latin-1")) for name, value in own.items()]
        names = {name for name, _ in given}

        def headers(info: ResponseInfo) -> Headers:
            return [*(pair for pair in self.headers(info) if pair[0] not in names), *given]

        kept = tuple(pair for pair in self.page_headers if pair[0] not in names)
        return replace(self, headers=headers, page_headers=kept)

    def paths(self, path: str) -> list[str]:
        """The paths of a route: its own and the equivalent ones."""
        more = [
            other + path.removeprefix(own) for own, other in self.also_below if path.startswith(own)
        ]
        return [path, *more]

    def in_production(self) -> "Profile":
        """The profile as it is served in production."""
        if not self.production_headers:
            return self
        return replace(self, page_headers=(*self.page_headers, *self.production_headers))

    @property
    def limits_name(self) -> str:
        """The dialect whose rate limits apply."""
        return self.counted_as or self.name

    def member_speller(self, area: str) -> Spell:
        """The spelling of members in an area of the profile."""
        return self.spell_member_in.get(area, self.spell_member)


def translate(profile: Profile, code: str, words: Sequence[str | None]) -> tuple[int, str]:
    """Status and code of a profile for the graph's ``code``; ``words`` narrow it down. What
    neither the profile nor HTTP knows is our fault."""
    for word in words:
        if word and (found := profile.failures.get(f"{code}:{word}")):
            return found
    if found := profile.failures.get(code):
        return found
    if status := STATUSES.get(code):
        return status, code
    return profile.failures["INTERNAL"]
