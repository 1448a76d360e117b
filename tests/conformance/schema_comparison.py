"""Compares two schemas, element by element, whatever their order and layout."""

from collections.abc import Iterator, Mapping
from typing import Any

from trellis.router.composition.model import AppliedDirective, InputValue, Schema, TypeDefinition
from trellis.router.composition.parse import parse_schema
from trellis.router.composition.values import identity_of, print_directive

Facts = Mapping[str, Any]


def api_differences(got: str, wanted: str) -> list[str]:
    """Where two API schemas differ in any element, type, default, description or directive."""
    return _differences(_facts(_read(got)), _facts(_read(wanted)))


def supergraph_differences(got: str, wanted: str) -> list[str]:
    """Where two supergraphs differ: linked specifications, types, ``@join__`` and other
    applications. Definitions of directives are left out: they follow from the links."""
    ours, theirs = _read(got), _read(wanted)
    ours.directives.clear()
    theirs.directives.clear()
    return _differences(_facts(ours), _facts(theirs))


def _read(sdl: str) -> Schema:
    schema, errors = parse_schema("schema", sdl)
    assert errors == [], errors
    return schema


def _differences(got: Facts, wanted: Facts) -> list[str]:
    return [
        f"{key}: got {got.get(key)}, wanted {wanted.get(key)}"
        for key in sorted(got.keys() | wanted.keys())
        if got.get(key) != wanted.get(key)
    ]


def _facts(schema: Schema) -> Facts:
    facts: dict[str, Any] = {
        "schema": (_applied(schema.applied), sorted(schema.roots.items()), schema.description)
    }
    for definition in schema.types.values():
        facts.update(_type_facts(definition))
    for directive in schema.directives.values():
        name = f"@{directive.name}"
        facts[name] = (sorted(directive.locations), directive.is_repeatable, directive.description)
        facts.update(_values(name, directive.arguments))
    return facts


def _type_facts(definition: TypeDefinition) -> Iterator[tuple[str, Any]]:
    name = definition.name
    parents = (sorted(definition.interfaces), sorted(definition.members))
    yield name, (definition.kind, parents, definition.description, _applied(definition.applied))
    for field in definition.fields.values():
        place = f"{name}.{field.name}"
        yield place, (str(field.type), field.description, _applied(field.applied))
        yield from _values(place, field.arguments)
    yield from _values(name, definition.input_fields)
    for value in definition.values.values():
        yield f"{name}.{value.name}", (value.description, _applied(value.applied))


def _values(parent: str, values: Mapping[str, InputValue]) -> Iterator[tuple[str, Any]]:
    for value in values.values():
        yield (
            f"{parent}({value.name}:)",
            (
                str(value.type),
                identity_of(value.default),
                value.description,
                _applied(value.applied),
            ),
        )


def _applied(applied: list[AppliedDirective]) -> list[str]:
    return sorted(
        print_directive(AppliedDirective(d.name, dict(sorted(d.arguments.items()))))
        for d in applied
    )
