"""What composition answers: errors, hints, and the composed graph."""

from dataclasses import dataclass

from trellis.router.composition.model import Place


@dataclass(frozen=True, slots=True)
class CompositionError:
    """Why the subgraphs do not compose. ``coordinate`` is the schema coordinate concerned
    (``Type.field(arg:)``), ``places`` where it stands in the subgraphs' SDL, ``source`` lines
    such as ``shop/graph.py:41 Order.total`` for in-process Strawberry subgraphs."""

    code: str
    message: str
    coordinate: str | None = None
    places: tuple[Place, ...] = ()
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompositionHint:
    """Something legal that its authors may want to know. ``level``: WARN, INFO or DEBUG."""

    code: str
    message: str
    level: str
    coordinate: str | None = None
    places: tuple[Place, ...] = ()
