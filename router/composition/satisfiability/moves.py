"""Moves between subgraphs: by entity keys to other subgraphs, by fields to child values.

A *position* is a value in one subgraph. ``closure`` gives every position of the same object that
entity fetches can reach from it; ``advance`` gives the positions of a field's value.

The condition of a move (a key's fields, a ``@requires`` selection) is the satisfiability of a
smaller selection. Conditions may depend on one another in a cycle. An answer that is still being
computed then counts as far as it is known, and no result derived from it is memoized: it may be
incomplete.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode, InlineFragmentNode, SelectionSetNode

from trellis.router.composition.model import Schema
from trellis.router.composition.satisfiability.views import FieldView, SubgraphView

Provided = tuple[SelectionSetNode, ...]


@dataclass(frozen=True, slots=True)
class SubgraphPosition:
    """A value in subgraph ``graph`` whose type there is ``local``; ``provided`` are the field
    sets that ``@provides`` makes available below it."""

    graph: int
    local: str
    provided: Provided = ()


Labels = Mapping[str, bool]


@dataclass(slots=True)
class Moves:
    """Memoized answers about one set of subgraphs."""

    views: Sequence[SubgraphView]
    merged: Schema
    _closures: dict[tuple[SubgraphPosition, str], frozenset[SubgraphPosition]] = field(
        default_factory=dict
    )
    _unions: dict[tuple[frozenset[SubgraphPosition], str], frozenset[SubgraphPosition]] = field(
        default_factory=dict
    )
    _sets: dict[frozenset[SubgraphPosition], frozenset[SubgraphPosition]] = field(
        default_factory=dict
    )
    _advances: dict[
        tuple[frozenset[SubgraphPosition], str, str, Any], frozenset[SubgraphPosition]
    ] = field(default_factory=dict)
    _open: dict[tuple[SubgraphPosition, str], set[SubgraphPosition]] = field(default_factory=dict)
    _met: dict[tuple[SubgraphPosition, str, str], bool] = field(default_factory=dict)
    _in_progress: set[tuple[SubgraphPosition, str, str]] = field(default_factory=set)
    _used_unfinished: bool = False

    def closure(self, position: SubgraphPosition, runtime: str) -> frozenset[SubgraphPosition]:
        """All positions of the same object, of object type ``runtime``, that can be reached."""
        key = (position, runtime)
        if key in self._closures:
            return self._closures[key]
        if key in self._open:
            self._used_unfinished = True
            return frozenset(self._open[key])
        self._open[key] = reached = {position}
        while fresh := [p for p in self._next_by_key(reached, runtime) if p not in reached]:
            reached.update(fresh)
        del self._open[key]
        result = frozenset(reached)
        self._remember(self._closures, key, result)
        return result

    def _remember(self, memory: dict[Any, Any], key: object, result: object) -> None:
        """Memoize an answer unless it was derived from an unfinished one."""
        if not self._open and not self._in_progress:
            self._used_unfinished = False
        if not self._used_unfinished:
            memory[key] = result

    def _next_by_key(
        self, reached: set[SubgraphPosition], runtime: str
    ) -> Iterator[SubgraphPosition]:
        if runtime in self.merged.roots.values():
            # Query fields can be selected in any subgraph at any time. A mutation or subscription
            # field runs in the one subgraph that was chosen for it.
            if runtime == self.merged.roots.get("query"):
                yield from (
                    SubgraphPosition(v.index, runtime) for v in self.views if v.has(runtime)
                )
            return
        known = frozenset(reached)
        for view in self.views:
            for entity, landing in self._entrances(view, known, runtime):
                target = SubgraphPosition(view.index, landing)
                if target not in reached and any(
                    self.can_resolve(key.selection, known, runtime) for key in view.keys[entity]
                ):
                    yield target

    def _entrances(
        self, view: SubgraphView, reached: Iterable[SubgraphPosition], runtime: str
    ) -> Iterator[tuple[str, str]]:
        """(type whose keys are used, type of the position) by which a subgraph accepts the object.

        The ``__typename`` of a representation is the object's own type, or an interface of which
        the subgraph has an ``@interfaceObject``; there may be several in one subgraph. The keys of
        other interfaces lead to the subgraphs that know the implementations, also while only
        interface objects are reached. Earlier stages make sure that a subgraph with a key of an
        interface defines all its implementations, with that key.
        """
        is_known = any(p.local not in self.views[p.graph].interface_objects for p in reached)
        if is_known and view.keys.get(runtime):
            yield runtime, runtime
        for interface in self.merged.types[runtime].interfaces:
            if not view.keys.get(interface):
                continue
            if interface in view.interface_objects:
                yield interface, interface
            else:  # a key of every implementation, too, all of which the subgraph has
                yield interface, runtime

    # Fields

    def advance(
        self, positions: Iterable[SubgraphPosition], runtime: str, name: str, labels: Labels | None
    ) -> frozenset[SubgraphPosition]:
        """Positions of a field's value on an object of type ``runtime`` at any of ``positions`` or
        reachable from there. Empty: the field cannot be resolved.

        ``labels`` are the assumed states of progressive overrides. While conditions are resolved
        it is None and fields that depend on a label are not used: a key must work either way.
        """
        reached = self.reachable(frozenset(positions), runtime)
        sides = None if labels is None else frozenset(labels.items())
        key = (reached, runtime, name, sides)
        if key in self._advances:
            return self._advances[key]
        result = frozenset(
            target for position in reached for target in self.step(position, runtime, name, labels)
        )
        self._remember(self._advances, key, result)
        return result

    def reachable(
        self, positions: frozenset[SubgraphPosition], runtime: str
    ) -> frozenset[SubgraphPosition]:
        """The union of the closures of all positions. Equal unions are one object, so that they
        compare by identity."""
        key = (positions, runtime)
        if key in self._unions:
            return self._unions[key]
        union = frozenset().union(*(self.closure(p, runtime) for p in positions))
        result = self._sets.setdefault(union, union)
        self._remember(self._unions, key, result)
        return result

    def step(
        self, position: SubgraphPosition, runtime: str, name: str, labels: Labels | None
    ) -> Iterator[SubgraphPosition]:
        """The position of the field's value if the position itself resolves the field."""
        if name == "__typename":
            yield position
            return
        definition = self.views[position.graph].fields.get((position.local, name))
        if definition is None or not self._is_usable(position, name, definition, labels):
            return
        if not self._meets_requirement(position, runtime, name, definition.requires):
            return
        yield SubgraphPosition(
            position.graph, definition.base, _provided_below(position, name, definition)
        )

    def _meets_requirement(
        self, position: SubgraphPosition, runtime: str, name: str, required: SelectionSetNode | None
    ) -> bool:
        """Whether the ``@requires`` selection can be resolved from this position, and sent back to
        it: the representation that carries it needs a key."""
        if required is None:
            return True
        question = (position, runtime, name)
        if question in self._met:
            return self._met[question]
        if question in self._in_progress:  # the field requires itself
            self._used_unfinished = True
            return False
        self._in_progress.add(question)
        reached = self.closure(position, runtime)
        result = self.can_reenter(position, reached, runtime) and self.can_resolve(
            required, reached, runtime
        )
        self._in_progress.discard(question)
        self._remember(self._met, question, result)
        return result

    def can_reenter(
        self, position: SubgraphPosition, reached: frozenset[SubgraphPosition], runtime: str
    ) -> bool:
        """Whether the object can be fetched again from the position's subgraph by some key."""
        return any(
            self.can_resolve(key.selection, reached, runtime)
            for key in self.views[position.graph].keys.get(position.local, ())
        )

    def _is_usable(
        self, position: SubgraphPosition, name: str, definition: FieldView, labels: Labels | None
    ) -> bool:
        if definition.overridden_by is not None:
            return False
        if definition.external and not _is_provided(position, name, self._names_of(position)):
            return False
        if definition.label is None:
            return True
        label, wanted = definition.label
        return labels is not None and labels.get(label) is wanted

    def _names_of(self, position: SubgraphPosition) -> frozenset[str]:
        """The position's type and the abstract types of its subgraph that include it."""
        view = self.views[position.graph]
        return frozenset(
            name for name, members in view.runtime_types.items() if position.local in members
        )

    # Conditions

    def can_resolve(
        self, selection: SelectionSetNode, positions: Iterable[SubgraphPosition], type_name: str
    ) -> bool:
        """Whether these positions together can resolve a field set on ``type_name``."""
        positions = frozenset(positions)
        for node in selection.selections:
            if isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else type_name
                for runtime, narrowed in self._by_runtime(positions, condition):
                    if not self.can_resolve(node.selection_set, narrowed, runtime):
                        return False
            elif isinstance(node, FieldNode) and not self._can_resolve_field(
                node, positions, type_name
            ):
                return False
        return True

    def _can_resolve_field(
        self, node: FieldNode, positions: frozenset[SubgraphPosition], type_name: str
    ) -> bool:
        direct = self._on_interface_object(node, positions)
        if direct and (node.selection_set is None or self._below(node, direct)):
            return True
        for runtime, narrowed in self._by_runtime(positions, type_name):
            values = self.advance(narrowed, runtime, node.name.value, None)
            if not values:
                return False
            if node.selection_set is not None and not self._below(node, values):
                return False
        return True

    def _on_interface_object(
        self, node: FieldNode, positions: frozenset[SubgraphPosition]
    ) -> frozenset[SubgraphPosition]:
        """Positions of the field's value by way of interface objects, which resolve it for all
        implementations at once."""
        return frozenset(
            value
            for position in positions
            if position.local in self.views[position.graph].interface_objects
            for value in self.step(position, position.local, node.name.value, None)
        )

    def _below(self, node: FieldNode, values: frozenset[SubgraphPosition]) -> bool:
        assert node.selection_set is not None
        bases = {position.local for position in values}
        merged = next((b for b in sorted(bases) if self._is_abstract(b)), min(bases))
        return self.can_resolve(node.selection_set, values, merged)

    def _is_abstract(self, name: str) -> bool:
        return self.merged.runtime_types(name) != frozenset((name,))

    def _by_runtime(
        self, positions: frozenset[SubgraphPosition], type_name: str
    ) -> Iterator[tuple[str, frozenset[SubgraphPosition]]]:
        """The object types that values at these positions may have, each with those positions."""
        for runtime in sorted(self.merged.runtime_types(type_name)):
            narrowed = self.narrow(positions, runtime)
            if narrowed:
                yield runtime, narrowed

    def narrow(
        self, positions: Iterable[SubgraphPosition], runtime: str
    ) -> frozenset[SubgraphPosition]:
        """The positions at which a value can be of this object type, narrowed to it."""
        return frozenset(
            narrowed
            for position in positions
            if (narrowed := self.narrow_one(position, runtime)) is not None
        )

    def narrow_one(self, position: SubgraphPosition, runtime: str) -> SubgraphPosition | None:
        view = self.views[position.graph]
        if position.local in view.interface_objects:
            interfaces = self.merged.types[runtime].interfaces
            return position if position.local in (*interfaces, runtime) else None
        if runtime in view.runtime_types.get(position.local, ()):
            return SubgraphPosition(position.graph, runtime, position.provided)
        # The subgraph may know the type only as an interface object that implements the interface.
        interfaces = self.merged.types[runtime].interfaces
        members = view.runtime_types.get(position.local, frozenset())
        for interface in interfaces:
            if interface in view.interface_objects and interface in members:
                return SubgraphPosition(position.graph, interface, position.provided)
        return None


def _is_provided(position: SubgraphPosition, name: str, types: frozenset[str]) -> bool:
    return any(True for _ in _provided_nodes(position.provided, name, types))


def _provided_below(position: SubgraphPosition, name: str, definition: FieldView) -> Provided:
    inherited = [
        node.selection_set
        for node in _provided_nodes(position.provided, name, None)
        if node.selection_set is not None
    ]
    own = [definition.provides] if definition.provides is not None else []
    return (*own, *inherited)


def _provided_nodes(
    provided: Iterable[SelectionSetNode], name: str, types: frozenset[str] | None
) -> Iterator[FieldNode]:
    for selection in provided:
        for node in selection.selections:
            if isinstance(node, FieldNode) and node.name.value == name:
                yield node
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else None
                if types is None or condition is None or condition in types:
                    yield from _provided_nodes((node.selection_set,), name, types)
