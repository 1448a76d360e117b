"""EXTERNAL_ON_INTERFACE: fields of an interface are never resolved, so they cannot be external."""

from collections.abc import Iterator

from trellis.router.composition.model import TypeKind
from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules.applications import broken
from trellis.router.composition.subgraph import SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    for interface in subgraph.schema.types_of(TypeKind.INTERFACE):
        for field in interface.fields.values():
            if subgraph.is_external(interface, field):
                coordinate = f"{interface.name}.{field.name}"
                yield broken(
                    "EXTERNAL_ON_INTERFACE",
                    f'Interface field "{coordinate}" is marked @external, which has no effect:'
                    " mark the fields of its implementations.",
                    coordinate,
                    field.place,
                )
