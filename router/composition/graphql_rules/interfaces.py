"""Types have all fields of their interfaces, compatibly (spec 3.6, IsValidImplementation)."""

from collections.abc import Iterator

from trellis.router.composition.graphql_rules.violation import Violation
from trellis.router.composition.model import (
    FieldDefinition,
    Schema,
    TypeDefinition,
    TypeKind,
    TypeRef,
)
from trellis.router.composition.subgraph import SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[Violation]:
    schema = subgraph.schema
    for definition in schema.types.values():
        for name in definition.interfaces:
            interface = schema.types.get(name)
            if interface is None or interface.kind is not TypeKind.INTERFACE:
                reason = "is unknown" if interface is None else f"is of kind {interface.kind}"
                yield Violation(
                    f'Type "{definition.name}" can only implement interfaces, but "{name}"'
                    f" {reason}.",
                    definition.name,
                    definition.place,
                )
            elif name == definition.name:
                yield Violation(
                    f'Interface "{name}" cannot implement itself.', name, definition.place
                )
            else:
                yield from _check_inherited(definition, interface)
                yield from _check_fields(schema, definition, interface)


def _check_inherited(definition: TypeDefinition, interface: TypeDefinition) -> Iterator[Violation]:
    for inherited in interface.interfaces:
        if inherited == definition.name:
            yield Violation(
                f'Interface "{definition.name}" cannot implement "{interface.name}", which'
                " implements it.",
                definition.name,
                definition.place,
                (interface.name,),
            )
        elif inherited not in definition.interfaces:
            yield Violation(
                f'Type "{definition.name}" must implement "{inherited}" because its interface'
                f' "{interface.name}" does.',
                definition.name,
                definition.place,
                (interface.name,),
            )


def _check_fields(
    schema: Schema, definition: TypeDefinition, interface: TypeDefinition
) -> Iterator[Violation]:
    for expected in interface.fields.values():
        coordinate = f"{definition.name}.{expected.name}"
        own = definition.fields.get(expected.name)
        if own is None:
            yield Violation(
                f'Field "{interface.name}.{expected.name}" is missing on "{definition.name}",'
                " which implements that interface.",
                coordinate,
                definition.place,
                (f"{interface.name}.{expected.name}",),
            )
            continue
        if not is_subtype(schema, own.type, expected.type):
            yield Violation(
                f'Field "{coordinate}" of type {own.type} does not fit interface field'
                f' "{interface.name}.{expected.name}" of type {expected.type}.',
                coordinate,
                own.place,
                (f"{interface.name}.{expected.name}",),
            )
        yield from _check_arguments(coordinate, own, interface.name, expected)


def _check_arguments(
    coordinate: str, own: FieldDefinition, interface: str, expected: FieldDefinition
) -> Iterator[Violation]:
    for argument in expected.arguments.values():
        place = f"{coordinate}({argument.name}:)"
        wanted = f"{interface}.{expected.name}({argument.name}:)"
        own_argument = own.arguments.get(argument.name)
        if own_argument is None:
            yield Violation(
                f'Argument "{wanted}" is missing on "{coordinate}", which implements that'
                " interface.",
                place,
                own.place,
                (wanted,),
            )
        elif own_argument.type != argument.type:
            yield Violation(
                f'Argument "{place}" should have type {argument.type} like the one of interface'
                f' "{interface}", but has {own_argument.type}.',
                place,
                own_argument.place,
                (wanted,),
            )
    for argument in own.arguments.values():
        is_required = argument.type.non_null and argument.default is None
        if argument.name not in expected.arguments and is_required:
            yield Violation(
                f'Argument "{coordinate}({argument.name}:)" is required although interface'
                f' "{interface}" does not have it.',
                f"{coordinate}({argument.name}:)",
                argument.place,
                (f"{interface}.{expected.name}",),
            )


def is_subtype(schema: Schema, own: TypeRef, expected: TypeRef) -> bool:
    """Whether a field of type ``own`` may implement one of type ``expected`` (covariance)."""
    if expected.non_null:
        return own.non_null and is_subtype(schema, own.nullable(), expected.nullable())
    own = own.nullable()
    if expected.of is not None:
        return own.of is not None and is_subtype(schema, own.of, expected.of)
    if own.of is not None:
        return False
    if own.base == expected.base:
        return True
    wider, narrower = schema.types.get(expected.base), schema.types.get(own.base)
    if wider is None or narrower is None:
        return False
    if wider.kind is TypeKind.UNION:
        return narrower.name in wider.members
    return wider.kind is TypeKind.INTERFACE and wider.name in narrower.interfaces
