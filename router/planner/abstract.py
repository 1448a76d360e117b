"""Solving selections on abstract types, where the data decides the runtime type.

A field is selected once on the interface where the subgraph has it there and all runtime types
agree. Otherwise it is selected in a fragment for each runtime type that the subgraph can return. An
object known only as an ``@interfaceObject`` has no runtime type yet: when something depends on the
type, it is fetched from a subgraph that has the interface itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from graphql import GraphQLNonNull, GraphQLString

from trellis.router.operation.model import Field, SelectionSet
from trellis.router.planner.candidates import (
    HOP,
    Access,
    Holder,
    Holders,
    OpenField,
    Option,
    Solution,
)
from trellis.router.planner.object_sources import ObjectSources, Solver
from trellis.router.planner.tables import Kind

TYPENAME = Field("__typename", "__typename", "", GraphQLNonNull(GraphQLString))


class SelectionSearch(Solver, Protocol):
    """The part of ``PlanSearch`` used here."""

    accepts_absent: bool

    def sources_of(self, type_name: str, holders: Holders) -> ObjectSources: ...
    def solve(self, selection: SelectionSet, holders: Holders) -> Solution | None: ...
    def decide(self, choices: list[OpenField], start: int) -> Solution: ...
    def composite(
        self, field: Field, type_name: str, sources: Sequence[Access]
    ) -> list[Option]: ...


@dataclass(slots=True)
class Group:
    """Equal fields under whatever response keys, with the runtime types they apply to (None: all).
    ``type_conditions`` are those under which the client selected them, as sets of types."""

    field: Field
    types: frozenset[str] | None
    type_conditions: frozenset[frozenset[str]] = frozenset()


def solve_abstract(
    search: SelectionSearch, selection: SelectionSet, holders: Holders
) -> Solution | None:
    """The solution for a selection on an abstract position; None when there is none."""
    groups = _groups(selection)
    if len(holders) == 1:
        return _at(search, selection, groups, holders)
    # Each holder alone, then all of them together. On ties a single holder wins, as it comes first.
    options: list[Solution] = []
    start = min(holder.round for holder in holders)
    for access in _bases(holders):
        alone = (Holder(access.subgraph, access.view, access.provides),)
        inner = search.solve(selection, alone)
        if inner is not None:
            mask = access.mask | inner.mask << (search.view.size * access.round)
            turn = access.round + inner.round
            effort = inner.effort + (inner.leaves if access.round > start else 0)
            options.append(
                Solution(
                    mask,
                    turn,
                    effort=effort,
                    leaves=inner.leaves,
                    held=(access,),
                    inner=inner,
                )
            )
    together = _at(search, selection, groups, holders)
    if together is not None:
        options.append(together)
    weight = search.view.weight
    return min(options, key=lambda s: (weight(s.mask), s.effort, s.round), default=None)


def _at(
    search: SelectionSearch, selection: SelectionSet, groups: list[Group], holders: Holders
) -> Solution | None:
    kinds = [search.view.kind(h.subgraph, h.view) for h in holders]
    if all(kind is Kind.INTERFACE_OBJECT for kind in kinds):
        return _AtInterfaceObject(search, selection, groups, holders).solve()
    return _AtKnownType(search, selection, groups, holders).solve()


class _AtKnownType:
    """At least one holder can return the runtime type."""

    def __init__(
        self,
        search: SelectionSearch,
        selection: SelectionSet,
        groups: list[Group],
        holders: Holders,
    ) -> None:
        self.search = search
        self.view = search.view
        self.selection = selection
        self.groups = groups
        self.holders = holders
        self.bases = _bases(holders)
        self.kinds = [self.view.kind(h.subgraph, h.view) for h in holders]
        self.telling = [
            base
            for base, kind in zip(self.bases, self.kinds, strict=True)
            if kind is not Kind.INTERFACE_OBJECT
        ]
        # The types that all holders can return, and for which of them some holder has __typename.
        self.reach = selection.possible
        covered: set[str] = set()
        for base in self.telling:
            self.reach &= self.view.real_types(base.subgraph, base.view)
            covered |= self.view.possible(base.subgraph, base.view)
        self.runtime = self.reach & covered
        # When no object type implements the interface, no such object can exist (decision 0031).
        self.is_implemented = bool(self.view.graph.possible(selection.type))
        self.must_be_absent = False

    def solve(self) -> Solution | None:
        divided = self._divided()
        if divided is None:
            return None
        choices, per_type, depends = divided
        unknown = self._members_of_unknown_type() if depends else []
        if unknown is None:
            return None
        parts = [self.search.decide(choices, min(h.round for h in self.holders))]
        for runtime in sorted(per_type):
            solved = self._for(runtime, per_type[runtime])
            if solved is None:
                return None
            parts.append(solved)
        members: list[tuple[str, Solution]] = []
        for member in unknown:
            solved = self._for_member(member)
            if solved is None:
                return None
            members.append((member, solved))
        return self._joined(parts, members, depends=depends)

    def _joined(
        self, parts: list[Solution], members: list[tuple[str, Solution]], *, depends: bool
    ) -> Solution:
        """All parts as one solution; ``depends``: the runtime type has to be fetched."""
        everything = [*parts, *(solved for _, solved in members)]
        mask = 0
        for solved in everything:
            mask |= solved.mask
        type_sources = self._type_sources(mask) if depends else ()
        for type_source in type_sources:
            mask |= type_source.mask
        return Solution(
            mask,
            max(solved.round for solved in everything),
            tuple(pick for part in parts for pick in part.picks),
            type_sources=type_sources,
            effort=sum(solved.effort for solved in everything),
            leaves=sum(part.leaves for part in parts),
            members=tuple(members),
            must_be_absent=depends and self.must_be_absent,
        )

    def _divided(self) -> tuple[list[OpenField], dict[str, list[Field]], bool] | None:
        """The fields selected on the position as a whole, those selected per runtime type, and
        whether the answer depends on the type. None when a field can be selected in neither
        way."""
        choices: list[OpenField] = []
        per_type: dict[str, list[Field]] = {}
        depends = self._has_hidden_types() or tells_types_apart(self.selection)
        for group in self.groups:
            if group.field.denied or group.field.name.startswith("__"):
                continue
            options = self._on_position(group)
            if options:
                choices.append(OpenField(group.field, None, options))
                continue
            depends = True
            if not self._can_ask_per_type(group):
                return None
            for runtime in self.runtime if group.types is None else self.runtime & group.types:
                per_type.setdefault(runtime, []).append(group.field)
        return choices, per_type, depends

    def _can_ask_per_type(self, group: Group) -> bool:
        """Whether, for each type condition of the client, some holder alone leads to the field for
        all its types.

        Different subgraphs may resolve different type conditions, but the types of one condition
        are not divided among several subgraphs.
        """
        if not self.is_implemented:
            self.must_be_absent = True
            return self.search.accepts_absent
        if len(self.holders) == 1:
            return True
        return all(
            any(
                all(self._for(runtime, [group.field], (holder,)) for runtime in types)
                for holder in self.holders
            )
            for condition in group.type_conditions
            if (types := condition & self.runtime)
        )

    def _has_hidden_types(self) -> bool:
        """Whether objects of ``@inaccessible`` types can occur: these are answered as null, so
        their type must be known."""
        return any(
            not self.view.possible(a.subgraph, a.view) <= self.view.visible for a in self.telling
        )

    def _members_of_unknown_type(self) -> list[str] | None:
        """The ``@interfaceObject`` types among the members of this interface or union as which
        every holder knows some objects, so that none of them returns the real type. None when
        holders know them as different interface objects."""
        members: set[str] = set()
        for runtime in self.reach - self.runtime:
            names = {
                frozenset(self.view.stand_ins(a.subgraph, a.view, runtime)) for a in self.telling
            }
            if len(names) > 1:
                return None
            members = members.union(*names)
        return sorted(member for member in members if self._concern(member))

    def _concern(self, member: str) -> list[Group]:
        """The fields selected on objects known as this interface object."""
        real = self.view.graph.possible(member)
        return [
            group
            for group in self.groups
            if group.types is None or not group.types.isdisjoint(real)
        ]

    def _for_member(self, member: str) -> Solution | None:
        """The solution for objects known as this interface object."""
        groups = self._concern(member)
        holders = tuple(
            holder if kind is Kind.INTERFACE_OBJECT else holder._replace(view=member)
            for holder, kind in zip(self.holders, self.kinds, strict=True)
        )
        return _AtInterfaceObject(self.search, self.selection, groups, holders).solve()

    def _type_sources(self, mask: int) -> tuple[Access, ...]:
        """Holders that together return the runtime type of every object whose type any of them
        knows: a greedy cover, one holder where one is enough."""
        chosen: list[Access] = []
        missing = self.runtime
        cheapest = sorted(self.telling, key=lambda a: self.view.weight(mask | a.mask))
        while not chosen or missing:
            gained = [missing & self.view.possible(a.subgraph, a.view) for a in cheapest]
            most = max(range(len(cheapest)), key=lambda number: len(gained[number]))
            chosen.append(cheapest[most])
            missing -= gained[most]
        return tuple(chosen)

    def _on_position(self, group: Group) -> list[Option]:
        sources = [
            base
            for base, kind in zip(self.bases, self.kinds, strict=True)
            if self._can_ask(base, kind, group)
        ]
        return _options(self.search, group.field, sources, self.runtime)

    def _can_ask(self, base: Access, kind: Kind, group: Group) -> bool:
        name = group.field.name
        if kind is Kind.INTERFACE_OBJECT:
            return self.view.plain(
                base.subgraph, base.view, name
            ) is not None and self.selection.possible <= self.view.graph.possible(base.view)
        if kind is not Kind.INTERFACE:
            return False
        if group.types is not None and not self.runtime <= group.types:
            return False
        return self.view.is_asked_on_interface(base.subgraph, base.view, name, base.provides)

    def _for(
        self, runtime: str, fields: list[Field], among: Holders | None = None
    ) -> Solution | None:
        """The solution for fields of one runtime type; ``among`` limits the holders."""
        holders = tuple(
            holder
            if kind is Kind.INTERFACE_OBJECT
            else holder._replace(view=self.view.known_as(holder.subgraph, holder.view, runtime))
            for holder, kind in zip(self.holders, self.kinds, strict=True)
            if among is None or holder in among
        )
        return self.search.solve_fields(fields, self.search.sources_of(runtime, holders))


class _AtInterfaceObject:
    """Every holder knows the object only as an interface object."""

    def __init__(
        self,
        search: SelectionSearch,
        selection: SelectionSet,
        groups: list[Group],
        holders: Holders,
    ) -> None:
        self.search = search
        self.view = search.view
        self.selection = selection
        self.groups = groups
        self.holders = holders
        self.sources = search.sources_of(holders[0].view, holders)

    def solve(self) -> Solution | None:
        choices: list[OpenField] = []
        rest: list[Group] = []
        for group in self.groups:
            if group.field.denied:
                continue
            options = [] if group.field.name == "__typename" else self._on_position(group)
            if options:
                choices.append(OpenField(group.field, None, options))
            else:
                rest.append(group)
        if not rest and tells_types_apart(self.selection):
            rest.append(Group(TYPENAME, None))
        whole = self.search.decide(choices, self.sources.start)
        if not rest:
            return whole
        inner = self._through_the_interface(rest, whole.mask)
        if inner is None:
            return None
        return Solution(
            whole.mask | inner.mask,
            max(whole.round, inner.round),
            whole.picks,
            effort=whole.effort + inner.effort,
            leaves=whole.leaves + inner.leaves,
            held=inner.held,
            inner=inner.inner,
        )

    def _on_position(self, group: Group) -> list[Option]:
        name = group.field.name
        sources = self.sources.nearest(name)
        if group.types is not None:
            sources = [a for a in sources if a.base is not None]
        return _options(self.search, group.field, sources, self.selection.possible)

    def _through_the_interface(self, rest: list[Group], paid: int) -> Solution | None:
        options: list[Solution] = []
        for access in self.sources.accesses():
            if self.view.kind(access.subgraph, access.view) is not Kind.INTERFACE:
                continue
            holder = Holder(access.subgraph, access.view, (), access.round, access.mask)
            holders = (holder, *self.holders)
            inner = _AtKnownType(self.search, self.selection, rest, holders).solve()
            if inner is not None:
                held = (access, *self.sources.bases)
                options.append(
                    Solution(
                        inner.mask,
                        inner.round,
                        effort=inner.effort + HOP,
                        leaves=inner.leaves,
                        held=held,
                        inner=inner,
                    )
                )
        weight = self.view.weight
        # ``paid`` is fetched for the other fields anyway, so an interface reached along the way
        # is preferred to one that is near but otherwise unused.
        return min(options, key=lambda s: (weight(s.mask | paid), s.effort, s.round), default=None)


def tells_types_apart(selection: SelectionSet) -> bool:
    """Whether the fields of the answer, or their order, depend on the runtime type."""
    if selection.orders:
        return True
    return any(f.types is not None or f.name == "__typename" for f in selection.fields)


def _options(
    search: SelectionSearch, field: Field, sources: list[Access], possible: Iterable[str]
) -> list[Option]:
    """The options of a field selected on the position as a whole."""
    if field.selection is None:
        free = [a for a in sources if a.mask == 0]
        return [Option.leaf(a) for a in free or sources]
    return search.composite(field, min(possible, default=""), sources)


def _groups(selection: SelectionSet) -> list[Group]:
    groups: dict[tuple[object, ...], Group] = {}
    for field in selection.fields:
        asked = (field.name, field.argument_text, field.directed)
        memo_key = (*asked, id(field.selection), field.denied)
        known = groups.get(memo_key)
        if known is None:
            groups[memo_key] = Group(field, field.types, field.type_conditions)
            continue
        known.type_conditions |= field.type_conditions
        if known.types is not None:
            joined = None if field.types is None else known.types | field.types
            known.types = None if joined == selection.possible else joined
    return list(groups.values())


def _bases(holders: Holders) -> list[Access]:
    return [
        Access(h.subgraph, h.view, h.round, h.mask, h.provides, base=index)
        for index, h in enumerate(holders)
    ]
