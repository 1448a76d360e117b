"""Every named type exists and is of a kind allowed there (spec 3.4.1, 3.6 to 3.10)."""

from collections.abc import Iterator

from trellis.router.composition.definitions import BUILT_IN_SCALARS
from trellis.router.composition.graphql_rules.foreign import advice
from trellis.router.composition.graphql_rules.violation import Violation
from trellis.router.composition.model import FieldDefinition, InputValue, TypeKind
from trellis.router.composition.subgraph import SubgraphSchema

_OUTPUT = frozenset(TypeKind) - {TypeKind.INPUT_OBJECT}
_INPUT = frozenset((TypeKind.SCALAR, TypeKind.ENUM, TypeKind.INPUT_OBJECT))


def check(subgraph: SubgraphSchema) -> Iterator[Violation]:
    for coordinate, _, element in subgraph.elements:
        if not isinstance(element, FieldDefinition | InputValue):
            continue
        output = isinstance(element, FieldDefinition)
        name = element.type.base
        kind = kind_of(subgraph, name)
        if kind is None:
            foreign = advice(subgraph, name)
            hint = f". {foreign}" if foreign else "; define it or correct the name."
            yield Violation(
                f'Unknown type "{name}" of "{coordinate}"{hint}', coordinate, element.place
            )
        elif kind not in (_OUTPUT if output else _INPUT):
            yield Violation(
                f'The type of "{coordinate}" must be {"an output" if output else "an input"} type,'
                f' but "{name}" is of kind {kind}.',
                coordinate,
                element.place,
            )


def kind_of(subgraph: SubgraphSchema, name: str) -> TypeKind | None:
    """The kind of a type that this subgraph's SDL may refer to; None when there is none."""
    definition = subgraph.schema.types.get(name)
    if definition is not None:
        return definition.kind
    if name in BUILT_IN_SCALARS:
        return TypeKind.SCALAR
    specified = subgraph.spec_types.get(name)
    return specified.kind if specified else None
