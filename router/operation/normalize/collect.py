"""Inlines fragments: the fields of a selection set and the runtime types that they apply to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    is_abstract_type,
)

from trellis.router.errors import PlanningLimit
from trellis.router.operation.model import Directed
from trellis.router.operation.normalize.conditions import is_selected
from trellis.router.operation.normalize.directives import ForwardedDirectives

MAX_FIELDS = 100_000
"""Fields of one operation after expansion. Fragments that spread each other repeatedly can expand
to any number."""

_REMEMBERED = 10_000
"""Entries of the memo of ``by_field_type``. Its keys contain sets of types chosen by clients, so
it must not grow without limit."""

UNDIRECTED = Directed()

Typed = tuple[frozenset[str], GraphQLOutputType]


@dataclass(frozen=True, slots=True)
class Entry:
    """One occurrence of a field: the type on which it is selected, the runtime types to which it
    applies (None: all possible ones), and the directives on it and around it. ``place`` increases
    in document order."""

    types: frozenset[str] | None
    parent: str
    node: FieldNode
    place: int
    directed: Directed = UNDIRECTED


class TypeIndex:
    """The possible object types of each composite type of a schema, memoized."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.directives = ForwardedDirectives(schema)
        self._possible: dict[str, frozenset[str]] = {}
        self._by_field_type: dict[tuple[str, frozenset[str]], list[Typed]] = {}

    def possible(self, name: str) -> frozenset[str]:
        """The possible object types of a position of this type."""
        found = self._possible.get(name)
        if found is None:
            kind = self.schema.type_map.get(name)
            if kind is not None and is_abstract_type(kind):
                found = frozenset(t.name for t in self.schema.get_possible_types(kind))
            else:
                found = frozenset((name,))
            self._possible[name] = found
        return found

    def by_field_type(self, name: str, runtime: frozenset[str]) -> list[Typed]:
        """Group object types by the type that a field has on them."""
        found = self._by_field_type.get((name, runtime))
        if found is None:
            apart: dict[str, tuple[list[str], GraphQLOutputType]] = {}
            for type_name in sorted(runtime):
                kind = self.schema.type_map[type_name]
                assert isinstance(kind, GraphQLObjectType)
                field_type = kind.fields[name].type
                apart.setdefault(str(field_type), ([], field_type))[0].append(type_name)
            found = [(frozenset(names), field_type) for names, field_type in apart.values()]
            if len(self._by_field_type) < _REMEMBERED:
                self._by_field_type[name, runtime] = found
        return found


@dataclass(slots=True)
class Collector:
    """Collects the fields of selection sets; created per normalization."""

    index: TypeIndex
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    used: set[str] = field(default_factory=set)
    count: int = 0

    def collect(
        self, nodes: Iterable[SelectionSetNode], type_name: str, possible: frozenset[str]
    ) -> dict[str, list[Entry]]:
        """The entries by response key, in document order."""
        entries: dict[str, list[Entry]] = {}
        visited: set[tuple[object, ...]] = set()
        for node in nodes:
            self._walk(node, type_name, None, UNDIRECTED, possible, entries, visited)
        return entries

    def _walk(
        self,
        node: SelectionSetNode,
        parent: str,
        types: frozenset[str] | None,
        around: Directed,
        possible: frozenset[str],
        entries: dict[str, list[Entry]],
        visited: set[tuple[object, ...]],
    ) -> None:
        for selection in node.selections:
            if selection.directives and not is_selected(selection, self.variables, self.used):
                continue
            if isinstance(selection, FieldNode):
                self._add_field(selection, parent, types, around, entries)
                continue
            inner = self._fragment(selection, parent)
            if inner is None:
                continue
            body, condition = inner
            narrowed = types if condition == parent else self._narrow(types, condition, possible)
            if narrowed is not None and not narrowed:
                continue
            inside = around
            if selection.directives:
                inside = self.index.directives.on_fragment(selection, around)
            if isinstance(selection, FragmentSpreadNode):
                # The same fragment under the same condition adds nothing a second time.
                mark = (selection.name.value, narrowed, inside)
                if mark in visited:
                    continue
                visited.add(mark)
                self._spend()
            self._walk(body, condition, narrowed, inside, possible, entries, visited)

    def _add_field(
        self,
        node: FieldNode,
        parent: str,
        types: frozenset[str] | None,
        around: Directed,
        entries: dict[str, list[Entry]],
    ) -> None:
        key = (node.alias or node.name).value
        directed = around
        if node.directives:
            directed = self.index.directives.on_field(node, around)
        entry = Entry(types, parent, node, self.count, directed)
        if key in entries:
            entries[key].append(entry)
        else:
            entries[key] = [entry]
        self._spend()

    def _fragment(
        self, selection: SelectionNode, parent: str
    ) -> tuple[SelectionSetNode, str] | None:
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            return selection.selection_set, condition.name.value if condition else parent
        if isinstance(selection, FragmentSpreadNode):
            fragment = self.fragments.get(selection.name.value)
            if fragment is not None:
                return fragment.selection_set, fragment.type_condition.name.value
        return None

    def _narrow(
        self, types: frozenset[str] | None, condition: str, possible: frozenset[str]
    ) -> frozenset[str] | None:
        narrowed = (possible if types is None else types) & self.index.possible(condition)
        return None if narrowed == possible else narrowed

    def _spend(self) -> None:
        self.count += 1
        if self.count > MAX_FIELDS:
            raise PlanningLimit(
                f"The operation selects more than {MAX_FIELDS} fields once its fragments are"
                " expanded. Select less in one request."
            )
