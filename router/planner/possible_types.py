"""Which runtime types an abstract position can have, whatever subgraph is asked for it.

Subgraphs may know different members of one union or interface. A field that several of them
resolve (``@shareable``) must lead to the same value in each, so an object of a type that one of
them does not know there cannot come (composition hints at it: it is what
INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN means). Composition's satisfiability check does not
look below such a type, so the planner must not either: what the client asks of it is not asked of
anybody, which of the subgraphs the plan takes does not show in the answer.
"""

from collections.abc import Iterable
from dataclasses import replace

from trellis.router.operation.model import Field, SelectionSet
from trellis.router.planner.abstract import TYPENAME
from trellis.router.planner.choice import Spot
from trellis.router.planner.choose import Chooser
from trellis.router.planner.leads import find_leads


class PossibleTypes:
    """Takes what can never be answered out of the selections of one operation."""

    def __init__(self, chooser: Chooser) -> None:
        self.chooser = chooser
        self.view = chooser.view
        self._pruned: dict[tuple[SelectionSet, Spot], SelectionSet] = {}
        self._concerned: dict[SelectionSet, bool] = {}

    def prune(self, selection: SelectionSet, spot: Spot) -> SelectionSet:
        """``selection`` without what is asked of types that some subgraph of ``spot`` (all those
        that can be asked for the position) does not return there; itself when that is nothing."""
        if not self.view.uneven or not self._is_concerned(selection):
            return selection
        mark = (selection, spot)
        found = self._pruned.get(mark)
        if found is None:
            self.chooser.spend()
            found = self._pruned[mark] = self._prune(selection, spot)
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

    def _prune(self, selection: SelectionSet, spot: Spot) -> SelectionSet:
        common = selection.possible
        for holder in spot:
            common &= self.view.real_types(holder.subgraph, holder.view)
        fields: list[Field] = []
        for field in selection.fields:
            fields.extend(self._fields(field, _left(field, common), selection.possible, spot))
        if len(fields) == len(selection.fields) and all(map(_is, fields, selection.fields)):
            return selection
        # The answer may still depend on the type, although nothing is asked of it.
        return SelectionSet(selection.type, selection.possible, (*fields, TYPENAME))

    def _fields(
        self,
        field: Field,
        types: frozenset[str] | None,
        possible: frozenset[str],
        spot: Spot,
    ) -> Iterable[Field]:
        """The field for the types left, apart for those below which different things are left."""
        if types is not None and not types:
            return
        if field.selection is None or field.denied or not self._is_concerned(field.selection):
            yield field if types == field.types else replace(field, types=types)
            return
        apart: dict[SelectionSet, list[str]] = {}
        for runtime in sorted(possible if types is None else types):
            below = self._below(field, runtime, spot)
            inner = self.prune(field.selection, below) if below else field.selection
            apart.setdefault(inner, []).append(runtime)
        for inner, names in apart.items():
            own = types if len(apart) == 1 else frozenset(names)
            if inner is field.selection and own == field.types:
                yield field
            else:
                yield replace(field, selection=inner, types=own)

    def _below(self, field: Field, runtime: str, spot: Spot) -> Spot:
        """Everybody that can be asked for the field of an object of this type."""
        holders = tuple(
            holder._replace(view=self.view.known_as(holder.subgraph, holder.view, runtime))
            for holder in spot
            if runtime in self.view.real_types(holder.subgraph, holder.view)
        )
        if not holders:
            return ()
        sources = self.chooser.place(runtime, holders).all_sources(field.name)
        leads = find_leads(self.view, sources, runtime, field.name)
        return tuple(dict.fromkeys(below for _, below in leads))


def _left(field: Field, common: frozenset[str]) -> frozenset[str] | None:
    """The types for which a field is asked. One that the client named alone counts when it is
    among the ``common`` ones; of types named at once one of them is enough."""
    if field.types is None:
        return None
    named = (types for types in field.meant if not types.isdisjoint(common))
    left = field.types & common.union(*named)
    return field.types if left == field.types else left


def _is(one: Field, other: Field) -> bool:
    return one is other
