"""Fetches under construction: growing selections, positions in the merged data, entity targets."""

from __future__ import annotations

from dataclasses import dataclass, field

from trellis.router.errors import PlanningLimit
from trellis.router.operation.model import Directed, Field
from trellis.router.planner.candidates import Access
from trellis.router.planner.plan import ContextValue, Need, Path
from trellis.router.planner.view import GraphView

MAX_PRINTED_FIELDS = 100_000
"""Fields in all requests of one plan. Selections are shared while they are built but printed once
per occurrence, and nested fragments on several types multiply exponentially. Public graphs print at
most 637 fields."""


@dataclass(slots=True, eq=False)
class SelectedField:
    """One field of a growing selection."""

    key: str
    field: Field
    child: Node | None

    def is_same(self, other: SelectedField) -> bool:
        """Whether the other is the same field with the same selection object."""
        mine, theirs = self.field, other.field
        if (mine.name, mine.argument_text, mine.directed) != (
            theirs.name,
            theirs.argument_text,
            theirs.directed,
        ):
            return False
        if self.child is None or other.child is None:
            return self.child is other.child
        return self.child.root is other.child.root


class Node:
    """A growing selection of one subgraph operation: fields, and fragments by type condition.
    ``place`` is the subgraph and the abstract type there, once there are fragments.

    Two selections may turn out to be the same while fetches still grow (the same field under two
    type conditions). Both nodes stay valid and then stand for the joined ``root`` (union-find).
    """

    __slots__ = ("_joined_to", "fields", "has_typename", "on", "place")

    def __init__(self) -> None:
        self.fields: dict[str, SelectedField] = {}
        self.on: dict[str, Node] = {}
        self.has_typename = False
        self.place: tuple[int, str] | None = None
        self._joined_to: Node | None = None

    @property
    def root(self) -> Node:
        """The selection that this one was merged into: itself, unless it was joined."""
        node = self
        while node._joined_to is not None:
            node = node._joined_to
        return node

    def under(self, type_name: str) -> Node:
        """The fragment for one type."""
        on = self.root.on
        found = on.get(type_name)
        if found is None:
            found = on[type_name] = Node()
        return found.root

    def ask_typename(self) -> None:
        self.root.has_typename = True

    def ask(self, key: str, asked: Field, child: Node | None = None) -> Node | None:
        """Add a field and return its selection, the existing one if the field was there already.
        A ``child`` passed for a field that has a selection is joined with it."""
        fields = self.root.fields
        known = fields.get(key)
        if known is None:
            if child is None and asked.selection is not None:
                child = Node()
            known = fields[key] = SelectedField(key, asked, child)
        elif child is not None and known.child is not None:
            known.child.root.join(child)
        return known.child.root if known.child is not None else None

    def join(self, other: Node) -> None:
        """Merge ``other`` into this selection; both nodes then stand for the result."""
        mine, theirs = self.root, other.root
        if mine is theirs:
            return
        theirs._joined_to = mine
        mine.has_typename = mine.has_typename or theirs.has_typename
        mine.place = mine.place or theirs.place
        for key, asked in theirs.fields.items():
            known = mine.fields.get(key)
            if known is None:
                mine.fields[key] = asked
            elif known.child is not None and asked.child is not None:
                known.child.join(asked.child)
        for type_name, node in theirs.on.items():
            known_node = mine.on.get(type_name)
            if known_node is None:
                mine.on[type_name] = node
            else:
                known_node.join(node)

    def fold(self, view: GraphView) -> None:
        """Move fields that the fragments of all types have in common to the interface itself."""
        if self.place is None or not self.on:
            return
        subgraph, name = self.place
        if view.possible(subgraph, name) != self.on.keys():
            return
        first, *others = (node.root for node in self.on.values())
        for key, asked in list(first.fields.items()):
            twins = [node.fields.get(key) for node in others]
            if not all(twin is not None and asked.is_same(twin) for twin in twins):
                continue
            if view.is_asked_on_interface(subgraph, name, asked.field.name, ()):
                self.ask(key, asked.field, asked.child)
                for node in (first, *others):
                    del node.fields[key]
        self.on = {name: node for name, node in self.on.items() if node.root.fields or node.root.on}


class Printer:
    """Prints selections as GraphQL and collects the client's variables used in them."""

    def __init__(self, view: GraphView) -> None:
        self.view = view
        self.variables: dict[str, None] = {}
        self._printed = 0

    def selection(self, node: Node) -> str:
        parts: list[str] = []
        self._members(node.root, parts, node.root.fields)
        return "{" + " ".join(parts) + "}"

    def _members(self, node: Node, parts: list[str], above: dict[str, SelectedField]) -> None:
        self._spend(len(node.fields) + len(node.on) + 1)
        node.fold(self.view)
        if node.has_typename or not (node.fields or node.on):
            parts.append("__typename")
        for key, asked in node.fields.items():
            if node.fields is not above and asked.child is None and key in above:
                continue  # already selected for all types
            parts.append(self._field(asked))
        for type_name, inner in node.on.items():
            inside: list[str] = []
            self._members(inner.root, inside, above)
            if inside:
                parts.append(f"... on {type_name} {{{' '.join(inside)}}}")

    def _field(self, asked: SelectedField) -> str:
        name = asked.field.name
        text = name if asked.key == name else f"{asked.key}: {name}"
        if asked.field.argument_text:
            text += f"({asked.field.argument_text})"
        for variable in asked.field.variables:
            self.variables[variable] = None
        below = "" if asked.child is None else " " + self.selection(asked.child)
        if asked.field.directed:
            return " ".join(_directed(way, text, below) for way in asked.field.directed)
        return text + below

    def _spend(self, fields: int) -> None:
        self._printed += fields
        if self._printed > MAX_PRINTED_FIELDS:
            raise PlanningLimit(
                "The subgraph requests for this operation would be too large: "
                "fragments on several types within one another multiply. "
                "Request less in one operation."
            )


def _directed(way: Directed, text: str, below: str) -> str:
    own = f" {way.own}" if way.own else ""
    before = "".join(f"... {directives} {{" for directives in way.around)
    return f"{before}{text}{own}{below}{'}' * len(way.around)}"


class Slot:
    """One position of the merged data: maps fields to internal keys.

    ``is_serial``: equal fields under two response keys are two fields, as at the root of a
    mutation, where each has an effect of its own.
    """

    __slots__ = (
        "_asked",
        "_children",
        "_keys",
        "_taken",
        "is_serial",
        "is_typed",
        "possible",
        "view",
    )

    def __init__(
        self, view: GraphView, possible: frozenset[str], *, is_serial: bool = False
    ) -> None:
        self.view = view
        self.possible = possible
        self.is_serial = is_serial
        self.is_typed = False
        self._asked: set[str] = set()
        self._keys: dict[tuple[object, ...], str] = {}
        self._taken: set[str] = set()
        self._children: dict[tuple[str, str], Slot] = {}

    def key(self, asked: Field, runtime: str | None) -> str:
        """The internal key of a field for objects of one runtime type (None: all)."""
        shape = self._shape(asked.name, runtime)
        own_key = asked.key if self.is_serial else ""
        memo_key = (asked.name, shape, asked.argument_text, own_key, asked.directed)
        found = self._keys.get(memo_key)
        if found is None:
            found, number = asked.name, 0
            while found in self._taken:
                number += 1
                found = f"{asked.name}_{number}"
            self._taken.add(found)
            self._keys[memo_key] = found
        return found

    def child(self, key: str, asked: Field) -> Slot:
        """The position that a composite field leads to."""
        assert asked.selection is not None
        # Objects of disjoint types may have fields of different types under one key.
        memo_key = (key, asked.selection.type)
        found = self._children.get(memo_key)
        if found is None:
            possible = self.view.graph.possible(asked.selection.type)
            found = self._children[memo_key] = Slot(self.view, possible)
        return found

    def ask(self, asked: Field, types: frozenset[str] | None) -> list[str]:
        """The internal keys under which a fetch selects a field for some runtime types (None:
        all)."""
        keys = [key for key, _ in self._by_key(asked, types)]
        self._asked.update(keys)
        return keys

    def read(
        self, asked: Field, types: frozenset[str] | None
    ) -> list[tuple[str, frozenset[str] | None]]:
        """The internal keys under which fetches return a field for a set of runtime types (None:
        all), each with its types (None: all of the set)."""
        found = self._by_key(asked, types)
        # Objects of types that no fetch selects do not occur. A single remaining key is read
        # whatever the object's type: its ``__typename`` may not have been fetched.
        met = [key for key, _ in found if key in self._asked]
        return [(met[0], types)] if len(met) == 1 else found

    def is_split(self, asked: Field) -> bool:
        """Whether a field has several internal keys, by the objects' runtime type."""
        return len(self._by_key(asked, None)) > 1

    def _by_key(
        self, asked: Field, types: frozenset[str] | None
    ) -> list[tuple[str, frozenset[str] | None]]:
        if self._shapes(asked.name) is None:
            return [(self.key(asked, None), types)]
        by_key: dict[str, set[str]] = {}
        for runtime in sorted(self.possible if types is None else types):
            by_key.setdefault(self.key(asked, runtime), set()).add(runtime)
        return [(key, frozenset(runtime)) for key, runtime in by_key.items()]

    def _shape(self, name: str, runtime: str | None) -> int:
        shapes = self._shapes(name)
        return 0 if shapes is None or runtime is None else shapes.get(runtime, 0)

    def _shapes(self, name: str) -> dict[str, int] | None:
        if len(self.possible) == 1 or name == "__typename":
            return None
        return self.view.shapes(self.possible, name)


@dataclass(slots=True, eq=False)
class Target:
    """The objects of an entity fetch: where they are and what their representations contain."""

    slot: Slot
    path: Path
    needs: tuple[Need, ...]
    types: frozenset[str] | None
    typename: str | None
    contexts: tuple[ContextValue, ...] = ()


@dataclass(slots=True, eq=False)
class Fetch:
    """One query to one subgraph: of the operation's root, of a root type returned at ``path``, or
    of the entities of ``target`` (``view`` is then their type in the subgraph).

    ``variables`` are its context variables with their types; ``arguments`` maps the arguments of
    fields to these variables.
    """

    subgraph: int
    view: str
    node: Node
    path: Path = ()
    target: Target | None = None
    after: set[Fetch] = field(default_factory=set)
    round: int = -1
    variables: dict[str, str] = field(default_factory=dict)
    arguments: dict[tuple[Access, str], str] = field(default_factory=dict)
