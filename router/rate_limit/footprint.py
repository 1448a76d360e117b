"""What is counted for an operation. It is independent of the request, and so computed once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from trellis.router.operation.model import Field, NormalizedOperation, SelectionSet

_AT_MOST = 1_000_000
_DELETING = ("delete", "remove")


@dataclass(frozen=True, slots=True, eq=False)
class Footprint:
    """``tries`` is the number of attempts by class: a query and the start of a subscription are
    one, each field of a mutation is one write or delete. ``fields`` are the limited fields of the
    operation with their coordinates and numbers of occurrences, fragments expanded.
    ``wants_states``: a resolver needs the states of the caller's limits. ``weight`` is the memory
    of the operation, which ``fields`` keeps alive."""

    tries: Mapping[str, int]
    root_fields: int = 1
    fields: tuple[tuple[str, Field, int], ...] = field(default=())
    wants_states: bool = False
    weight: int = 500


REFUSED = Footprint({"read": 1})
"""A request that was refused for another reason counts as a read."""


def footprint_of(
    operation: NormalizedOperation,
    limited: Collection[str],
    stating: Collection[str],
    deleting: Collection[str],
) -> Footprint:
    """The footprint of an operation. ``limited`` are the coordinates of fields with limits,
    ``stating`` those of fields whose resolvers need the states of limits, ``deleting`` those of
    mutations that count as deletes in addition to the ones recognized by name."""
    roots = [root for root in operation.selection.fields if root.name != "__typename"]
    root_type = operation.selection.type
    finder = _Finder(limited)
    return Footprint(
        tries=_tries(operation, roots, deleting),
        root_fields=max(1, len(roots)),
        fields=tuple(
            (coordinate, found, times)
            for (coordinate, found), times in finder.below(operation.selection).items()
        ),
        wants_states=any(f"{root_type}.{root.name}" in stating for root in roots),
        weight=operation.weight,
    )


def _tries(
    operation: NormalizedOperation, roots: list[Field], deleting: Collection[str]
) -> dict[str, int]:
    if operation.kind == "subscription":
        return {"subscription": 1}
    if operation.kind == "query":
        return {"read": 1}
    root_type = operation.selection.type
    deletes = sum(
        root.name.startswith(_DELETING) or f"{root_type}.{root.name}" in deleting for root in roots
    )
    found = {"write": len(roots) - deletes, "delete": deletes}
    return {name: count for name, count in found.items() if count} or {"write": 1}


_Occurrences = dict[tuple[str, Field], int]


class _Finder:
    """Visits each selection set once, because an operation may use the same one many times."""

    def __init__(self, limited: Collection[str]) -> None:
        self._limited = frozenset(limited)
        self._names = {coordinate.partition(".")[2] for coordinate in limited}
        self._known: dict[int, _Occurrences] = {}

    def below(self, selection: SelectionSet) -> _Occurrences:
        known = self._known.get(id(selection))
        if known is None:
            known = self._known[id(selection)] = self._find(selection)
        return known

    def _find(self, selection: SelectionSet) -> _Occurrences:
        found: _Occurrences = {}
        for field_ in selection.fields:
            if field_.denied:
                continue
            if field_.name in self._names:
                for coordinate in self._coordinates(field_, selection):
                    found[coordinate, field_] = 1
            if field_.selection is not None:
                for occurrence, times in self.below(field_.selection).items():
                    found[occurrence] = min(found.get(occurrence, 0) + times, _AT_MOST)
        return found

    def _coordinates(self, field_: Field, selection: SelectionSet) -> frozenset[str]:
        types = selection.possible if field_.types is None else field_.types
        written = {f"{type_}.{field_.name}" for type_ in (*types, field_.parent)}
        return self._limited & written
