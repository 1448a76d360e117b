"""The subgraphs' own declarations of an element of the merged schema, by its coordinate."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trellis.router.composition.graphql_rules.one_of import is_one_of
from trellis.router.composition.merge.state import Merge, quoted
from trellis.router.composition.model import (
    DirectiveDefinition,
    FieldDefinition,
    InputValue,
    Schema,
    TypeDefinition,
)
from trellis.router.composition.sdl import KEYWORDS
from trellis.router.composition.values import print_value

Declared = TypeDefinition | DirectiveDefinition | FieldDefinition | InputValue

_COORDINATE = re.compile(r"(@?\w+)(?:\.(\w+))?(?:\((\w+):\))?\Z")


def declared(merge: Merge, coordinate: str) -> dict[int, Declared]:
    """The type, directive, field, argument or input field at this coordinate in each subgraph
    that has it."""
    owner, member, argument = _parts(coordinate)
    return {
        index: found
        for index, subgraph in enumerate(merge.subgraphs)
        for found in _find(subgraph.schema, owner, member, argument)
    }


def declarations(merge: Merge, coordinate: str) -> str:
    """What differs where: ``T.f(a:) is Int! in subgraph "a", Int in subgraph "b", missing in
    subgraph "c"``. An element counts as missing if the subgraph has its parent."""
    owner, member, argument = _parts(coordinate)
    places: dict[str, list[str]] = {}
    for subgraph in merge.subgraphs:
        for element in _find(subgraph.schema, owner, member, argument):
            places.setdefault(_declaration(element), []).append(subgraph.name)
    for subgraph in merge.subgraphs if member is not None else ():
        outer = _find(subgraph.schema, owner, member if argument else None, None)
        if any(outer) and not any(_find(subgraph.schema, owner, member, argument)):
            places.setdefault("missing", []).append(subgraph.name)
    variants = ", ".join(f"{text} in {quoted(names)}" for text, names in places.items())
    return f"{coordinate} is {variants}"


def _parts(coordinate: str) -> tuple[str, str | None, str | None]:
    match = _COORDINATE.match(coordinate)
    assert match is not None, coordinate
    return match[1], match[2], match[3]


def _find(
    schema: Schema, owner: str, member: str | None, argument: str | None
) -> Iterator[Declared]:
    """The element, if the schema has it."""
    found: Declared | None
    if owner.startswith("@"):
        found = schema.directives.get(owner[1:])
    else:
        found = schema.types.get(owner)
    if member is not None and isinstance(found, TypeDefinition):
        found = found.fields.get(member) or found.input_fields.get(member)
    if argument is not None and isinstance(found, DirectiveDefinition | FieldDefinition):
        found = found.arguments.get(argument)
    if found is not None:
        yield found


def _declaration(element: Declared) -> str:
    """The element in a few words of SDL."""
    match element:
        case DirectiveDefinition():
            return f"directive @{element.name}"
        case TypeDefinition():
            text = f"{KEYWORDS[element.kind]} {element.name}"
            if element.interfaces:
                text += f" implements {' & '.join(element.interfaces)}"
            return f"{text} @oneOf" if is_one_of(element) else text
        case InputValue() if element.default is not None:
            text = f"{element.type} = {print_value(element.default)}"
        case _:
            text = str(element.type)
    is_deprecated = any(applied.name == "deprecated" for applied in element.applied)
    return f"{text} @deprecated" if is_deprecated else text
