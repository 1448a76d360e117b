"""Turns decisions into fetches: every field becomes part of the selection of some fetch, every hop
an entity fetch that waits for the fetches of its key and required fields."""

from __future__ import annotations

from trellis.router.errors import PlanningLimit
from trellis.router.operation.model import Field, SelectionSet
from trellis.router.planner.abstract import tells_types_apart
from trellis.router.planner.candidates import Access, Condition, Pick, Solution
from trellis.router.planner.contexts import ContextBinder
from trellis.router.planner.fetches import Fetch, Node, Slot, Target
from trellis.router.planner.leads import find_lead
from trellis.router.planner.plan import Need, Path, PathSegment
from trellis.router.planner.position import Base, Hold, Position
from trellis.router.planner.search import PlanSearch
from trellis.router.planner.tables import Kind
from trellis.router.planner.view import fields_for

# Before equal fetches are merged. Their dependencies grow with the square of their number. The most
# on 3,856 operations of public graphs was 205, in a benchmark of planners.
MAX_FETCHES = 2_000

POSITION_COST = 5
"""Emitting a position of the data takes the time and memory (3 KB) of about 5 options."""


class Emitter:
    """Collects the fetches of one operation."""

    def __init__(self, search: PlanSearch) -> None:
        self.search = search
        self.view = search.view
        self.solve = search.solve
        self.fetches: list[Fetch] = []
        self.absent: list[Path] = []
        self.contexts = ContextBinder(self)

    def root_fetch(self, subgraph: int, type_name: str, path: Path = ()) -> Fetch:
        """A fetch of root fields: of the operation, or of a root type returned at ``path``."""
        fetch = Fetch(subgraph, type_name, Node(), path)
        self._add(fetch)
        return fetch

    def emit(self, solution: Solution, position: Position) -> frozenset[Fetch]:
        """Select everything that the solution picks; returns the fetches that return it."""
        known = position.done.get(solution)
        if known is not None:
            return known
        used: set[Fetch] = set()
        position.type_sources = solution.type_sources or position.type_sources
        for pick, types in self._together(solution.picks, position):
            used |= self._emit_pick(pick, types, position)
        if solution.must_be_absent:
            self.absent.append(position.path)
        if solution.type_sources:
            used |= self._fetch_typename(position)
        if solution.inner is not None:
            used |= self.emit(solution.inner, self._held_by(position, solution.held))
        for member, inner in solution.members:
            used |= self.emit(inner, self._as_member(position, member))
        found = position.done[solution] = frozenset(used)
        return found

    def _together(
        self, picks: tuple[Pick, ...], position: Position
    ) -> list[tuple[Pick, tuple[str, ...]]]:
        """Each pick with its runtime types (none: all). A field that one fetch selects for several
        types is emitted once, so that its children are one position."""
        joined: dict[tuple[object, ...], tuple[Pick, list[str]]] = {}
        for number, pick in enumerate(picks):
            memo_key: tuple[object, ...] = (number,)
            if pick.runtime is not None and pick.child is not None and len(pick.accesses) == 1:
                base = pick.accesses[0].base
                if base is not None:
                    memo_key = (position.slot.key(pick.field, pick.runtime), base, pick.child)
            known = joined.setdefault(memo_key, (pick, []))
            if pick.runtime is not None:
                known[1].append(pick.runtime)
        return [(pick, tuple(types)) for pick, types in joined.values()]

    def _emit_pick(self, pick: Pick, types: tuple[str, ...], position: Position) -> set[Fetch]:
        access = pick.accesses[0]
        keys = self._keys(pick, position.slot)
        used = self._fetch_deciding_type(pick, position)
        if pick.child is None:
            fetch, node = self._hold(position, access, pick.runtime)
            for key in keys:
                node.ask(key, self.contexts.asked(pick.field, access, fetch))
            return {fetch, *used}
        for key in keys:
            child = self._child(pick, types, position, key)
            below = self.emit(pick.child, child)
            used |= below
            if len(pick.accesses) == 1 or not below:
                used.add(child.base.hold()[0])
        return used

    def _keys(self, pick: Pick, slot: Slot) -> list[str]:
        """The internal keys under which a field is selected: several when it is selected for
        runtime types on which it has types that cannot share a response key (see the rule "Field
        Selection Merging" of the GraphQL specification)."""
        if pick.runtime is not None:
            return slot.ask(pick.field, frozenset((pick.runtime,)))
        here: set[str] = set()
        for access in pick.accesses:
            here |= self.view.possible(access.subgraph, access.view)
        return slot.ask(pick.field, slot.possible & here or None)

    def _fetch_deciding_type(self, pick: Pick, position: Position) -> set[Fetch]:
        """Fetch the objects' type where the internal key of a field depends on it. An interface
        object does not know its type; its fetch selects every key."""
        if pick.runtime is not None or not position.slot.is_split(pick.field):
            return set()
        kinds = (self.view.kind(base.subgraph, base.view) for base in position.bases)
        if not position.type_sources and Kind.INTERFACE_OBJECT in kinds:
            return set()
        return self._fetch_typename(position)

    def _child(self, pick: Pick, types: tuple[str, ...], position: Position, key: str) -> Position:
        memo_key = (key, types, pick.accesses)
        known = position.children.get(memo_key)
        if known is None:
            self.search.spend(POSITION_COST)
            limits = self._segment_types(position, types)
            waits = position.waits
            if limits is not None and not self._is_type_known(position, pick.accesses, limits):
                waits |= self._fetch_typename(position)
            known = position.children[memo_key] = Position(
                slot=position.slot.child(key, pick.field),
                path=(*position.path, PathSegment(key, limits)),
                type=pick.field.selection.type if pick.field.selection else "",
                bases=tuple(
                    self._asked_by(access, pick, key, types, position) for access in pick.accesses
                ),
                parent=position,
                waits=waits,
            )
        return known

    def _asked_by(
        self, access: Access, pick: Pick, key: str, types: tuple[str, ...], position: Position
    ) -> Base:
        below = find_lead(self.view, access, pick.runtime or access.view, pick.field.name)
        assert below is not None

        def make() -> Hold:
            fetch, node = self._hold(position, access, pick.runtime)
            child = node.ask(key, self.contexts.asked(pick.field, access, fetch))
            assert child is not None
            for other in types[1:]:
                _, twin = self._hold(position, access, other)
                twin.ask(key, pick.field, child)
            return fetch, child

        return Base(access.subgraph, below.view, make, below.provides)

    def _segment_types(self, position: Position, types: tuple[str, ...]) -> frozenset[str] | None:
        limits = frozenset(types)
        if not limits or limits >= position.slot.possible:
            return None
        position.slot.is_typed = True
        return limits

    def _hold(self, position: Position, access: Access, runtime: str | None) -> Hold:
        """The selection to which fields of the position's object are added, for one type."""
        memo_key = (access, runtime)
        known = position.holds.get(memo_key)
        if known is None:
            if access.base is not None:
                known = self._at_base(position, access, access.base, runtime)
            elif access.key is None:
                known = self._ask_root_again(position, access)
            else:
                known = self._hop(position, access, access.key, runtime)
            position.holds[memo_key] = known
        return known

    def _at_base(self, position: Position, access: Access, index: int, runtime: str | None) -> Hold:
        base = position.bases[index]
        fetch, node = base.hold()
        if runtime is not None and self.view.kind(access.subgraph, base.view).is_abstract:
            node.root.place = (access.subgraph, base.view)
            # Another holder may supply the type too, but this fetch may be merged before it.
            if len(position.bases) > 1:
                node.ask_typename()
            return fetch, node.under(self.view.known_as(access.subgraph, base.view, runtime))
        return fetch, node

    def _is_type_known(
        self, position: Position, accesses: tuple[Access, ...], types: frozenset[str]
    ) -> bool:
        """Whether each of the accesses returns the real type of objects of these types."""
        for access in accesses:
            if access.base is None:
                continue
            view = position.bases[access.base].view
            if not types <= self.view.possible(access.subgraph, view):
                return False
        return True

    def _held_by(self, position: Position, held: tuple[Access, ...]) -> Position:
        """The same object, as held by ``held``."""

        def base(access: Access) -> Base:
            view = access.view if access.base is None else position.bases[access.base].view
            hold = lambda: self._hold(position, access, None)  # noqa: E731
            return Base(access.subgraph, view, hold, access.provides)

        return Position(
            position.slot,
            position.path,
            position.type,
            tuple(base(access) for access in held),
            position.parent,
            position.member,
            position.waits,
        )

    def _as_member(self, position: Position, member: str) -> Position:
        """The position's objects that its holders know as the interface object ``member``."""

        def inner(base: Base) -> Base:
            def make() -> Hold:
                fetch, node = base.hold()
                if not self.view.kind(base.subgraph, base.view).is_abstract:
                    return fetch, node
                node.root.place = (base.subgraph, base.view)
                return fetch, node.under(member)

            return Base(base.subgraph, member, make, base.provides)

        return Position(
            position.slot,
            position.path,
            position.type,
            tuple(inner(base) for base in position.bases),
            position.parent,
            member,
            position.waits,
        )

    def _hop(self, position: Position, access: Access, key: Condition, runtime: str | None) -> Hold:
        """A new entity fetch for the position's object."""
        context = self.contexts.find(position, access)
        if context is not None and access.requires is None:
            host = self.contexts.host(position, access, context)
            if host is not None:
                known = self._at_base(position, access, host, runtime)
                self.contexts.bind(known[0], access, context)
                return known
        type_name = runtime or access.view
        after = set(self.emit(key.solution, position))
        if access.requires is not None:
            after |= self.emit(access.requires.solution, position)
        types, typename = self._representation(position, access, runtime)
        if types is not None or typename is None:
            after |= self._fetch_typename(position)
        elif not after:
            after.add(position.base.hold()[0])
        after |= position.waits
        needs = self._needs(key.selection, type_name, position.slot, is_key=True)
        if access.requires is not None:
            required = access.requires.selection
            needs += self._needs(required, type_name, position.slot, is_key=False)
        target = Target(position.slot, position.path, unique_needs(needs), types, typename)
        fetch = Fetch(access.subgraph, access.view, Node(), target=target, after=after)
        if context is not None:
            self.contexts.bind(fetch, access, context)
        self._add(fetch)
        return fetch, fetch.node

    def _representation(
        self, position: Position, access: Access, runtime: str | None
    ) -> tuple[frozenset[str] | None, str | None]:
        """The runtime types that are fetched (None: all), and the ``__typename`` to send in their
        representations (None: their own)."""
        is_certain = len(position.slot.possible) == 1
        meant = runtime or position.member
        types = None if meant is None or is_certain else frozenset((meant,))
        is_object = self.view.kind(access.subgraph, access.view) is Kind.OBJECT
        return types, (None if is_object and not is_certain else access.view)

    def _fetch_typename(self, position: Position) -> set[Fetch]:
        """Select ``__typename`` on the position's objects; returns the fetches that return it."""
        position.slot.is_typed = True
        holds = [self._hold(position, type_source, None) for type_source in position.type_sources]
        for _, node in holds or [position.base.hold()]:
            node.ask_typename()
        return {fetch for fetch, _ in holds} or {position.base.hold()[0]}

    def _ask_root_again(self, position: Position, access: Access) -> Hold:
        fetch = self.root_fetch(access.subgraph, access.view, position.path)
        fetch.after.add(position.base.hold()[0])
        fetch.after |= position.waits
        return fetch, fetch.node

    def _needs(
        self, selection: SelectionSet, type_name: str, slot: Slot, *, is_key: bool
    ) -> tuple[Need, ...]:
        return tuple(
            self._need(asked, slot.key(asked, type_name), slot, None, is_key=is_key)
            for asked in fields_for(selection, type_name)
            if asked.name != "__typename"
        )

    def _need(
        self, asked: Field, key: str, slot: Slot, types: frozenset[str] | None, *, is_key: bool
    ) -> Need:
        if asked.selection is None:
            return Need(asked.name, key, types=types, is_key=is_key)
        members = self.members(asked.selection, slot.child(key, asked), is_key=is_key)
        return Need(asked.name, key, members, types=types, is_key=is_key)

    def members(self, selection: SelectionSet, slot: Slot, *, is_key: bool) -> tuple[Need, ...]:
        """Where the fields of a field set are read from an object at ``slot``."""
        members: list[Need] = []
        # The fetch waits for the type only where the field set itself depends on it.
        if len(selection.possible) > 1 and tells_types_apart(selection):
            members.append(Need("__typename", "__typename", is_key=False))
        for inner in selection.fields:
            if inner.name != "__typename":
                for key, runtime in slot.read(inner, inner.types):
                    members.append(self._need(inner, key, slot, runtime, is_key=is_key))
        return tuple(members)

    def _add(self, fetch: Fetch) -> None:
        self.search.spend()
        self.fetches.append(fetch)
        if len(self.fetches) > MAX_FETCHES:
            raise PlanningLimit(
                f"The plan of this operation has more than {MAX_FETCHES} fetches. Request less "
                "in one operation."
            )


def unique_needs(needs: tuple[Need, ...]) -> tuple[Need, ...]:
    """Each member of a representation once. Keys come before required fields, so a member that is
    both stays a key: without a value the entity cannot be fetched."""
    found: dict[tuple[str, frozenset[str] | None], Need] = {}
    for need in needs:
        memo_key = (need.name, need.types)
        known = found.get(memo_key)
        if known is None:
            found[memo_key] = need
        elif known.selection != need.selection:
            members = unique_needs((*known.selection, *need.selection))
            found[memo_key] = Need(need.name, known.source, members, known.types, known.is_key)
    return tuple(found.values())


def needs_agree(one: tuple[Need, ...], other: tuple[Need, ...]) -> bool:
    """Whether no member would have to be read from two internal keys."""
    by_name: dict[str, list[Need]] = {}
    for need in one:
        by_name.setdefault(need.name, []).append(need)
    return all(
        mine.source == need.source and needs_agree(mine.selection, need.selection)
        for need in other
        for mine in by_name.get(need.name, ())
        if mine.types is None or need.types is None or not mine.types.isdisjoint(need.types)
    )
