"""What the planner decides, as data: where an object can be asked, which field comes from where.

A set of fetches is an int, a *mask*: bit ``round * subgraphs + subgraph`` is one request to one
subgraph in one round. Fetches of one subgraph in one round become one request, so the union of
masks is exactly what answering several fields together costs. Rounds count from where a position's
object was found.

Nothing here changes once it is made. The classes are not frozen all the same: making a frozen
dataclass takes three times as long, and one operation may need ten thousand of them.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from trellis.router.operation.model import Field, SelectionSet
from trellis.router.planner.tables import ContextArgument
from trellis.router.planner.view import Holder, Provides

Spot = tuple[Holder, ...]

HOP = 100  # one more entity fetch is worse than this many fields that come late


@dataclass(slots=True, eq=False)
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


Lead = tuple[Access, Holder]
"""Where a composite field can be asked, and the object that it leads to there."""


@dataclass(slots=True, eq=False)
class Condition:
    """A field set that must be known before a fetch, and how it comes to be known."""

    selection: SelectionSet
    solution: "Solution"


@dataclass(slots=True, eq=False)
class Pick:
    """One field and where it is asked: usually one place, several when its selection is put
    together from several subgraphs. ``runtime``: asked for objects of this type only; None: on
    the position as a whole. ``child`` answers the field's selection."""

    field: Field
    accesses: tuple[Access, ...]
    runtime: str | None = None
    child: "Solution | None" = None


@dataclass(slots=True, eq=False)
class Solution:
    """How a selection is answered: the fetches beyond those that found the object (``mask``), the
    round in which all is known, and one pick per field.

    ``tellers`` are where the runtime type of an abstract position is learned, when it must be
    known. ``inner`` answers (the rest of) the selection for the same object held by ``held``.
    ``must_be_absent``: nobody can answer it, but there may be no object. ``members`` answers it
    for members of the position's type that every holder knows as
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
    must_be_absent: bool = False
    _holders: frozenset[int] | None = None

    def holders(self) -> frozenset[int]:
        """Which holders of the position's spot are asked, by index."""
        if self._holders is None:
            found: set[int] = set()
            for pick in self.picks:
                found |= _asked_holders(pick.accesses, pick.child)
            for teller in self.tellers:
                found |= _way_holders(teller)
            if self.inner is not None:
                found |= _asked_holders(self.held, self.inner)
            for _, inner in self.members:
                found |= inner.holders()
            self._holders = frozenset(found)
        return self._holders


class Option(NamedTuple):
    """One candidate source of a field with everything it would cost; ``effort`` as in Solution."""

    mask: int
    round: int
    accesses: tuple[Access, ...]
    child: Solution | None
    effort: int

    @classmethod
    def leaf(cls, access: Access) -> "Option":
        """A leaf field asked at ``access``."""
        effort = HOP + 1 if access.base is None else 0
        return cls(access.mask, access.round, (access,), None, effort)

    @classmethod
    def alone(cls, access: Access, child: Solution, mask: int) -> "Option":
        """A composite field asked at one place, its selection answered by ``child``."""
        effort = child.effort
        if access.base is None:
            effort += HOP + child.leaves
        return cls(mask, access.round + child.round, (access,), child, effort)

    @classmethod
    def together(cls, accesses: tuple[Access, ...], child: Solution, paid: int) -> "Option":
        """A composite field put together from several places, of which those in ``paid`` did not
        count when ``child`` was found; they are needed all the same."""
        mask = child.mask
        asked = child.holders()
        for index, access in enumerate(accesses):
            if not asked or index in asked:
                mask |= access.mask & paid
        hops = sum(a.base is None and a.mask & ~mask == 0 for a in accesses)
        return cls(mask, child.round, accesses, child, child.effort + HOP * hops)


@dataclass(slots=True)
class Open:
    """A field that still has a choice. ``together`` are the sources from which its selection may
    be put together, with the object that each leads to; ``tried`` are the sets of fetches made
    anyway for which that was done already."""

    field: Field
    runtime: str | None
    options: list[Option]
    together: Sequence[Lead] = ()
    tried: set[int] = dataclasses.field(default_factory=set[int])

    @property
    def is_free(self) -> bool:
        """Whether it needs no further fetch."""
        return bool(self.options) and self.options[0].mask == 0


def _asked_holders(accesses: Sequence[Access], child: Solution | None) -> set[int]:
    """The holders of a spot through which an object below it is asked; ``child`` answers for it."""
    asked = child.holders() if child is not None and len(accesses) > 1 else frozenset[int]()
    found: set[int] = set()
    for index, access in enumerate(accesses):
        if not asked or index in asked:
            found |= _way_holders(access)
    return found


def _way_holders(access: Access) -> set[int]:
    """The holders of a spot that one way to ask about its object needs."""
    if access.base is not None:
        return {access.base}
    found: set[int] = set()
    for condition in (access.key, access.requires):
        if condition is not None:
            found |= condition.solution.holders()
    return found
