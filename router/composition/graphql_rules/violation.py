"""What a GraphQL rule found, before anybody knows whether one subgraph says so or all together."""

from dataclasses import dataclass

from trellis.router.composition.model import Place


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule at ``coordinate``. ``others`` are the coordinates of further elements that
    break it together with this one: who reads it on the merged schema wants to know what each
    subgraph says about them."""

    message: str
    coordinate: str | None
    place: Place | None
    others: tuple[str, ...] = ()
