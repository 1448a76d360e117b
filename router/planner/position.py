"""Where an object of the merged data is while its selection is emitted, and who has it there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from trellis.router.planner.choice import Access, Solution
from trellis.router.planner.fetches import Fetch, Node, Slot
from trellis.router.planner.plan import Path
from trellis.router.planner.view import Provides

Hold = tuple[Fetch, Node]


class Base:
    """A selection in which an object is asked already, made when first used: a holder that is not
    used costs nothing. ``view`` is the object's type in that subgraph."""

    __slots__ = ("_make", "given", "made", "subgraph", "view")

    def __init__(
        self, subgraph: int, view: str, make: Callable[[], Hold], given: Provides = ()
    ) -> None:
        self.subgraph = subgraph
        self.view = view
        self.given = given
        self.made: Hold | None = None
        self._make = make

    def hold(self) -> Hold:
        if self.made is None:
            self.made = self._make()
        return self.made


@dataclass(slots=True, eq=False)
class Position:
    """An object of the merged data while its selection is emitted; ``bases`` are in the order of
    the spot for which its solution was found. ``parent`` is the object it was reached from.
    ``waits`` tell the types on the path to it, where those that bring it do not; ``tellers`` its
    own type."""

    slot: Slot
    path: Path
    type: str
    bases: tuple[Base, ...]
    parent: Position | None = None
    member: str | None = None
    waits: frozenset[Fetch] = frozenset()
    tellers: tuple[Access, ...] = ()
    holds: dict[tuple[Access, str | None], Hold] = field(default_factory=dict)
    children: dict[tuple[object, ...], Position] = field(default_factory=dict)
    done: dict[Solution, frozenset[Fetch]] = field(default_factory=dict)

    @property
    def base(self) -> Base:
        """A holder that is asked anyway, if there is one."""
        return next((base for base in self.bases if base.made), self.bases[0])
