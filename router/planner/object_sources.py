"""One object of a known type: the subgraphs that can be queried for its fields, and how.

Reachability is a closure over entity hops. From the subgraphs that hold the object, every subgraph
with a resolvable key whose fields are available is one round further; its fields make more keys
available. The fields of a composite key may come from several subgraphs. A field with ``@requires``
needs one more hop into its subgraph, which sends the required fields.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from trellis.router.operation.model import Field, SelectionSet
from trellis.router.planner.candidates import Access, Condition, Holders, Lead, Option, Solution
from trellis.router.planner.leads import find_leads, joinable
from trellis.router.planner.tables import Kind, LocalField
from trellis.router.planner.view import Entrance, GraphView

MAX_HOPS = 12
"""Rounds of the closure: how many entity hops a subgraph may be away. A safety bound: the closure
ends by itself when nothing new is reached, on public graphs after at most two."""


class Solver(Protocol):
    """The part of ``PlanSearch`` used here."""

    view: GraphView
    cuts: int
    unfinished: int

    def is_whole(self, before: int) -> bool: ...
    def solve_fields(self, fields: Iterable[Field], sources: ObjectSources) -> Solution | None: ...


class ObjectSources:
    """The ways to query one object, computed on first use and kept.

    An answer that a cycle cut short (see ``PlanSearch.is_whole``) is not kept: each method stores
    its result only when what it derives from was stored.
    """

    def __init__(self, search: Solver, type_name: str, holders: Holders) -> None:
        self.search = search
        self.view = search.view
        self.type = type_name
        self.holders = holders
        self.bases = [
            Access(h.subgraph, h.view, h.round, h.mask, h.provides, base=index)
            for index, h in enumerate(holders)
        ]
        self.known: list[Access] = list(self.bases)
        self.start = min((h.round for h in holders), default=0)
        # For an interface the runtime type is unknown: fields are selected for all types at once.
        self.runtime = None if self.view.is_interface(type_name) else type_name
        self._is_closed = False
        self._is_closing = False
        self._near: dict[str, list[Access]] = {}
        self._leaves: dict[str, list[Option]] = {}
        self._all: dict[str, list[Access]] = {}
        self._leads: dict[str, list[Lead]] = {}
        self._joinable: dict[str, list[Lead]] = {}
        self._asking: set[str] = set()

    def nearest(self, name: str) -> list[Access]:
        """Where a field can be queried, nearest first. Hops are omitted when a subgraph that has
        the object anyway also has the field: nothing is cheaper than no further fetch."""
        found = self._near.get(name)
        if found is None:
            found = self._with_field(self.bases, name)
            is_complete = any(a.mask == 0 for a in found)
            if not is_complete:
                found = self.all_sources(name)
                is_complete = name in self._all
            if is_complete:
                self._near[name] = found
        return found

    def leaf_options(self, name: str) -> list[Option]:
        """The options of a leaf field, nearest first."""
        found = self._leaves.get(name)
        if found is None:
            found = [Option.leaf(access) for access in self.nearest(name)]
            if name in self._near:
                self._leaves[name] = found
        return found

    def leads(self, name: str) -> list[Lead]:
        """Where a composite field leads from its ``nearest`` sources."""
        found = self._leads.get(name)
        if found is None:
            found = find_leads(self.view, self.nearest(name), self.type, name)
            if name in self._near:
                self._leads[name] = found
        return found

    def further_leads(self, name: str) -> list[Lead]:
        """Where it leads from those of ``all_sources`` that are not ``nearest``. The nearest source
        of a composite field is not always best: what is selected below it may cost more there."""
        near = self.nearest(name)
        everywhere = self.all_sources(name)
        if len(everywhere) <= len(near):
            return []
        known = set(near)
        further = [access for access in everywhere if access not in known]
        return find_leads(self.view, further, self.type, name)

    def joinable_leads(self, name: str) -> list[Lead]:
        """The sources from which the field's object may be combined; none when there is only
        one."""
        found = self._joinable.get(name)
        if found is None:
            sources = max(self.nearest(name), self.all_sources(name), key=len)
            found = joinable(find_leads(self.view, sources, self.type, name))
            if name in self._all:
                self._joinable[name] = found
        return found

    def all_sources(self, name: str) -> list[Access]:
        """Every access through which a field can be queried, nearest first."""
        known = self._all.get(name)
        if known is not None:
            return known
        found = self._with_field(self.accesses(), name)
        if name in self._asking:
            # The field is (indirectly) required by itself: only sources without @requires count.
            self.search.cuts += 1
            return found
        before = self.search.cuts
        self._asking.add(name)
        self.search.unfinished += 1
        found += self._through_requirements(name)
        self.search.unfinished -= 1
        self._asking.discard(name)
        found.sort(key=lambda a: (self.view.weight(a.mask), a.round))
        if self._is_closed and self.search.is_whole(before):
            self._all[name] = found
        return found

    def accesses(self) -> list[Access]:
        """Every subgraph that can be reached from the holders, nearest first."""
        if self._is_closing:
            self.search.cuts += 1
        elif not self._is_closed:
            self._close()
        return self.known

    def _with_field(self, accesses: list[Access], name: str) -> list[Access]:
        """The accesses through which a field can be queried without ``@requires``."""
        if self.runtime is None:
            return [access for access in accesses if self._has(access, name)]
        homes = self.view.plain_homes(self.type, name)
        return [
            access
            for access in accesses
            if (access.view == self.type and homes >> access.subgraph & 1)
            or ((access.provides or access.view != self.type) and self._has(access, name))
        ]

    def _has(self, access: Access, name: str) -> bool:
        subgraph, view, provides = access.subgraph, access.view, access.provides
        if self.view.kind(subgraph, view) is Kind.INTERFACE:
            return self.view.is_asked_on_interface(subgraph, view, name, provides)
        if self.view.plain(subgraph, view, name) is not None:
            return True
        return self.view.is_provided(subgraph, view, name, self.type, provides)

    def _through_requirements(self, name: str) -> list[Access]:
        found: list[Access] = []
        for subgraph, view, field in self.view.with_inputs(self.type, name):
            access = self._hop_with_inputs(subgraph, view, field)
            if access is not None:
                found.append(access)
        return found

    def _hop_with_inputs(self, subgraph: int, view: str, field: LocalField) -> Access | None:
        """The hop into a subgraph that sends what the field's ``@requires`` selects. It goes back
        even into a subgraph that holds the object: a plain selection cannot pass values in."""
        key = self._key_into(subgraph, view)
        if key is None:
            return None
        required: Condition | None = None
        turn, mask = key.solution.round, key.solution.mask
        if field.requires is not None:
            solution = self._solve(self.view.fields_for(field.requires, self.type))
            if solution is None:
                return None
            required = Condition(field.requires, solution)
            turn, mask = max(turn, solution.round), mask | solution.mask
        turn += 1
        mask |= self._bit(turn, subgraph)
        return Access(
            subgraph, view, turn, mask, key=key, requires=required, contexts=field.contexts
        )

    def _key_into(self, subgraph: int, view: str) -> Condition | None:
        """The key by which a subgraph is entered (again)."""
        home = (subgraph, view)
        for access in self.accesses():
            if (access.subgraph, access.view) == home and access.key is not None:
                return access.key
        best: Condition | None = None
        for entrance in self.view.entrances(self.type):
            if (entrance.subgraph, entrance.view) == home:
                condition = self._condition(entrance)
                if condition is not None and (best is None or _is_nearer(condition, best)):
                    best = condition
        return best

    def _close(self) -> None:
        before = self.search.cuts
        self._is_closing = True
        self.search.unfinished += 1
        self.known = list(self.bases)
        if self.type in self.view.root_types:
            self._reach_roots()
        for _ in range(MAX_HOPS):
            if not self._reach_next():
                break
        self._is_closing = False
        self.search.unfinished -= 1
        self._is_closed = self.search.is_whole(before)

    def _reach_roots(self) -> None:
        """A root type needs no key: any subgraph can be queried for its fields."""
        # The holders of an operation's root cost a fetch each, and are all the subgraphs that have
        # the type already.
        if any(a.mask for a in self.bases):
            return
        start = min(a.round for a in self.bases)
        reached = {a.subgraph for a in self.known}
        for subgraph, view in self.view.homes(self.type):
            if subgraph not in reached:
                mask = self._bit(start + 1, subgraph)
                self.known.append(Access(subgraph, view, start + 1, mask))

    def _reach_next(self) -> bool:
        reached = {(a.subgraph, a.view) for a in self.known}
        best: dict[tuple[int, str], Access] = {}
        conditions: dict[SelectionSet, Condition | None] = {}  # many subgraphs share a key
        for entrance in self.view.entrances(self.type):
            home = (entrance.subgraph, entrance.view)
            if home in reached:
                continue
            selection = entrance.key.selection
            if selection not in conditions:
                conditions[selection] = self._condition(entrance)
            condition = conditions[selection]
            if condition is None:
                continue
            turn = condition.solution.round + 1
            mask = condition.solution.mask | self._bit(turn, entrance.subgraph)
            known = best.get(home)
            if known is None or (turn, self._weight(mask)) < (
                known.round,
                self._weight(known.mask),
            ):
                best[home] = Access(entrance.subgraph, entrance.view, turn, mask, key=condition)
        if not best:
            return False
        # Only the nearest are added per pass: what is further away may become nearer through
        # fields of these, and an access is never revised once it is known.
        nearest = min(access.round for access in best.values())
        self.known.extend(a for a in best.values() if a.round == nearest)
        return True

    def _condition(self, entrance: Entrance) -> Condition | None:
        fields = self.view.fields_for(entrance.key.selection, self.type)
        solution = self._solve(fields)
        return Condition(entrance.key.selection, solution) if solution is not None else None

    def _solve(self, fields: tuple[Field, ...]) -> Solution | None:
        return self.search.solve_fields(fields, self)

    def _weight(self, mask: int) -> int:
        return self.view.weight(mask)

    def _bit(self, turn: int, subgraph: int) -> int:
        return 1 << (turn * self.view.size + subgraph)


def _is_nearer(one: Condition, other: Condition) -> bool:
    return one.solution.round < other.solution.round
