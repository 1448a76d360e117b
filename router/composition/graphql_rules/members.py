"""Types have at least one member, and unions consist of object types (spec 3.6 to 3.10)."""

from collections.abc import Iterator

from trellis.router.composition.graphql_rules.violation import Violation
from trellis.router.composition.model import TypeDefinition, TypeKind
from trellis.router.composition.subgraph import SubgraphSchema

_PARTS = {
    TypeKind.OBJECT: ("fields", "one or more fields"),
    TypeKind.INTERFACE: ("fields", "one or more fields"),
    TypeKind.INPUT_OBJECT: ("input_fields", "one or more fields"),
    TypeKind.ENUM: ("values", "one or more values"),
    TypeKind.UNION: ("members", "one or more member types"),
}


def check(subgraph: SubgraphSchema) -> Iterator[Violation]:
    query = subgraph.schema.roots.get("query")
    for definition in subgraph.schema.types.values():
        # Federation adds its own fields to the query root type.
        if definition.name != query:
            yield from _check_empty(definition)
        yield from _check_union(subgraph, definition)


def _check_empty(definition: TypeDefinition) -> Iterator[Violation]:
    part = _PARTS.get(definition.kind)
    if part is not None and not getattr(definition, part[0]):
        yield Violation(
            f'Type "{definition.name}" must define {part[1]}.', definition.name, definition.place
        )


def _check_union(subgraph: SubgraphSchema, definition: TypeDefinition) -> Iterator[Violation]:
    for name in definition.members:
        member = subgraph.schema.types.get(name)
        if member is None:
            yield Violation(
                f'Unknown type "{name}" in union "{definition.name}".',
                definition.name,
                definition.place,
            )
        elif member.kind is not TypeKind.OBJECT:
            yield Violation(
                f'Union "{definition.name}" can only include object types, but "{name}" is'
                f" of kind {member.kind}.",
                definition.name,
                definition.place,
            )
