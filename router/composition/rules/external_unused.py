"""EXTERNAL_UNUSED: a key, requires, provides, context or interface must use an external field."""

from collections.abc import Iterator

from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules.applications import broken, composites
from trellis.router.composition.subgraph import SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    for definition in composites(subgraph):
        for field in definition.fields.values():
            if subgraph.is_external(definition, field) and not subgraph.is_used(definition, field):
                coordinate = f"{definition.name}.{field.name}"
                yield broken(
                    "EXTERNAL_UNUSED",
                    f'Field "{coordinate}" is marked @external but no @key, @requires or @provides'
                    " names it and no interface requires it: remove the field, or its @external.",
                    coordinate,
                    field.place,
                )
