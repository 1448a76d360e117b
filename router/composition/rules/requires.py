"""``@requires``: REQUIRES_UNSUPPORTED_ON_INTERFACE and the field set rules."""

from collections.abc import Iterator

from trellis.router.composition.model import TypeKind
from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules.applications import applied_on_fields, broken
from trellis.router.composition.rules.field_set import FieldSetRule, check_field_set
from trellis.router.composition.subgraph import SubgraphSchema

REQUIRES = FieldSetRule("requires", allows_arguments=True)


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    for definition, field, applied in applied_on_fields(subgraph, "requires"):
        coordinate = f"{definition.name}.{field.name}"
        if definition.kind is TypeKind.INTERFACE:
            yield broken(
                "REQUIRES_UNSUPPORTED_ON_INTERFACE",
                f'Cannot use @requires on "{coordinate}": it is not supported on fields of'
                " interfaces; put it on the fields of their implementations.",
                coordinate,
                applied.place,
            )
        yield from check_field_set(subgraph, REQUIRES, definition, applied, coordinate)
