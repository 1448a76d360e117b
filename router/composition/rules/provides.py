"""``@provides``: PROVIDES_UNSUPPORTED_ON_INTERFACE, PROVIDES_ON_NON_OBJECT_FIELD and the field
set rules."""

from collections.abc import Iterator

from trellis.router.composition.model import TypeKind
from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules.applications import applied_on_fields, broken
from trellis.router.composition.rules.field_set import FieldSetRule, check_field_set
from trellis.router.composition.subgraph import SubgraphSchema

PROVIDES = FieldSetRule("provides")
_COMPOSITE = (TypeKind.OBJECT, TypeKind.INTERFACE, TypeKind.UNION)


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    for definition, field, applied in applied_on_fields(subgraph, "provides"):
        coordinate = f"{definition.name}.{field.name}"
        provided = subgraph.schema.types.get(field.type.base)
        if provided is None or provided.kind not in _COMPOSITE:
            yield broken(
                "PROVIDES_ON_NON_OBJECT_FIELD",
                f'Invalid @provides on "{coordinate}": its type {field.type} has no fields that'
                " could be provided.",
                coordinate,
                applied.place,
            )
            continue
        if definition.kind is TypeKind.INTERFACE:
            yield broken(
                "PROVIDES_UNSUPPORTED_ON_INTERFACE",
                f'Cannot use @provides on "{coordinate}": it is not supported on fields of'
                " interfaces; put it on the fields of their implementations.",
                coordinate,
                applied.place,
            )
        yield from check_field_set(subgraph, PROVIDES, provided, applied, coordinate)
