"""One REST route as a value: how it is reached, what it asks the graph, what it shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from graphql import FragmentDefinitionNode, GraphQLInputType, OperationDefinitionNode

from trellis.router.operation.model import OperationKind
from trellis.router.rest.profile import Profile
from trellis.router.rest.shape import Items, Shape, visible

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Place = Literal["path", "query", "body", "header", "bearer"]
BodyKind = Literal["JSON", "FORM", "MULTIPART"]
AnswerKind = Literal["JSON", "FILE", "EVENTS"]
Format = Literal["DATE", "DATE_TIME", "EMAIL", "URI", "UUID", "TIME_ZONE", "OBJECT"]

WHOLE_BODY = "*"


@dataclass(frozen=True, slots=True)
class Rules:
    """Checks beside those of the GraphQL type (``@rules``); None and empty: no such check."""

    min: float | None = None
    max: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    format: Format | None = None
    enum: tuple[str, ...] = ()
    not_null: bool = False
    not_blank: bool = False
    const: Any = None


Constraints = Mapping[str, Rules]
"""What subgraphs declare with ``@constraint``, by coordinate: ``BookInput.title``,
``Query.books(search:)``."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a client sends for one variable.

    ``name`` is the client's word, ``WHOLE_BODY`` for a body that is the variable's value as a
    whole. ``type`` is the variable's; members of input objects and values of enums are spelt by
    the profile, or by ``spelling`` (GraphQL's word -> the client's). ``default`` is the JSON value
    that the operation itself fills in; it means something only when ``has_default``. A member of
    the body that is absent is, with ``or_bearer``, the token of the Authorization header.
    ``examples`` are values for the documentation. ``member_rules`` hold for members of an input
    object, each with the client's names that lead to it.
    """

    name: str
    place: Place
    variable: str
    type: GraphQLInputType
    is_required: bool
    rules: Rules = field(default_factory=Rules)
    spelling: Mapping[str, str] | None = None
    has_default: bool = False
    default: Any = None
    or_bearer: bool = False
    examples: tuple[Any, ...] = ()
    member_rules: tuple[tuple[str, Rules], ...] = ()


@dataclass(frozen=True, slots=True)
class PageUse:
    """The connection that clients page through: the response keys that lead to it, and which of
    ``first``, ``after`` and ``skip`` the operation declares. The profile's paginator owns them."""

    path: tuple[str, ...]
    variables: frozenset[str]


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Dates as YYYY-MM-DD; ``successor`` is the path to use instead. Callers with the role that
    it ``spares`` may go on."""

    since: str
    successor: str | None = None
    sunset: str | None = None
    spares: str | None = None


@dataclass(frozen=True, slots=True)
class FailureOverride:
    """What this route answers in place of the profile's table."""

    status: int | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a route is written; ``line`` is that of its operation."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class FieldSource:
    """Where a route comes from that nobody has written: a field that carries ``@rest``, and the
    Python line of it where that is known."""

    coordinate: str
    python: str | None = None

    def __str__(self) -> str:
        return f"{self.coordinate} ({self.python})" if self.python else self.coordinate


Fragments = Mapping[str, FragmentDefinitionNode]


class Asked(NamedTuple):
    """The one operation of a route as it was read, without directives of REST; the name of the type
    that it begins at, and its fragments."""

    operation: OperationDefinitionNode
    root: str
    fragments: Fragments


@dataclass(frozen=True, slots=True)
class RestRoute:
    """A stored operation with everything its handler and its documentation need.

    ``area`` is its folder below the profile's (``projects``), ``name`` the operation's.
    ``path`` is the template without a prefix, ``/api/v1/projects/{project_id}``. ``document`` is
    the operation as the graph gets it, ``asked`` the same as it was read; ``arguments`` says where
    in it each variable is given (``input.name`` -> ``name``), which leads the graph's complaints
    back to the client's words. ``root`` leads to the data in the answer, ``shape`` says
    what clients see of it. ``event_id`` leads to the id of each event, where answers are EVENTS.
    ``anonymous`` says that every caller is nobody here, whatever credentials come along.
    ``constraints`` are those of the whole graph, for the members of input objects; those of
    variables are in the rules of ``parameters``.
    """

    profile: Profile
    area: str
    name: str
    source: Source | FieldSource
    method: Method
    path: str
    kind: OperationKind
    document: str
    asked: Asked
    root: tuple[str, ...]
    shape: Shape
    status: int = 200
    parameters: tuple[Parameter, ...] = ()
    page: PageUse | None = None
    accepts: tuple[BodyKind, ...] = ("JSON",)
    answers: AnswerKind = "JSON"
    location: str | None = None
    message: str | None = None
    failures: Mapping[str, FailureOverride] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    summary: str = ""
    description: str = ""
    deprecated: Deprecation | None = None
    event_id: tuple[str, ...] | None = None
    anonymous: bool = False
    constraints: Constraints = field(default_factory=dict)

    @property
    def is_generated(self) -> bool:
        """Whether it comes from a field's ``@rest``, not from a file."""
        return isinstance(self.source, FieldSource)

    @property
    def id(self) -> str:
        """``GET /api/v1/projects/{project_id}``: how logs, limits and contexts name the route."""
        return f"{self.method} {self.path}"

    @property
    def is_list(self) -> bool:
        """Whether it shows a list, which clients may want to sort and to filter."""
        is_items = isinstance(visible(self.shape), Items)
        return self.method == "GET" and (self.page is not None or is_items)

    @property
    def has_tags(self) -> bool:
        """Whether its answers have an ETag, by which clients ask again."""
        return self.method == "GET" and self.answers == "JSON"

    @property
    def has_body(self) -> bool:
        """Whether a request to it carries a body."""
        return any(parameter.place == "body" for parameter in self.parameters)
