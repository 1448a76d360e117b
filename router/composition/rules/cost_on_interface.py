"""COST_APPLIED_TO_INTERFACE_FIELD: an interface field costs what its implementations cost."""

from collections.abc import Iterator

from trellis.router.composition.model import TypeKind
from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules.applications import applied_on_fields, broken
from trellis.router.composition.subgraph import SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    for definition, field, applied in applied_on_fields(subgraph, "cost"):
        if definition.kind is TypeKind.INTERFACE:
            coordinate = f"{definition.name}.{field.name}"
            yield broken(
                "COST_APPLIED_TO_INTERFACE_FIELD",
                f"@{subgraph.federation_name('cost')} cannot be applied to interface field"
                f' "{coordinate}": put it on the fields of the implementations.',
                coordinate,
                applied.place,
            )
