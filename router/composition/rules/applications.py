"""Applications of a specification's directive, and how a rule reports them."""

from collections.abc import Iterator

from trellis.router.composition.model import (
    AppliedDirective,
    FieldDefinition,
    SourceLocation,
    TypeDefinition,
    TypeKind,
)
from trellis.router.composition.report import CompositionError
from trellis.router.composition.subgraph import SubgraphSchema


def composites(subgraph: SubgraphSchema) -> Iterator[TypeDefinition]:
    """The object and interface types."""
    for definition in subgraph.schema.types.values():
        if definition.kind in (TypeKind.OBJECT, TypeKind.INTERFACE):
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
    code: str, message: str, coordinate: str | None, place: SourceLocation | None
) -> CompositionError:
    """The error of a rule at this location."""
    return CompositionError(code, message, coordinate, (place,) if place else ())
