"""The fields of ``@oneOf`` inputs are nullable and without default (spec 3.10, OneOf)."""

from collections.abc import Iterator

from graphql import NullValueNode

from trellis.router.composition.graphql_rules.violation import Violation
from trellis.router.composition.model import InputValue, TypeDefinition, TypeKind
from trellis.router.composition.subgraph import SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[Violation]:
    for definition in subgraph.schema.types_of(TypeKind.INPUT_OBJECT):
        if not is_one_of(definition):
            continue
        for field in definition.input_fields.values():
            if field.type.non_null or (field.default is not None and not has_null_default(field)):
                coordinate = f"{definition.name}.{field.name}"
                yield Violation(
                    f'Field "{coordinate}" of a @oneOf input must be nullable and without default.',
                    coordinate,
                    field.place,
                    (definition.name,),
                )


def is_one_of(definition: TypeDefinition) -> bool:
    return any(applied.name == "oneOf" and not applied.feature for applied in definition.applied)


def has_null_default(field: InputValue) -> bool:
    """Whether the default is ``null``, which Strawberry prints for every optional field. In a
    ``@oneOf`` input it is equivalent to no default; merging removes it."""
    return isinstance(field.default, NullValueNode)
