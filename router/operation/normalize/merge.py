"""Merges the fields of each response key, separately for runtime types that differ."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
)

from trellis.router.operation.model import (
    INTROSPECTION_FIELDS,
    Field,
    NormalizedOperation,
    SelectionSet,
    weight_of,
)
from trellis.router.operation.normalize.arguments import print_arguments
from trellis.router.operation.normalize.collect import MAX_FIELDS, Collector, Entry, TypeIndex
from trellis.router.operation.normalize.directives import written
from trellis.router.operation.normalize.introspection import print_introspection
from trellis.router.operation.normalize.order import type_orders

__all__ = ["MAX_FIELDS", "Normalizer"]

_TYPENAME = GraphQLNonNull(GraphQLString)
NO_SETS: frozenset[frozenset[str]] = frozenset()


class Normalizer:
    """Normalizes operations against one API schema. It keeps no state of operations."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.index = TypeIndex(schema)

    def normalize(
        self,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> NormalizedOperation:
        """See ``trellis.router.operation.normalize.normalize``."""
        collector = Collector(self.index, fragments, variables)
        root = self.index.schema.get_root_type(operation.operation)
        if root is None:  # refused by validation
            raise ValueError(f"the schema has no {operation.operation.value} type")
        merger = _Merger(collector)
        selection = merger.build((operation.selection_set,), root.name)
        definitions = operation.variable_definitions or ()
        return NormalizedOperation(
            kind=operation.operation.value,
            name=operation.name.value if operation.name else None,
            selection=selection,
            definitions={d.variable.name.value: d for d in definitions},
            conditions=tuple((n, bool(variables.get(n))) for n in sorted(collector.used)),
            directives=self.index.directives.on_operation(operation),
            introspections=tuple(merger.introspections),
            weight=weight_of(selection),
        )

    def selection(self, node: SelectionSetNode, type_name: str) -> SelectionSet:
        """Normalize a bare selection set, such as a field set of ``@key`` or ``@requires``."""
        return _Merger(Collector(self.index, {}, {})).build((node,), type_name)


class _Merger:
    """Builds selection sets. Equal results are one object, even if they were written
    differently."""

    def __init__(self, collector: Collector) -> None:
        self.collector = collector
        self.index = collector.index
        self.types = collector.index.schema.type_map
        self.by_nodes: dict[tuple[str, tuple[int, ...]], SelectionSet] = {}
        self.by_content: dict[tuple[object, ...], SelectionSet] = {}
        self.introspections: dict[str, None] = {}

    def build(self, nodes: tuple[SelectionSetNode, ...], type_name: str) -> SelectionSet:
        mark = (type_name, tuple(map(id, nodes)))
        found = self.by_nodes.get(mark)
        if found is None:
            possible = self.index.possible(type_name)
            fields: list[Field] = []
            collected = self.collector.collect(nodes, type_name, possible)
            for key, entries in collected.items():
                self._merge(key, entries, type_name, possible, fields)
            orders = type_orders(collected, possible)
            content = (
                type_name,
                orders,
                *((f.key, f.types, f.type_conditions, *_content(f)) for f in fields),
            )
            found = self.by_content.setdefault(
                content, SelectionSet(type_name, possible, tuple(fields), orders)
            )
            self.by_nodes[mark] = found
        return found

    def _merge(
        self,
        key: str,
        entries: list[Entry],
        parent: str,
        possible: frozenset[str],
        fields: list[Field],
    ) -> None:
        if len(possible) < 2:
            # An interface without implementations still has its own fields: a subgraph may define
            # it as an @interfaceObject.
            only = next(iter(possible), parent)
            api_type = self._type_of(only, entries[0].node)
            fields.append(self._field(key, entries, api_type, None, NO_SETS))
            return
        joined: dict[tuple[object, ...], Field] = {}
        for runtime, chosen in _groups(entries, possible):
            for group, api_type in self._by_type(chosen[0].node, runtime):
                made = self._field(key, chosen, api_type, group, _type_conditions(chosen, possible))
                known = joined.get(_content(made))
                if known is not None and known.types is not None:
                    conditions = known.type_conditions | made.type_conditions
                    made = replace(known, types=known.types | group, type_conditions=conditions)
                joined[_content(made)] = made
        for made in joined.values():
            fields.append(replace(made, types=None) if made.types == possible else made)

    def _by_type(
        self, node: FieldNode, runtime: frozenset[str]
    ) -> Iterable[tuple[frozenset[str], GraphQLOutputType]]:
        """Group runtime types by the type that the field has on them."""
        name = node.name.value
        if name == "__typename":
            return [(runtime, _TYPENAME)]
        if len(runtime) == 1:
            return [(runtime, self._type_of(min(runtime), node))]
        return self.index.by_field_type(name, runtime)

    def _type_of(self, type_name: str, node: FieldNode) -> GraphQLOutputType:
        name = node.name.value
        if name.startswith("__"):
            return _introspection_type(self.index.schema, name)
        parent = self.types[type_name]
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        return parent.fields[name].type

    def _field(
        self,
        key: str,
        entries: list[Entry],
        api_type: GraphQLOutputType,
        types: frozenset[str] | None,
        conditions: frozenset[frozenset[str]],
    ) -> Field:
        first = entries[0]
        name = first.node.name.value
        selection, introspection = None, ""
        if name in INTROSPECTION_FIELDS:
            introspection = print_introspection(entry.node for entry in entries)
            self.introspections[introspection] = None
        elif first.node.selection_set is not None:
            nodes = {id(e.node): e.node.selection_set for e in entries}
            parts = tuple(part for part in nodes.values() if part is not None)
            selection = self.build(parts, get_named_type(api_type).name)
        arguments = first.node.arguments or ()
        text, variables = print_arguments(arguments)
        directed = written(entry.directed for entry in entries)
        for way in directed:
            variables = (*variables, *way.variables)
        return Field(
            key=key,
            name=name,
            parent=max((e.parent for e in entries), key=lambda p: len(self.index.possible(p))),
            type=api_type,
            arguments=tuple((a.name.value, a.value) for a in arguments),
            argument_text=text,
            variables=variables,
            selection=selection,
            types=types,
            type_conditions=conditions,
            directed=directed,
            introspection=introspection,
        )


def _type_conditions(entries: list[Entry], possible: frozenset[str]) -> frozenset[frozenset[str]]:
    written = (possible if entry.types is None else entry.types for entry in entries)
    return frozenset(types for types in written if len(types) > 1)


def _groups(
    entries: list[Entry], possible: frozenset[str]
) -> Iterable[tuple[frozenset[str], list[Entry]]]:
    """Group runtime types by the entries that apply to them."""
    if all(entry.types is entries[0].types for entry in entries):
        return [(possible if entries[0].types is None else entries[0].types, entries)]
    by_type: dict[str, list[int]] = {}
    general = [number for number, entry in enumerate(entries) if entry.types is None]
    for number, entry in enumerate(entries):
        for name in entry.types or ():
            by_type.setdefault(name, []).append(number)
    groups: dict[tuple[int, ...], list[str]] = {}
    if general:
        groups[()] = [name for name in possible if name not in by_type]
    for name in sorted(by_type):
        groups.setdefault(tuple(by_type[name]), []).append(name)
    found = [
        (frozenset(names), [entries[number] for number in sorted((*general, *own))])
        for own, names in groups.items()
        if names
    ]
    return sorted(found, key=lambda group: entries.index(group[1][0]))


def _content(field: Field) -> tuple[object, ...]:
    """Equal for two fields of one key that differ only in the runtime types they apply to."""
    asked = field.name, field.argument_text, field.directed, field.introspection
    return (*asked, str(field.type), id(field.selection))


def _introspection_type(schema: GraphQLSchema, name: str) -> GraphQLOutputType:
    if name == "__typename":
        return _TYPENAME
    named = schema.type_map["__Schema" if name == "__schema" else "__Type"]
    assert isinstance(named, GraphQLObjectType)
    return GraphQLNonNull(named) if name == "__schema" else named
