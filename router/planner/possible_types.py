"""The runtime types an abstract position can have, whichever subgraph resolves it.

Subgraphs may know different members of one union or interface. A field that several of them
resolve (``@shareable``) must return the same value in each, so an object of a type that one of
them does not know there cannot occur; composition warns about it with the hint
INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN. The satisfiability check does not look below such
a type, so the planner must not either: fields that the client selects on it are dropped, and the
answer does not depend on which of the subgraphs the plan uses.
"""

from collections.abc import Iterable
from dataclasses import replace

from trellis.router.operation.model import Field, SelectionSet
from trellis.router.planner.abstract import TYPENAME
from trellis.router.planner.candidates import Holders
from trellis.router.planner.leads import find_leads
from trellis.router.planner.search import PlanSearch


class PossibleTypes:
    """Removes fields on types that cannot occur from the selections of one operation."""

    def __init__(self, search: PlanSearch) -> None:
        self.search = search
        self.view = search.view
        self._pruned: dict[tuple[SelectionSet, Holders], SelectionSet] = {}
        self._concerned: dict[SelectionSet, bool] = {}

    def prune(self, selection: SelectionSet, holders: Holders) -> SelectionSet:
        """``selection`` without the fields on types that some subgraph of ``holders`` (all that can
        resolve the position) does not return there; the same object when nothing is removed."""
        if not self.view.uneven or not self._is_concerned(selection):
            return selection
        memo_key = (selection, holders)
        found = self._pruned.get(memo_key)
        if found is None:
            self.search.spend()
            found = self._pruned[memo_key] = self._prune(selection, holders)
        return found

    def _is_concerned(self, selection: SelectionSet) -> bool:
        found = self._concerned.get(selection)
        if found is None:
            found = self._concerned[selection] = selection.type in self.view.uneven or any(
                self._is_concerned(field.selection)
                for field in selection.fields
                if field.selection is not None
            )
        return found

    def _prune(self, selection: SelectionSet, holders: Holders) -> SelectionSet:
        common = selection.possible
        for holder in holders:
            common &= self.view.real_types(holder.subgraph, holder.view)
        fields: list[Field] = []
        for field in selection.fields:
            fields.extend(self._fields(field, _left(field, common), selection.possible, holders))
        if len(fields) == len(selection.fields) and all(map(_is, fields, selection.fields)):
            return selection
        # The answer may still depend on the type, even where nothing is left to select on it.
        return SelectionSet(selection.type, selection.possible, (*fields, TYPENAME))

    def _fields(
        self,
        field: Field,
        types: frozenset[str] | None,
        possible: frozenset[str],
        holders: Holders,
    ) -> Iterable[Field]:
        """The field for the remaining types, split where their selections now differ."""
        if types is not None and not types:
            return
        if field.selection is None or field.denied or not self._is_concerned(field.selection):
            yield field if types == field.types else replace(field, types=types)
            return
        apart: dict[SelectionSet, list[str]] = {}
        for runtime in sorted(possible if types is None else types):
            below = self._below(field, runtime, holders)
            inner = self.prune(field.selection, below) if below else field.selection
            apart.setdefault(inner, []).append(runtime)
        for inner, names in apart.items():
            own = types if len(apart) == 1 else frozenset(names)
            if inner is field.selection and own == field.types:
                yield field
            else:
                yield replace(field, selection=inner, types=own)

    def _below(self, field: Field, runtime: str, holders: Holders) -> Holders:
        """All holders of the child object of a field on this type."""
        holders = tuple(
            holder._replace(view=self.view.known_as(holder.subgraph, holder.view, runtime))
            for holder in holders
            if runtime in self.view.real_types(holder.subgraph, holder.view)
        )
        if not holders:
            return ()
        sources = self.search.sources_of(runtime, holders).all_sources(field.name)
        leads = find_leads(self.view, sources, runtime, field.name)
        return tuple(dict.fromkeys(below for _, below in leads))


def _left(field: Field, common: frozenset[str]) -> frozenset[str] | None:
    """The types for which a field stays selected. A type condition stays whole when at least one
    of its types is among the ``common`` ones, and is dropped otherwise."""
    if field.types is None:
        return None
    named = (types for types in field.type_conditions if not types.isdisjoint(common))
    left = field.types & common.union(*named)
    return field.types if left == field.types else left


def _is(one: Field, other: Field) -> bool:
    return one is other
