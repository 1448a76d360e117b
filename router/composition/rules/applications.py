"""Where a directive of a specification is applied, and how a rule reports it."""

from collections.abc import Iterator

from trellis.router.composition.model import (
    AppliedDirective,
    FieldDefinition,
    Kind,
    Place,
    TypeDefinition,
)
from trellis.router.composition.report import CompositionError
from trellis.router.composition.subgraph import SubgraphSchema


def composites(subgraph: SubgraphSchema) -> Iterator[TypeDefinition]:
    """The object and interface types."""
    for definition in subgraph.schema.types.values():
        if definition.kind in (Kind.OBJECT, Kind.INTERFACE):
            yield definition


def applied_on_types(
    subgraph: SubgraphSchema, directive: str
) -> Iterator[tuple[TypeDefinition, AppliedDirective]]:
    """Every application on an object or interface type."""
    for definition in composites(subgraph):
        for applied in subgraph.applied(definition, directive):
            yield definition, applied


def applied_on_fields(
    subgraph: SubgraphSchema, directive: str
) -> Iterator[tuple[TypeDefinition, FieldDefinition, AppliedDirective]]:
    """Every application on a field of an object or interface type."""
    for definition in composites(subgraph):
        for field in definition.fields.values():
            for applied in subgraph.applied(field, directive):
                yield definition, field, applied


def broken(
    code: str, message: str, coordinate: str | None, place: Place | None
) -> CompositionError:
    """The error of a rule at this place."""
    return CompositionError(code, message, coordinate, (place,) if place else ())
