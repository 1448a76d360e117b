"""What types are made of: at least one member each, unions of objects, nothing mandatory that is
deprecated (spec 3.6 to 3.10, 3.13.3)."""

from collections.abc import Iterator

from router.composition.graphql_rules.violation import violation
from router.composition.model import InputValue, Kind, TypeDefinition
from router.composition.report import CompositionError
from router.composition.subgraph import SubgraphSchema

_PARTS = {
    Kind.OBJECT: ("fields", "one or more fields"),
    Kind.INTERFACE: ("fields", "one or more fields"),
    Kind.INPUT_OBJECT: ("input_fields", "one or more fields"),
    Kind.ENUM: ("values", "one or more values"),
    Kind.UNION: ("members", "one or more member types"),
}


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    query = subgraph.schema.roots.get("query")
    for definition in subgraph.schema.types.values():
        # Federation adds fields of its own to the query root.
        if definition.name != query:
            yield from _check_empty(definition)
        yield from _check_union(subgraph, definition)
        yield from _check_one_of(definition)
    for coordinate, _, element in subgraph.elements:
        if isinstance(element, InputValue):
            yield from _check_deprecation(coordinate, element)


def _check_empty(definition: TypeDefinition) -> Iterator[CompositionError]:
    part = _PARTS.get(definition.kind)
    if part is not None and not getattr(definition, part[0]):
        yield violation(
            f'Type "{definition.name}" must define {part[1]}.', definition.name, definition.place
        )


def _check_union(
    subgraph: SubgraphSchema, definition: TypeDefinition
) -> Iterator[CompositionError]:
    for name in definition.members:
        member = subgraph.schema.types.get(name)
        if member is None:
            yield violation(
                f'Unknown type "{name}" in union "{definition.name}".',
                definition.name,
                definition.place,
            )
        elif member.kind is not Kind.OBJECT:
            yield violation(
                f'Union "{definition.name}" can only include object types, but "{name}" is'
                f" of kind {member.kind}.",
                definition.name,
                definition.place,
            )


def _check_one_of(definition: TypeDefinition) -> Iterator[CompositionError]:
    if not any(applied.name == "oneOf" for applied in definition.applied):
        return
    for field in definition.input_fields.values():
        if field.type.non_null or field.default is not None:
            coordinate = f"{definition.name}.{field.name}"
            yield violation(
                f'Field "{coordinate}" of a @oneOf input must be nullable and without default.',
                coordinate,
                field.place,
            )


def _check_deprecation(coordinate: str, element: InputValue) -> Iterator[CompositionError]:
    is_required = element.type.non_null and element.default is None
    if is_required and any(applied.name == "deprecated" for applied in element.applied):
        yield violation(
            f'"{coordinate}" is required and cannot be deprecated.', coordinate, element.place
        )
