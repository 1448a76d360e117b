"""What the planner decides, as data: where an object can be asked, which field comes from where.

A set of fetches is an int, a *mask*: bit ``round * subgraphs + subgraph`` is one request to one
subgraph in one round. Fetches of one subgraph in one round become one request, so the union of
masks is exactly what answering several fields together costs. Rounds count from where a position's
object was found.
"""

from dataclasses import dataclass
from typing import NamedTuple

from router.operation.model import Field, SelectionSet
from router.planner.tables import ContextArgument
from router.planner.view import Provides


class Holder(NamedTuple):
    """An object found in one subgraph: as what it is known there (``view``), which external
    fields its path provides, and from which round on it is there at what cost."""

    subgraph: int
    view: str
    given: Provides = ()
    round: int = 0
    mask: int = 0


Spot = tuple[Holder, ...]

HOP = 100  # one more entity fetch is worse than this many fields that come late


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """One way to ask a subgraph about an object of a known position.

    ``base`` is the index of the holder when the object is there already; otherwise it is reached
    by an entity fetch that sends ``key`` and ``requires``, or, for a root type, by a plain fetch.
    ``contexts`` are arguments of the field that enclosing objects give.
    """

    subgraph: int
    view: str
    round: int
    mask: int
    given: Provides = ()
    base: int | None = None
    key: "Condition | None" = None
    requires: "Condition | None" = None
    contexts: tuple[ContextArgument, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A field set that must be known before a fetch, and how it comes to be known."""

    selection: SelectionSet
    solution: "Solution"


@dataclass(frozen=True, slots=True, eq=False)
class Pick:
    """One field and where it is asked: usually one place, several when its selection is put
    together from several subgraphs. ``runtime``: asked for objects of this type only; None: on
    the position as a whole. ``child`` answers the field's selection."""

    field: Field
    accesses: tuple[Access, ...]
    runtime: str | None = None
    child: "Solution | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """How a selection is answered: the fetches beyond those that found the object (``mask``), the
    round in which all is known, and one pick per field.

    ``tellers`` are where the runtime type of an abstract position is learned, when it must be
    known. ``inner`` answers (the rest of) the selection for the same object held by ``held``.
    ``members`` answers it for members of the position's type that every holder knows as
    interface objects. ``effort`` decides between ways with the same requests: entity fetches
    before they are joined, and fields that come late; ``leaves`` counts the leaf fields.
    """

    mask: int
    round: int
    picks: tuple[Pick, ...] = ()
    tellers: tuple[Access, ...] = ()
    effort: int = 0
    leaves: int = 0
    held: tuple[Access, ...] = ()
    inner: "Solution | None" = None
    members: "tuple[tuple[str, Solution], ...]" = ()


class Option(NamedTuple):
    """One candidate source of a field with everything it would cost."""

    mask: int
    round: int
    accesses: tuple[Access, ...]
    child: Solution | None

    @property
    def effort(self) -> int:
        """``Solution.effort`` of this option alone."""
        child = self.child
        first, *others = self.accesses
        if others and child is not None:
            hops = [a for a in self.accesses if a.base is None and a.mask & ~child.mask == 0]
            return child.effort + HOP * len(hops)
        if first.base is not None:
            return child.effort if child is not None else 0
        return HOP + (child.effort + child.leaves if child is not None else 1)


@dataclass(slots=True)
class Open:
    """A field that still has a choice."""

    field: Field
    runtime: str | None
    options: list[Option]
