"""Reads ``@rest`` from a supergraph's SDL."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    FieldDefinitionNode,
    GraphQLField,
    GraphQLSchema,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    OperationType,
    parse,
)

from trellis.router.authorization.rules.directive_names import names_of_element
from trellis.router.errors import ConfigError
from trellis.router.operation.model import OperationKind
from trellis.router.planner.tables import FederatedGraph
from trellis.router.rest.route import FieldSource, Method
from trellis.router.sdl import argument_values
from trellis.router.supergraph import Supergraph

SPEC = "https://specs.trellis.dev/rest/"

Locate = Callable[[str], str | None]
"""Returns the Python file and line of a coordinate, None if unknown."""

_MENTION = re.compile(r"(@|__)rest\b")
_TYPES = (
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
)
_METHODS: frozenset[str] = frozenset(get_args(Method))
_TEXTS = ("path", "method", "root", "location")
_NAMES = frozenset({*_TEXTS, "status", "tags"})


@dataclass(frozen=True, slots=True)
class RestField:
    """A root field that carries ``@rest``: the field of the public schema, and what the directive
    says, with its defaults. ``subgraph`` is the first one that has the field."""

    source: FieldSource
    kind: OperationKind
    name: str
    field: GraphQLField
    method: Method
    path: str
    subgraph: str
    status: int = 200
    root: str | None = None
    location: str | None = None
    tags: tuple[str, ...] = ()


def nowhere(_coordinate: str) -> None:
    """For graphs without Python sources."""


def rest_fields(supergraph: Supergraph, locate: Locate = nowhere) -> list[RestField]:
    """The fields of the API schema with ``@rest``, by coordinate. Fields that are hidden by a
    contract or ``@inaccessible`` are no routes.

    Raises ConfigError that names the coordinate for an invalid directive, and for one on a field
    that is not of Query or Mutation.
    """
    if not _MENTION.search(supergraph.sdl):  # avoids parsing, since most graphs have none
        return []
    document, schema = parse(supergraph.sdl, no_location=True), supergraph.schema
    names = names_of_element(document, SPEC, "@rest")
    kinds: dict[str, OperationKind] = {}
    if schema.query_type is not None:
        kinds[schema.query_type.name] = "query"
    if schema.mutation_type is not None:
        kinds[schema.mutation_type.name] = "mutation"
    found = []
    for type_name, node in _fields(document):
        given = [d for d in node.directives or () if d.name.value in names]
        if not given or not _is_public(schema, type_name, node.name.value):
            continue
        coordinate = f"{type_name}.{node.name.value}"
        source = FieldSource(coordinate, locate(coordinate))
        if type_name not in kinds:
            raise refusal(
                source,
                "only fields of Query and Mutation can be routes; a subscription is one in a file.",
            )
        if len(given) > 1:
            raise refusal(source, "it is written twice, with different arguments.")
        found.append(_read(source, kinds[type_name], supergraph, node.name.value, given[0]))
    return sorted(found, key=lambda one: one.source.coordinate)


def refusal(source: FieldSource, message: str) -> ConfigError:
    """Why a field cannot be the route that its directive declares."""
    return ConfigError(f"{source}: @rest: {message}")


def _fields(document: DocumentNode) -> Iterator[tuple[str, FieldDefinitionNode]]:
    for node in document.definitions:
        if isinstance(node, _TYPES):
            for field in node.fields or ():
                yield node.name.value, field


def _is_public(schema: GraphQLSchema, type_name: str, field: str) -> bool:
    fields: Mapping[str, Any] = getattr(schema.get_type(type_name), "fields", {})
    return field in fields


def _read(
    source: FieldSource,
    kind: OperationKind,
    supergraph: Supergraph,
    name: str,
    directive: ConstDirectiveNode,
) -> RestField:
    given = argument_values(directive)
    given = {name: value for name, value in given.items() if value is not None}
    _check(source, given)
    root_type = supergraph.schema.get_root_type(OperationType(kind))
    assert root_type is not None
    return RestField(
        source=source,
        kind=kind,
        name=name,
        field=root_type.fields[name],
        method=given.pop("method", "GET" if kind == "query" else "POST"),
        subgraph=_subgraph(supergraph.graph, root_type.name, name),
        tags=tuple(given.pop("tags", ())),
        **given,
    )


def _check(source: FieldSource, given: Mapping[str, Any]) -> None:
    """Checked here, because the definition of the directive may differ from ours."""
    for name in given:
        if name not in _NAMES:
            raise refusal(source, f"there is no argument `{name}`, only {_listed(_NAMES)}.")
    for name in _TEXTS:
        if not isinstance(given.get(name, ""), str):
            raise refusal(source, f"`{name}` must be a text.")
    if "path" not in given:
        raise refusal(source, 'it needs a path, such as "/books/{id}".')
    if given.get("method", "GET") not in _METHODS:
        raise refusal(source, f"`method` must be one of {_listed(_METHODS)}.")
    if type(given.get("status", 200)) is not int:
        raise refusal(source, "`status` must be a whole number.")
    tags = given.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise refusal(source, "`tags` must be a list of texts.")


def _subgraph(graph: FederatedGraph, root_type: str, name: str) -> str:
    """The first subgraph that resolves the field."""
    for entry, view in zip(graph.subgraphs, graph.types, strict=True):
        local = view.get(root_type)
        field = local.fields.get(name) if local is not None else None
        if field is not None and not field.is_external:
            return entry.name
    return ""


def _listed(names: Sequence[str] | frozenset[str]) -> str:
    return ", ".join(sorted(names))
