"""EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE: an external field cannot have ``@provides``."""

from collections.abc import Iterator

from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules.applications import applied_on_fields, broken
from trellis.router.composition.subgraph import SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    for definition, field, applied in applied_on_fields(subgraph, "provides"):
        if subgraph.is_external(definition, field):
            coordinate = f"{definition.name}.{field.name}"
            yield broken(
                "EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE",
                f'"{coordinate}" has both @provides and @external: what this subgraph does not'
                " resolve cannot provide anything; remove one of the two.",
                coordinate,
                applied.place,
            )
