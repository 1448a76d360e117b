"""``@listSize``: LIST_SIZE_APPLIED_TO_NON_LIST, LIST_SIZE_INVALID_ASSUMED_SIZE,
LIST_SIZE_INVALID_SLICING_ARGUMENT, LIST_SIZE_INVALID_SIZED_FIELD (IBM's cost specification)."""

from collections.abc import Iterator

from graphql import IntValueNode, ListValueNode, StringValueNode, ValueNode

from trellis.router.composition.model import FieldDefinition, TypeKind, TypeRef
from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules.applications import applied_on_fields, broken
from trellis.router.composition.subgraph import SubgraphSchema

_COMPOSITE = (TypeKind.OBJECT, TypeKind.INTERFACE, TypeKind.UNION)


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    for definition, field, applied in applied_on_fields(subgraph, "listSize"):
        coordinate = f"{definition.name}.{field.name}"
        sized = _strings(applied.arguments.get("sizedFields"))
        slicing = _strings(applied.arguments.get("slicingArguments"))
        problems = [
            *_non_list(field, coordinate, sized),
            *_assumed_size(applied.arguments.get("assumedSize"), coordinate),
            *_slicing_arguments(field, coordinate, slicing),
            *_sized_fields(subgraph, field, coordinate, sized),
        ]
        for code, message in problems:
            yield broken(code, message, coordinate, applied.place)


def _non_list(
    field: FieldDefinition, coordinate: str, sized: list[str]
) -> Iterator[tuple[str, str]]:
    if not sized and field.type.of is None:
        yield (
            "LIST_SIZE_APPLIED_TO_NON_LIST",
            f'"{coordinate}" is not a list: name the lists of its type with "sizedFields".',
        )


def _assumed_size(value: ValueNode | None, coordinate: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, IntValueNode) and int(value.value) < 0:
        yield (
            "LIST_SIZE_INVALID_ASSUMED_SIZE",
            f'The assumed size of "{coordinate}" cannot be negative.',
        )


def _slicing_arguments(
    field: FieldDefinition, coordinate: str, names: list[str]
) -> Iterator[tuple[str, str]]:
    for name in names:
        argument = field.arguments.get(name)
        if argument is None:
            yield (
                "LIST_SIZE_INVALID_SLICING_ARGUMENT",
                f'Slicing argument "{name}" is not an argument of "{coordinate}".',
            )
        elif argument.type.nullable() != TypeRef("Int"):
            yield (
                "LIST_SIZE_INVALID_SLICING_ARGUMENT",
                f'Slicing argument "{coordinate}({name}:)" must be Int or Int!,'
                f" but is {argument.type}.",
            )


def _sized_fields(
    subgraph: SubgraphSchema, field: FieldDefinition, coordinate: str, names: list[str]
) -> Iterator[tuple[str, str]]:
    if not names:
        return
    # In a list, each item has the sized fields.
    parent = subgraph.schema.types.get(field.type.base)
    if parent is None or parent.kind not in _COMPOSITE:
        yield (
            "LIST_SIZE_INVALID_SIZED_FIELD",
            f'"{coordinate}" cannot have sized fields: {field.type} has no fields.',
        )
        return
    for name in names:
        sized = parent.fields.get(name)
        if sized is None:
            yield (
                "LIST_SIZE_INVALID_SIZED_FIELD",
                f'Sized field "{name}" of "{coordinate}" is not a field of "{parent.name}".',
            )
        elif sized.type.of is None:
            yield (
                "LIST_SIZE_APPLIED_TO_NON_LIST",
                f'Sized field "{parent.name}.{name}" of "{coordinate}" is not a list.',
            )


def _strings(value: ValueNode | None) -> list[str]:
    items = value.values if isinstance(value, ListValueNode) else (value,)
    return [item.value for item in items if isinstance(item, StringValueNode)]
