"""Choosing at a position whose runtime type is decided by the data.

A field is asked once on the interface where the subgraph has it there and all runtime types agree.
Otherwise it is asked apart for each runtime type that the subgraph can return. An object known only
through an ``@interfaceObject`` has no runtime type yet: it is learned from a subgraph that has the
interface itself, when something depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from graphql import GraphQLNonNull, GraphQLString

from trellis.router.operation.model import Field, SelectionSet
from trellis.router.planner.choice import HOP, Access, Holder, Open, Option, Solution, Spot
from trellis.router.planner.place import Place, Solver
from trellis.router.planner.tables import Kind

TYPENAME = Field("__typename", "__typename", "", GraphQLNonNull(GraphQLString))


class Search(Solver, Protocol):
    """The part of ``Chooser`` that is needed here."""

    accepts_absent: bool

    def place(self, type_name: str, spot: Spot) -> Place: ...
    def solve(self, selection: SelectionSet, spot: Spot) -> Solution | None: ...
    def decide(self, choices: list[Open], start: int) -> Solution: ...
    def composite(
        self, field: Field, type_name: str, sources: Sequence[Access]
    ) -> list[Option]: ...


@dataclass(slots=True)
class Group:
    """One question with the runtime types it is for (None: all), whatever its response keys.
    ``meant`` are the sets of types for which the client asked it at once."""

    field: Field
    types: frozenset[str] | None
    meant: frozenset[frozenset[str]] = frozenset()


def solve_abstract(chooser: Search, selection: SelectionSet, spot: Spot) -> Solution | None:
    """How a selection on an abstract position is answered; None when it cannot be."""
    groups = _groups(selection)
    if len(spot) == 1:
        return _at(chooser, selection, groups, spot)
    options: list[Solution] = []
    start = min(holder.round for holder in spot)
    for access in _bases(spot):
        alone = (Holder(access.subgraph, access.view, access.given),)
        inner = chooser.solve(selection, alone)
        if inner is not None:
            mask = access.mask | inner.mask << (chooser.view.size * access.round)
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
    together = _at(chooser, selection, groups, spot)
    if together is not None:
        options.append(together)
    weight = chooser.view.weight
    return min(options, key=lambda s: (weight(s.mask), s.effort, s.round), default=None)


def _at(
    chooser: Search, selection: SelectionSet, groups: list[Group], spot: Spot
) -> Solution | None:
    kinds = [chooser.view.kind(h.subgraph, h.view) for h in spot]
    if all(kind is Kind.INTERFACE_OBJECT for kind in kinds):
        return _AtInterfaceObject(chooser, selection, groups, spot).solve()
    return _AtKnownType(chooser, selection, groups, spot).solve()


class _AtKnownType:
    """Some holder can tell the runtime type."""

    def __init__(
        self, chooser: Search, selection: SelectionSet, groups: list[Group], spot: Spot
    ) -> None:
        self.chooser = chooser
        self.view = chooser.view
        self.selection = selection
        self.groups = groups
        self.spot = spot
        self.bases = _bases(spot)
        self.kinds = [self.view.kind(h.subgraph, h.view) for h in spot]
        self.telling = [
            base
            for base, kind in zip(self.bases, self.kinds, strict=True)
            if kind is not Kind.INTERFACE_OBJECT
        ]
        # What each holder can return, and of which of these objects it knows the real type.
        self.reach = selection.possible
        told: set[str] = set()
        for base in self.telling:
            self.reach &= self.view.real_types(base.subgraph, base.view)
            told |= self.view.possible(base.subgraph, base.view)
        self.runtime = self.reach & told
        # Nothing in the schema implements the interface: nobody can say what such an object is.
        self.is_implemented = bool(self.view.graph.possible(selection.type))
        self.must_be_absent = False

    def solve(self) -> Solution | None:
        divided = self._divided()
        if divided is None:
            return None
        choices, apart, depends = divided
        untold = self._untold_members() if depends else []
        if untold is None:
            return None
        parts = [self.chooser.decide(choices, min(h.round for h in self.spot))]
        for runtime in sorted(apart):
            solved = self._for(runtime, apart[runtime])
            if solved is None:
                return None
            parts.append(solved)
        members: list[tuple[str, Solution]] = []
        for member in untold:
            solved = self._for_member(member)
            if solved is None:
                return None
            members.append((member, solved))
        return self._joined(parts, members, depends=depends)

    def _joined(
        self, parts: list[Solution], members: list[tuple[str, Solution]], *, depends: bool
    ) -> Solution:
        """One solution of all; ``depends``: the runtime type has to be told."""
        everything = [*parts, *(solved for _, solved in members)]
        mask = 0
        for solved in everything:
            mask |= solved.mask
        tellers = self._tellers(mask) if depends else ()
        for teller in tellers:
            mask |= teller.mask
        return Solution(
            mask,
            max(solved.round for solved in everything),
            tuple(pick for part in parts for pick in part.picks),
            tellers=tellers,
            effort=sum(solved.effort for solved in everything),
            leaves=sum(part.leaves for part in parts),
            members=tuple(members),
            must_be_absent=depends and self.must_be_absent,
        )

    def _divided(self) -> tuple[list[Open], dict[str, list[Field]], bool] | None:
        """What is asked on the position as a whole, what apart for each runtime type, and whether
        the answer depends on the type. None when something can be asked in neither way."""
        choices: list[Open] = []
        apart: dict[str, list[Field]] = {}
        depends = self._has_hidden_types() or tells_types_apart(self.selection)
        for group in self.groups:
            if group.field.denied or group.field.name.startswith("__"):
                continue
            options = self._on_the_whole(group)
            if options:
                choices.append(Open(group.field, None, options))
                continue
            depends = True
            if not self._can_ask_apart(group):
                return None
            for runtime in self.runtime if group.types is None else self.runtime & group.types:
                apart.setdefault(runtime, []).append(group.field)
        return choices, apart, depends

    def _can_ask_apart(self, group: Group) -> bool:
        """Whether some holder alone leads to the field for all types that the client meant at
        once: one subgraph may answer for a type what another is not to be trusted with, but not
        for some objects of one question each."""
        if not self.is_implemented:
            self.must_be_absent = True
            return self.chooser.accepts_absent
        if len(self.spot) == 1:
            return True
        return all(
            any(
                all(self._for(runtime, [group.field], (holder,)) for runtime in types)
                for holder in self.spot
            )
            for meant in group.meant
            if (types := meant & self.runtime)
        )

    def _has_hidden_types(self) -> bool:
        """Objects of types that clients may not see must be recognised."""
        return any(
            not self.view.possible(a.subgraph, a.view) <= self.view.visible for a in self.telling
        )

    def _untold_members(self) -> list[str] | None:
        """The ``@interfaceObject`` types among the members of this interface or union, as which
        every holder knows some objects: their real type cannot be told from any answer. None when
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
        """What is asked of objects known as this interface object."""
        real = self.view.graph.possible(member)
        return [
            group
            for group in self.groups
            if group.types is None or not group.types.isdisjoint(real)
        ]

    def _for_member(self, member: str) -> Solution | None:
        """How the selection is answered for objects known as this interface object."""
        groups = self._concern(member)
        spot = tuple(
            holder if kind is Kind.INTERFACE_OBJECT else holder._replace(view=member)
            for holder, kind in zip(self.spot, self.kinds, strict=True)
        )
        return _AtInterfaceObject(self.chooser, self.selection, groups, spot).solve()

    def _tellers(self, mask: int) -> tuple[Access, ...]:
        """The holders that tell the runtime type of every object whose type is told by any: one
        where one is enough."""
        chosen: list[Access] = []
        missing = self.runtime
        cheapest = sorted(self.telling, key=lambda a: self.view.weight(mask | a.mask))
        while not chosen or missing:
            told = [missing & self.view.possible(a.subgraph, a.view) for a in cheapest]
            most = max(range(len(cheapest)), key=lambda number: len(told[number]))
            chosen.append(cheapest[most])
            missing -= told[most]
        return tuple(chosen)

    def _on_the_whole(self, group: Group) -> list[Option]:
        sources = [
            base
            for base, kind in zip(self.bases, self.kinds, strict=True)
            if self._can_ask(base, kind, group)
        ]
        return _options(self.chooser, group.field, sources, self.runtime)

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
        return self.view.is_asked_on_interface(base.subgraph, base.view, name, base.given)

    def _for(self, runtime: str, fields: list[Field], among: Spot | None = None) -> Solution | None:
        """How fields are answered for objects of one runtime type, by the holders ``among`` all."""
        spot = tuple(
            holder
            if kind is Kind.INTERFACE_OBJECT
            else holder._replace(view=self.view.known_as(holder.subgraph, holder.view, runtime))
            for holder, kind in zip(self.spot, self.kinds, strict=True)
            if among is None or holder in among
        )
        return self.chooser.at_place(fields, self.chooser.place(runtime, spot))


class _AtInterfaceObject:
    """Every holder knows the object as an interface object only."""

    def __init__(
        self, chooser: Search, selection: SelectionSet, groups: list[Group], spot: Spot
    ) -> None:
        self.chooser = chooser
        self.view = chooser.view
        self.selection = selection
        self.groups = groups
        self.spot = spot
        self.place = chooser.place(spot[0].view, spot)

    def solve(self) -> Solution | None:
        choices: list[Open] = []
        rest: list[Group] = []
        for group in self.groups:
            if group.field.denied:
                continue
            options = [] if group.field.name == "__typename" else self._on_the_whole(group)
            if options:
                choices.append(Open(group.field, None, options))
            else:
                rest.append(group)
        if not rest and tells_types_apart(self.selection):
            rest.append(Group(TYPENAME, None))
        whole = self.chooser.decide(choices, self.place.start)
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

    def _on_the_whole(self, group: Group) -> list[Option]:
        name = group.field.name
        sources = self.place.sources(name)
        if group.types is not None:
            sources = [a for a in sources if a.base is not None]
        return _options(self.chooser, group.field, sources, self.selection.possible)

    def _through_the_interface(self, rest: list[Group], paid: int) -> Solution | None:
        options: list[Solution] = []
        for access in self.place.accesses():
            if self.view.kind(access.subgraph, access.view) is not Kind.INTERFACE:
                continue
            holder = Holder(access.subgraph, access.view, (), access.round, access.mask)
            spot = (holder, *self.spot)
            inner = _AtKnownType(self.chooser, self.selection, rest, spot).solve()
            if inner is not None:
                held = (access, *self.place.bases)
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
        return min(options, key=lambda s: (weight(s.mask | paid), s.effort, s.round), default=None)


def tells_types_apart(selection: SelectionSet) -> bool:
    """Whether the answer depends on the runtime type: its members or their order."""
    if selection.orders:
        return True
    return any(f.types is not None or f.name == "__typename" for f in selection.fields)


def _options(
    chooser: Search, field: Field, sources: list[Access], possible: Iterable[str]
) -> list[Option]:
    """The ways to ask a field of the position as a whole."""
    if field.selection is None:
        free = [a for a in sources if a.mask == 0]
        return [Option.leaf(a) for a in free or sources]
    return chooser.composite(field, min(possible, default=""), sources)


def _groups(selection: SelectionSet) -> list[Group]:
    groups: dict[tuple[object, ...], Group] = {}
    for field in selection.fields:
        asked = (field.name, field.argument_text, field.directed)
        mark = (*asked, id(field.selection), field.denied)
        known = groups.get(mark)
        if known is None:
            groups[mark] = Group(field, field.types, field.meant)
            continue
        known.meant |= field.meant
        if known.types is not None:
            joined = None if field.types is None else known.types | field.types
            known.types = None if joined == selection.possible else joined
    return list(groups.values())


def _bases(spot: Spot) -> list[Access]:
    return [
        Access(h.subgraph, h.view, h.round, h.mask, h.given, base=index)
        for index, h in enumerate(spot)
    ]
