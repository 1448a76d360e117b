"""How a GraphQL rule reports what it found."""

from router.composition.model import Place
from router.composition.report import CompositionError


def violation(message: str, coordinate: str | None, place: Place | None) -> CompositionError:
    """An ``INVALID_GRAPHQL`` error at this place."""
    return CompositionError("INVALID_GRAPHQL", message, coordinate, (place,) if place else ())
