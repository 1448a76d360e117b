"""INTERFACE_OBJECT_USAGE_ERROR: an ``@interfaceObject`` must be an entity."""

from collections.abc import Iterator

from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules.applications import applied_on_types, broken
from trellis.router.composition.subgraph import SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    for definition, applied in applied_on_types(subgraph, "interfaceObject"):
        if not subgraph.is_entity(definition):
            yield broken(
                "INTERFACE_OBJECT_USAGE_ERROR",
                f'@interfaceObject can only stand on entities, but "{definition.name}" has no'
                " @key in this subgraph: add a key of the interface.",
                definition.name,
                applied.place,
            )
