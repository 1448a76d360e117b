"""The API schema of a supergraph: what clients see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from trellis.router.composition.join import JOIN_URL
from trellis.router.composition.link import read_links
from trellis.router.composition.model import (
    AppliedDirective,
    EnumValue,
    FieldDefinition,
    InputValue,
    Schema,
    TypeDefinition,
)
from trellis.router.composition.parse import parse_schema
from trellis.router.composition.sdl import print_schema
from trellis.router.composition.specs import built_in_definitions

INACCESSIBLE_URL = "https://specs.apollo.dev/inaccessible"
KEPT = frozenset({"deprecated", "specifiedBy", "oneOf"})

Element = TypeVar("Element", TypeDefinition, FieldDefinition, InputValue, EnumValue)


def api_schema_sdl(supergraph_sdl: str) -> str:
    """The API schema of a supergraph as SDL.

    Raises ``ValueError`` when the text is not a supergraph.
    """
    schema, errors = parse_schema("supergraph", supergraph_sdl)
    if errors:
        raise ValueError(f"This supergraph cannot be read: {errors[0].message}")
    # read_links rejects the join specification in subgraphs; a supergraph has to link it.
    links, _ = read_links(schema)
    if JOIN_URL not in links.by_identity:
        raise ValueError(f"This is not a supergraph: it does not link {JOIN_URL}.")
    inaccessible = links.by_identity.get(INACCESSIBLE_URL)
    return print_schema(
        api_schema(
            schema,
            is_machinery=lambda name: links.source_of(name) is not None,
            inaccessible=inaccessible.local_name("@inaccessible")[1:] if inaccessible else None,
        )
    )


def api_schema(
    schema: Schema, *, is_machinery: Callable[[str], bool], inaccessible: str | None
) -> Schema:
    """A merged schema without the elements that only the router needs.

    ``is_machinery`` says whether an element belongs to a linked feature (directives with their
    ``@``); ``inaccessible`` is the local name of that directive. The schema must have passed the
    rules of ``@inaccessible``: references to removed elements are not checked.
    """
    # Supergraphs define @oneOf for tools that do not know it; API schemas do not need to.
    built_in = built_in_definitions().directives
    types = {
        name: definition
        for name, definition in schema.types.items()
        if not is_machinery(name) and not _has(definition.applied, inaccessible)
    }
    return Schema(
        types={name: _visible_type(t, types, inaccessible) for name, t in types.items()},
        directives={
            name: replace(
                definition, arguments=_visible_arguments(definition.arguments, inaccessible)
            )
            for name, definition in schema.directives.items()
            if not is_machinery(f"@{name}") and name not in built_in
        },
        roots={operation: name for operation, name in schema.roots.items() if name in types},
        description=schema.description,
    )


def _has(applied: list[AppliedDirective], name: str | None) -> bool:
    return name is not None and any(d.name == name for d in applied)


def _visible_type(
    definition: TypeDefinition, types: dict[str, TypeDefinition], inaccessible: str | None
) -> TypeDefinition:
    fields = {
        name: replace(_plain(field), arguments=_visible_arguments(field.arguments, inaccessible))
        for name, field in definition.fields.items()
        if not _has(field.applied, inaccessible)
    }
    return replace(
        _plain(definition),
        fields=fields,
        input_fields=_visible_arguments(definition.input_fields, inaccessible),
        values={
            name: _plain(value)
            for name, value in definition.values.items()
            if not _has(value.applied, inaccessible)
        },
        members=[name for name in definition.members if name in types],
        interfaces=[name for name in definition.interfaces if name in types],
    )


def _visible_arguments(
    values: dict[str, InputValue], inaccessible: str | None
) -> dict[str, InputValue]:
    return {
        name: _plain(value)
        for name, value in values.items()
        if not _has(value.applied, inaccessible)
    }


def _plain(element: Element) -> Element:
    return replace(element, applied=[d for d in element.applied if d.name in KEPT])
