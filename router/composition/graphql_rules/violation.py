"""A violation of a GraphQL rule, in one subgraph or in the merged schema."""

from dataclasses import dataclass

from trellis.router.composition.model import SourceLocation


@dataclass(frozen=True, slots=True)
class Violation:
    """A violated rule at ``coordinate``. ``others`` are the coordinates of further elements that
    are part of the violation; errors about the merged schema list the subgraphs' declarations of
    them."""

    message: str
    coordinate: str | None
    place: SourceLocation | None
    others: tuple[str, ...] = ()
