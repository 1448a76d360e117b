"""A REST route as a value: path and parameters, operation, response."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from graphql import (
    FragmentDefinitionNode,
    GraphQLInputType,
    OperationDefinitionNode,
    get_named_type,
)

from trellis.router.operation.model import OperationKind
from trellis.router.rest.profile import Profile
from trellis.router.rest.shape import Items, Record, Shape, visible
from trellis.schema.uploads import UPLOAD

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Place = Literal["path", "query", "body", "header", "bearer"]
BodyKind = Literal["JSON", "FORM", "MULTIPART"]
AnswerKind = Literal["JSON", "FILE", "EVENTS"]
Format = Literal["DATE", "DATE_TIME", "EMAIL", "URI", "UUID", "TIME_ZONE", "OBJECT"]

WHOLE_BODY = "*"


@dataclass(frozen=True, slots=True)
class Rules:
    """Checks in addition to the GraphQL type. None and empty values mean no check."""

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
    """The source of one variable in a request.

    ``name`` is the name for clients, ``WHOLE_BODY`` if the whole body is the value. ``type`` is
    that of the variable; fields of input objects and enum values have the profile's spelling, or
    ``spelling`` (the clients' words by GraphQL's). ``default`` is the default value in the
    operation as JSON, if ``has_default``. With ``or_bearer``, the token of the Authorization header
    is used if the member of the body is absent. ``examples`` are values for the documentation.
    ``member_rules`` are the rules of members of an input object, by their paths for clients.
    ``also`` are other names in a multipart body, for what is absent under the first.
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
    also: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names in a multipart body, the one that counts first."""
        return (self.name, *self.also)

    @property
    def is_file(self) -> bool:
        """Whether its values are files of a multipart body."""
        return get_named_type(self.type).name == UPLOAD


@dataclass(frozen=True, slots=True)
class PageUse:
    """The connection that is paged: the response keys that lead to it, and the paging variables
    that the operation declares. The profile's paginator provides their values."""

    path: tuple[str, ...]
    variables: frozenset[str]


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Dates as YYYY-MM-DD; ``successor`` is the path to use instead. Callers with the role
    ``spares`` get no headers."""

    since: str
    successor: str | None = None
    sunset: str | None = None
    spares: str | None = None


@dataclass(frozen=True, slots=True)
class FailureOverride:
    """The status and code of an error of this route, instead of those of the profile."""

    status: int | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The file of a route and the line of its operation."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class FieldSource:
    """The source of a generated route: the field with ``@rest``, and its Python line if known."""

    coordinate: str
    python: str | None = None

    def __str__(self) -> str:
        return f"{self.coordinate} ({self.python})" if self.python else self.coordinate


Fragments = Mapping[str, FragmentDefinitionNode]


class OperationNodes(NamedTuple):
    """The operation of a route without the directives of REST, the name of its root type, and its
    fragments."""

    operation: OperationDefinitionNode
    root: str
    fragments: Fragments


@dataclass(frozen=True, slots=True)
class RestRoute:
    """A stored operation with everything its handler and its documentation need.

    ``area`` is its folder below the profile's (``projects``), ``name`` the operation's.
    ``path`` is the template without a prefix, ``/api/v1/projects/{project_id}``. ``document`` is
    the operation as the graph gets it, ``nodes`` its syntax tree; ``arguments`` says where
    in it each variable is given (``input.name`` -> ``name``), which leads the graph's complaints
    back to the client's words. ``root`` leads to the data in the answer, ``shape`` says
    what clients see of it. ``event_id`` leads to the id of each event, where answers are EVENTS.
    ``anonymous`` says that every caller is nobody here, whatever credentials come along.
    ``reuse_seconds``: for how long a response to the same caller may be reused.
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
    nodes: OperationNodes
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
    reuse_seconds: int = 0
    constraints: Constraints = field(default_factory=dict)

    @property
    def is_generated(self) -> bool:
        """Whether it was generated from ``@rest`` of a field."""
        return isinstance(self.source, FieldSource)

    @property
    def id(self) -> str:
        """``GET /api/v1/projects/{project_id}``: the name in logs, limits and contexts."""
        return f"{self.method} {self.path}"

    @property
    def is_list(self) -> bool:
        """Whether its response is a list, maybe as the only member of an object."""
        shown = visible(self.shape)
        if isinstance(shown, Record) and len(shown.members) == 1:
            shown = visible(shown.members[0].shape)
        return self.method == "GET" and (self.page is not None or isinstance(shown, Items))

    @property
    def refuses_unknown_parameters(self) -> bool:
        """Whether its response depends on the query string: a misspelled filter or period without
        effect would give a wrong answer."""
        has_own = any(parameter.place == "query" for parameter in self.parameters)
        return self.is_list or (self.method == "GET" and has_own)

    @property
    def has_tags(self) -> bool:
        """Whether its responses have an ETag."""
        return self.method == "GET" and self.answers == "JSON"

    @property
    def has_body(self) -> bool:
        """Whether its requests have a body."""
        return any(parameter.place == "body" for parameter in self.parameters)
