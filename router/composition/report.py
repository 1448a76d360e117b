"""Errors and hints of composition."""

from dataclasses import dataclass

from trellis.router.composition.model import SourceLocation


@dataclass(frozen=True, slots=True)
class CompositionError:
    """Why the subgraphs do not compose. ``coordinate`` is the schema coordinate concerned
    (``Type.field(arg:)``), ``places`` are its locations in the subgraphs' SDL, ``source`` are lines
    such as ``shop/graph.py:41 Order.total`` for in-process Strawberry subgraphs."""

    code: str
    message: str
    coordinate: str | None = None
    places: tuple[SourceLocation, ...] = ()
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompositionHint:
    """Something valid that the authors should know about. ``level``: WARN, INFO or DEBUG."""

    code: str
    message: str
    level: str
    coordinate: str | None = None
    places: tuple[SourceLocation, ...] = ()
