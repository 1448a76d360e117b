"""The planner's decisions as data: where an object can be queried, which field comes from where.

A set of fetches is an int, a *mask*: bit ``round * subgraphs + subgraph`` is one request to one
subgraph in one round. Fetches to one subgraph in one round are batched into one request, so the
union of masks is exactly what resolving several fields together costs. Rounds are relative to the
fetch that found a position's object.

Instances are never changed once made. The classes are not frozen because creating a frozen
dataclass takes three times as long, and one operation may need ten thousand of them.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from trellis.router.operation.model import Field, SelectionSet
from trellis.router.planner.tables import ContextArgument
from trellis.router.planner.view import Holder, Provides

Holders = tuple[Holder, ...]

HOP = 100
"""The effort of one entity fetch, in leaf fields that arrive late. Effort only breaks ties between
plans with the same requests; a fetch less outweighs the order of any realistic selection."""


@dataclass(slots=True, eq=False)
class Access:
    """One way to query a subgraph for fields of an object.

    ``base`` is the index of the holder when that subgraph already has the object in its selection;
    otherwise the object is reached by an entity fetch that sends ``key`` and ``requires`` or, for a
    root type, by a plain fetch. ``contexts`` are the field's ``@fromContext`` arguments.
    """

    subgraph: int
    view: str
    round: int
    mask: int
    provides: Provides = ()
    base: int | None = None
    key: "Condition | None" = None
    requires: "Condition | None" = None
    contexts: tuple[ContextArgument, ...] = ()


Lead = tuple[Access, Holder]
"""Where a composite field can be queried, and the object it leads to in that subgraph."""


@dataclass(slots=True, eq=False)
class Condition:
    """A field set (key or ``@requires``) that a fetch sends, and how its values are fetched."""

    selection: SelectionSet
    solution: "Solution"


@dataclass(slots=True, eq=False)
class Pick:
    """One field and where it is queried: usually in one subgraph, in several when its selection is
    combined. ``runtime`` limits it to objects of that type; None means the whole position.
    ``child`` solves the field's selection."""

    field: Field
    accesses: tuple[Access, ...]
    runtime: str | None = None
    child: "Solution | None" = None


@dataclass(slots=True, eq=False)
class Solution:
    """How a selection is resolved: the fetches beyond those that found the object (``mask``), the
    round after which all of it is known, and one pick per field.

    ``type_sources`` are the accesses that fetch ``__typename`` of an abstract position, when the
    type must be known. ``inner`` solves (the rest of) the selection for the same object as held by
    ``held``. ``members`` solves it for objects that every holder knows only as an interface
    object. ``must_be_absent``: no subgraph can resolve it, which is fine as long as there is no
    object (decision 0031). ``effort`` breaks ties between solutions with the same requests: entity
    fetches before batching, and leaf fields that arrive late; ``leaves`` counts the leaf fields.
    """

    mask: int
    round: int
    picks: tuple[Pick, ...] = ()
    type_sources: tuple[Access, ...] = ()
    effort: int = 0
    leaves: int = 0
    held: tuple[Access, ...] = ()
    inner: "Solution | None" = None
    members: "tuple[tuple[str, Solution], ...]" = ()
    must_be_absent: bool = False
    _holders: frozenset[int] | None = None

    def used_holders(self) -> frozenset[int]:
        """The indexes of the holders that are queried."""
        if self._holders is None:
            found: set[int] = set()
            for pick in self.picks:
                found |= _asked_holders(pick.accesses, pick.child)
            for type_source in self.type_sources:
                found |= _way_holders(type_source)
            if self.inner is not None:
                found |= _asked_holders(self.held, self.inner)
            for _, inner in self.members:
                found |= inner.used_holders()
            self._holders = frozenset(found)
        return self._holders


class Option(NamedTuple):
    """One candidate source of a field with its full cost; ``effort`` as in Solution."""

    mask: int
    round: int
    accesses: tuple[Access, ...]
    child: Solution | None
    effort: int

    @classmethod
    def leaf(cls, access: Access) -> "Option":
        """A leaf field queried through ``access``."""
        effort = HOP + 1 if access.base is None else 0
        return cls(access.mask, access.round, (access,), None, effort)

    @classmethod
    def single(cls, access: Access, child: Solution, mask: int) -> "Option":
        """A composite field queried in one subgraph, its selection solved by ``child``."""
        effort = child.effort
        if access.base is None:
            effort += HOP + child.leaves
        return cls(mask, access.round + child.round, (access,), child, effort)

    @classmethod
    def combined(cls, accesses: tuple[Access, ...], child: Solution) -> "Option":
        """A composite field combined from several subgraphs. Fetches that were paid already when
        ``child`` was found were free then; the option needs them nevertheless."""
        mask = child.mask
        asked = child.used_holders()
        for index, access in enumerate(accesses):
            if not asked or index in asked:
                mask |= access.mask
        hops = sum(a.base is None and a.mask & ~mask == 0 for a in accesses)
        return cls(mask, child.round, accesses, child, child.effort + HOP * hops)


@dataclass(slots=True)
class OpenField:
    """A field with its options. ``joinable`` are the sources that its selection may be combined
    from, with the object that each leads to; ``tried`` are the sets of already paid fetches for
    which a combination has been looked for."""

    field: Field
    runtime: str | None
    options: list[Option]
    joinable: Sequence[Lead] = ()
    tried: set[int] = dataclasses.field(default_factory=set[int])

    @property
    def is_free(self) -> bool:
        """Whether the field needs no further fetch."""
        return bool(self.options) and self.options[0].mask == 0


def _asked_holders(accesses: Sequence[Access], child: Solution | None) -> set[int]:
    """The indexes of the holders through which a child object is queried; ``child`` solves it."""
    asked = child.used_holders() if child is not None and len(accesses) > 1 else frozenset[int]()
    found: set[int] = set()
    for index, access in enumerate(accesses):
        if not asked or index in asked:
            found |= _way_holders(access)
    return found


def _way_holders(access: Access) -> set[int]:
    """The indexes of the holders that one access depends on."""
    if access.base is not None:
        return {access.base}
    found: set[int] = set()
    for condition in (access.key, access.requires):
        if condition is not None:
            found |= condition.solution.used_holders()
    return found
