"""The walk over the API schema: can every path of every query be resolved?

A state is an API type with the positions at which its value may be, the assumed states of
progressive overrides, and the types passed that set a context. States are visited breadth first,
so that the query shown for an error is a shortest one. A state is skipped when one that offers no
more (positions, contexts) under no more assumptions (labels) was visited: whatever resolves from
that one resolves from this one too. Without this the walk would not end on recursive types.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from trellis.router.composition.model import FieldDefinition, Schema, TypeDefinition, TypeKind
from trellis.router.composition.report import CompositionError, CompositionHint
from trellis.router.composition.satisfiability import explain
from trellis.router.composition.satisfiability.moves import Moves, SubgraphPosition
from trellis.router.composition.satisfiability.views import SubgraphView

COMPOSITE = (TypeKind.OBJECT, TypeKind.INTERFACE, TypeKind.UNION)
INTROSPECTION = ("__typename", "__schema", "__type")


@dataclass(frozen=True, slots=True)
class State:
    """One state of the walk; ``trail`` is the query that leads to it."""

    type: str
    positions: frozenset[SubgraphPosition]
    labels: tuple[tuple[str, bool], ...] = ()
    contexts: frozenset[str] = frozenset()
    trail: explain.Trail = ()


class Finding(Enum):
    """What can be wrong with a field. Each is reported once per field: the same cause shows on
    every path that leads to the field."""

    UNREACHABLE_FIELD = auto()
    UNKNOWN_TYPE = auto()
    DISJOINT_RUNTIME_TYPES = auto()
    DIFFERENT_RUNTIME_TYPES = auto()


class TooManyPaths(Exception):
    """More positions are open at once than the caller allows."""


@dataclass(slots=True)
class Walk:
    """One run over a merged schema. ``is_visible`` says whether an element is in the API schema."""

    views: Sequence[SubgraphView]
    merged: Schema
    is_visible: Callable[[TypeDefinition | FieldDefinition], bool]
    max_paths: int
    moves: Moves = field(init=False)
    errors: list[CompositionError] = field(default_factory=list)
    hints: list[CompositionHint] = field(default_factory=list)
    _visited: dict[str, list[State]] = field(default_factory=dict)
    _reported: set[tuple[Finding, str, str]] = field(default_factory=set)
    _setters: frozenset[str] = frozenset()
    _labels: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.moves = Moves(self.views, self.merged)
        self._setters = frozenset(
            name for v in self.views for types in v.context_types.values() for name in types
        )
        for view in self.views:
            for place, definition in view.fields.items():
                if definition.label is not None:
                    self._labels[place] = definition.label[0]

    def run(self) -> None:
        """Fill ``errors`` and ``hints``. Raises TooManyPaths."""
        for operation, root in self.merged.roots.items():
            if not self.is_visible(self.merged.types[root]):
                continue
            positions = frozenset(
                SubgraphPosition(v.index, root) for v in self.views if v.has(root)
            )
            start = State(root, positions)
            if operation == "mutation":
                for name in self._fields(root):
                    self._mutation_field(start, name)
            else:
                self._explore([start])

    def _explore(self, states: Sequence[State]) -> None:
        queue = deque(states)
        live = sum(len(s.positions) for s in queue)
        while queue:
            if live > self.max_paths:
                raise TooManyPaths
            state = queue.popleft()
            live -= len(state.positions)
            if self._is_covered(state):
                continue
            self._visited.setdefault(state.type, []).append(state)
            for following in self._next(state):
                live += len(following.positions)
                queue.append(following)

    def _is_covered(self, state: State) -> bool:
        return any(
            self._is_no_better(seen, state)
            and seen.contexts <= state.contexts
            and set(seen.labels) <= set(state.labels)
            for seen in self._visited.get(state.type, ())
        )

    def _is_no_better(self, one: State, other: State) -> bool:
        """Whether whatever resolves from ``one`` resolves from ``other`` of the same type. The
        fields of an object depend only on the positions that key moves reach."""
        if one.positions <= other.positions:
            return True
        if self.merged.types[one.type].kind is not TypeKind.OBJECT:
            return False
        reachable = self.moves.reachable
        return reachable(one.positions, one.type) is reachable(other.positions, one.type)

    def _next(self, state: State) -> Iterator[State]:
        if self.merged.types[state.type].kind is TypeKind.OBJECT:
            for name in self._fields(state.type):
                yield from self._field(state, name)
        else:
            yield from self._implementations(state)

    def _fields(self, type_name: str) -> Iterator[str]:
        definition = self.merged.types[type_name]
        for name, element in definition.fields.items():
            # A visible field of an @inaccessible type was rejected by an earlier stage.
            if name not in INTROSPECTION and self.is_visible(element):
                yield name

    # Type conditions

    def _implementations(self, state: State) -> Iterator[State]:
        for runtime in sorted(self.merged.runtime_types(state.type)):
            if not self.is_visible(self.merged.types[runtime]):
                continue
            narrowed = [
                self.moves.narrow_one(p, runtime) for p in sorted(state.positions, key=_by_graph)
            ]
            if any(position is None for position in narrowed):
                continue  # a subgraph that resolves the field never returns this type
            positions = [p for p in narrowed if p is not None]
            known = frozenset(p for p in positions if self._knows_type(p, runtime))
            condition = replace(
                state, type=runtime, positions=known, trail=(*state.trail, explain.on(runtime))
            )
            if known:
                yield condition
            elif self._is_first(Finding.UNKNOWN_TYPE, runtime, state.type):
                reasons = explain.unknown_type(self.views, positions)
                self._report(condition, f"{runtime}.{state.type}", reasons)

    def _knows_type(self, position: SubgraphPosition, runtime: str) -> bool:
        """Whether the runtime type can be fetched. An interface object does not know it, so a
        subgraph with the interface itself must be reachable."""
        if position.local not in self.views[position.graph].interface_objects:
            return True
        return any(
            reached.local not in self.views[reached.graph].interface_objects
            for reached in self.moves.closure(position, runtime)
        )

    # Fields

    def _field(self, state: State, name: str) -> Iterator[State]:
        for labels in self._label_choices(state, name):
            following = self._advance(state, name, labels)
            if following is None:
                continue
            if self._is_composite(following.type):
                self._compare_runtime_types(state, name, following)
                yield following

    def _label_choices(self, state: State, name: str) -> Iterator[tuple[tuple[str, bool], ...]]:
        label = self._labels.get((state.type, name))
        if label is None or label in dict(state.labels):
            yield state.labels
            return
        for side in (False, True):
            yield (*state.labels, (label, side))

    def _advance(
        self, state: State, name: str, labels: tuple[tuple[str, bool], ...]
    ) -> State | None:
        element = self.merged.types[state.type].fields[name]
        values = self.moves.advance(state.positions, state.type, name, dict(labels))
        contexts = state.contexts
        if state.type in self._setters:
            contexts |= {state.type}
        values = self._with_contexts(values, state, name, contexts)
        following = State(
            element.type.base,
            values,
            labels,
            contexts,
            (*state.trail, explain.field(state.type, element)),
        )
        if values:
            return following
        if self._is_first(Finding.UNREACHABLE_FIELD, state.type, name):
            reasons = explain.why_not(self.moves, state.positions, state.type, name)
            self._report(following, f"{state.type}.{name}", reasons)
        return None

    def _with_contexts(
        self, values: frozenset[SubgraphPosition], state: State, name: str, contexts: frozenset[str]
    ) -> frozenset[SubgraphPosition]:
        """Drop the subgraphs whose field reads a context that nothing on this path sets."""

        def is_met(position: SubgraphPosition) -> bool:
            view = self.views[position.graph]
            definition = view.fields.get((state.type, name))
            needed = definition.contexts if definition else ()
            return all(view.context_types.get(c, frozenset()) & contexts for c in needed)

        return frozenset(p for p in values if is_met(p))

    def _compare_runtime_types(self, state: State, name: str, following: State) -> None:
        views = [(self.views[p.graph], p.local) for p in sorted(following.positions, key=_by_graph)]
        # A subgraph whose field has an object type (or interface object) always returns that one,
        # so nothing is left to compare where all have one.
        sets = {v.name: v.runtime_types[local] for v, local in views if v.is_abstract(local)}
        if len(set(sets.values())) < 2:
            return
        is_error = not frozenset.intersection(*sets.values())
        finding = Finding.DISJOINT_RUNTIME_TYPES if is_error else Finding.DIFFERENT_RUNTIME_TYPES
        if not self._is_first(finding, state.type, name):
            return
        details = (explain.query(following.trail), (state.type, name), following.type, sets)
        if is_error:
            self.errors.append(explain.disjoint_runtime_types(*details))
        else:
            self.hints.append(explain.different_runtime_types(*details))

    def _is_first(self, finding: Finding, type_name: str, name: str) -> bool:
        """Whether this is found for the field for the first time; it is marked as found."""
        key = (finding, type_name, name)
        is_first = key not in self._reported
        self._reported.add(key)
        return is_first

    def _report(self, state: State, coordinate: str, reasons: Sequence[str]) -> None:
        is_leaf = not self._is_composite(state.type)
        self.errors.append(explain.unsatisfiable(state.trail, coordinate, reasons, is_leaf=is_leaf))

    def _is_composite(self, name: str) -> bool:
        definition = self.merged.types.get(name)
        return definition is not None and definition.kind in COMPOSITE

    # Mutations

    def _mutation_field(self, start: State, name: str) -> None:
        """A mutation field runs once, in one subgraph. Where several have it, at least one must be
        able to resolve everything below the field by itself."""
        holders = sorted(
            position.graph
            for position in start.positions
            if any(True for _ in self.moves.step(position, start.type, name, None))
        )
        if len(holders) < 2:
            self._explore(list(self._field(start, name)))
            return
        attempts: Mapping[str, Walk] = {
            self.views[g].name: self._attempt(start, name, g) for g in holders
        }
        successful = next((a for a in attempts.values() if not a.errors), None)
        if successful is not None:
            self._visited = successful._visited
            self.hints.extend(successful.hints)
            self._reported |= successful._reported
            return
        self.errors.append(
            explain.unsatisfiable_mutation(name, {n: a.errors for n, a in attempts.items()})
        )

    def _attempt(self, start: State, name: str, graph: int) -> Walk:
        attempt = Walk(self.views, self.merged, self.is_visible, self.max_paths)
        attempt.moves = self.moves
        attempt._visited = {key: list(states) for key, states in self._visited.items()}
        attempt._reported = set(self._reported)
        single = replace(start, positions=frozenset((SubgraphPosition(graph, start.type),)))
        attempt._explore(list(attempt._field(single, name)))
        return attempt


def _by_graph(position: SubgraphPosition) -> tuple[int, str]:
    return position.graph, position.local
