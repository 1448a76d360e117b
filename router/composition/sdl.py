"""Prints a schema model as SDL."""

from __future__ import annotations

from collections.abc import Iterable

from trellis.router.composition.model import (
    AppliedDirective,
    DirectiveDefinition,
    EnumValue,
    FieldDefinition,
    InputValue,
    Schema,
    TypeDefinition,
    TypeKind,
)
from trellis.router.composition.values import print_description, print_directive, print_value

KEYWORDS = {
    TypeKind.SCALAR: "scalar",
    TypeKind.OBJECT: "type",
    TypeKind.INTERFACE: "interface",
    TypeKind.UNION: "union",
    TypeKind.ENUM: "enum",
    TypeKind.INPUT_OBJECT: "input",
}
DEFAULT_ROOTS = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}


def print_schema(schema: Schema) -> str:
    """Schema element, directive definitions, then types, in the order of the model."""
    parts = [print_schema_element(schema)]
    parts += [print_directive_definition(d) for d in schema.directives.values()]
    parts += [print_type(t) for t in schema.types.values()]
    return "\n\n".join(part for part in parts if part) + "\n"


def print_schema_element(schema: Schema) -> str:
    """The schema definition. Omitted when it only repeats the default root names; it must not be
    when an ordinary type has one of these names (GraphQL spec 3.3.1)."""
    named_as_usual = all(
        schema.roots.get(operation, name if name not in schema.types else None) == name
        for operation, name in DEFAULT_ROOTS.items()
    )
    if named_as_usual and not schema.applied and schema.description is None:
        return ""
    description = print_description(schema.description)
    applied = _directives_on_lines(schema.applied)
    lines = "".join(f"  {operation}: {name}\n" for operation, name in schema.roots.items())
    return f"{description}schema{applied or ' '}{{\n{lines}}}"


def print_directive_definition(definition: DirectiveDefinition) -> str:
    repeatable = " repeatable" if definition.is_repeatable else ""
    return (
        f"{print_description(definition.description)}directive @{definition.name}"
        f"{_arguments(definition.arguments.values(), '')}{repeatable}"
        f" on {' | '.join(definition.locations)}"
    )


def print_type(definition: TypeDefinition) -> str:
    head = f"{KEYWORDS[definition.kind]} {definition.name}"
    if definition.interfaces:
        head += f" implements {' & '.join(definition.interfaces)}"
    applied = _directives_on_lines(definition.applied)
    head = print_description(definition.description) + head + applied.rstrip("\n")
    members = _members(definition)
    if members is None:
        return head
    if definition.kind is TypeKind.UNION:
        return f"{head}{' ' if not applied else chr(10) + '  '}= {members}"
    return f"{head}{chr(10) if applied else ' '}{{\n{members}}}"


def _members(definition: TypeDefinition) -> str | None:
    match definition.kind:
        case TypeKind.OBJECT | TypeKind.INTERFACE:
            lines = "".join(print_field(f) for f in definition.fields.values())
        case TypeKind.INPUT_OBJECT:
            lines = "".join(_input_field(f) for f in definition.input_fields.values())
        case TypeKind.ENUM:
            lines = "".join(_enum_value(v) for v in definition.values.values())
        case TypeKind.UNION:
            lines = " | ".join(definition.members)
        case _:
            lines = ""
    return lines or None


def print_field(field: FieldDefinition) -> str:
    return (
        f"{print_description(field.description, '  ')}  {field.name}"
        f"{_arguments(field.arguments.values(), '  ')}: {field.type}{_directives(field.applied)}\n"
    )


def _input_field(value: InputValue) -> str:
    return f"{print_description(value.description, '  ')}  {print_input_value(value)}\n"


def _enum_value(value: EnumValue) -> str:
    description = print_description(value.description, "  ")
    return f"{description}  {value.name}{_directives(value.applied)}\n"


def print_input_value(value: InputValue) -> str:
    """An argument or input field without its description."""
    default = f" = {print_value(value.default)}" if value.default is not None else ""
    return f"{value.name}: {value.type}{default}{_directives(value.applied)}"


def _arguments(arguments: Iterable[InputValue], indent: str) -> str:
    """On one line, or one line each when any has a description."""
    values = list(arguments)
    if not values:
        return ""
    if all(value.description is None for value in values):
        return f"({', '.join(print_input_value(value) for value in values)})"
    inner = indent + "  "
    lines = (
        f"{print_description(value.description, inner)}{inner}{print_input_value(value)}\n"
        for value in values
    )
    return f"(\n{''.join(lines)}{indent})"


def _directives(applied: Iterable[AppliedDirective]) -> str:
    return "".join(f" {print_directive(d)}" for d in applied)


def _directives_on_lines(applied: list[AppliedDirective]) -> str:
    if not applied:
        return ""
    return "\n" + "".join(f"  {print_directive(d)}\n" for d in applied)
