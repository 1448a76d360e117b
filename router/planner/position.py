"""The position of an object in the merged data while its selection is emitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from trellis.router.planner.candidates import Access, Solution
from trellis.router.planner.fetches import Fetch, Node, Slot
from trellis.router.planner.plan import Path
from trellis.router.planner.view import Provides

Hold = tuple[Fetch, Node]


class Base:
    """A selection that already contains an object. It is created on first use, so a holder that is
    not used costs nothing. ``view`` is the object's type in that subgraph."""

    __slots__ = ("_make", "made", "provides", "subgraph", "view")

    def __init__(
        self, subgraph: int, view: str, make: Callable[[], Hold], provides: Provides = ()
    ) -> None:
        self.subgraph = subgraph
        self.view = view
        self.provides = provides
        self.made: Hold | None = None
        self._make = make

    def hold(self) -> Hold:
        if self.made is None:
            self.made = self._make()
        return self.made


@dataclass(slots=True, eq=False)
class Position:
    """An object of the merged data while its selection is emitted.

    ``bases`` are in the order of the holders for which its solution was found. ``parent`` is the
    enclosing object. ``waits`` are the fetches that determine runtime types on the path to it,
    where the fetches that return the object do not; ``type_sources`` determine its own type.
    """

    slot: Slot
    path: Path
    type: str
    bases: tuple[Base, ...]
    parent: Position | None = None
    member: str | None = None
    waits: frozenset[Fetch] = frozenset()
    type_sources: tuple[Access, ...] = ()
    holds: dict[tuple[Access, str | None], Hold] = field(default_factory=dict)
    children: dict[tuple[object, ...], Position] = field(default_factory=dict)
    done: dict[Solution, frozenset[Fetch]] = field(default_factory=dict)

    @property
    def base(self) -> Base:
        """A holder that is queried anyway, if there is one."""
        return next((base for base in self.bases if base.made), self.bases[0])
