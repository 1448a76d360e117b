"""Which objects may share the results of entity calls.

Objects that stand for one entity receive the same result. They may receive the same *dicts*, or
even become one dict, as long as later steps write the same values at or below all of them.
"""

from collections.abc import Callable, Mapping, Sequence, Set

from trellis.router.executor.entities import ALONE
from trellis.router.executor.response_keys import response_keys
from trellis.router.planner.plan import EntityTarget, FetchStep, Path
from trellis.router.planner.query_plan import QueryPlan

Groups = tuple[tuple[int, ...], ...]
"""One tuple per entity call of a step: the sharing group of each target, or ALONE."""

_Writer = tuple[int, int, Path, Set[str] | None]
"""Step, call within it, path from the target to the objects that are written, their types."""


def sharing_groups(plan: QueryPlan, ancestors: Sequence[frozenset[int]]) -> tuple[Groups, ...]:
    """The sharing groups of each step. ``ancestors`` are the ids of the steps done before it. Both
    are indexed by position in ``plan.steps``."""
    if not any(step.entities for step in plan.steps):
        return tuple(() for _ in plan.steps)
    places = [place for step in plan.steps for place in _places(step)]
    known: dict[int, Mapping[str | None, frozenset[str]]] = {}

    def keys(step: FetchStep) -> Mapping[str | None, frozenset[str]]:
        if step.id not in known:
            known[step.id] = response_keys(step)
        return known[step.id]

    return tuple(
        _groups_of(step, places, done, keys)
        for step, done in zip(plan.steps, ancestors, strict=True)
    )


_Keys = Callable[[FetchStep], Mapping[str | None, frozenset[str]]]


class _Place:
    """A place that a step writes: a root step at its path, an entity call at its targets."""

    __slots__ = ("alias", "call", "depends_on_parents", "path", "step", "types")

    def __init__(
        self,
        step: FetchStep,
        call: int,
        alias: str | None,
        path: Path,
        target: EntityTarget | None = None,
    ) -> None:
        self.step = step
        self.call = call
        self.alias = alias
        self.path = path
        self.types = target.types if target is not None else None
        # With @fromContext the result differs from parent to parent.
        self.depends_on_parents = target is not None and bool(target.contexts)


def _places(step: FetchStep) -> list[_Place]:
    if not step.entities:
        return [_Place(step, 0, None, step.path)]
    return [
        _Place(step, number, call.alias, target.path, target)
        for number, call in enumerate(step.entities)
        for target in call.targets
    ]


def _groups_of(step: FetchStep, places: list[_Place], done: frozenset[int], keys: _Keys) -> Groups:
    groups: list[tuple[int, ...]] = []
    for call in step.entities:
        numbers: dict[frozenset[_Writer], int] = {}
        row = []
        for target in call.targets:
            writers = _writers(target, places, done, keys)
            row.append(ALONE if writers is None else numbers.setdefault(writers, len(numbers)))
        groups.append(tuple(row))
    return tuple(groups)


def _writers(
    target: EntityTarget, places: list[_Place], done: frozenset[int], keys: _Keys
) -> frozenset[_Writer] | None:
    """What later steps write at or below the target's objects. None if some of it reaches only a
    part of the objects, so that they must not share."""
    writers: set[_Writer] = set()
    for place in places:
        if place.step.id in done:
            continue
        relation = _covers(place.path, target.path)
        if relation is False:
            continue
        if len(place.path) < len(target.path):
            # Written from above, down to these objects, if the step selects that path.
            if target.path[len(place.path)].key in keys(place.step)[place.alias]:
                return None
        elif relation is None or place.depends_on_parents:
            return None
        else:
            below = place.path[len(target.path) :]
            writers.add((place.step.id, place.call, below, place.types))
    return frozenset(writers)


def _covers(path: Path, start: Path) -> bool | None:
    """Whether ``path`` goes through all objects at ``start`` (True), none of them (False) or some
    (None). Only the common length of both paths is compared."""
    is_total = True
    for segment, own in zip(path, start, strict=False):
        if segment.key != own.key:
            return False
        if segment.types is None:
            continue
        if own.types is None or not own.types <= segment.types:
            if own.types is not None and own.types.isdisjoint(segment.types):
                return False
            is_total = False
    return True if is_total else None
