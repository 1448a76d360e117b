"""A deterministic world behind any set of federation subgraphs, for tests without fixtures.

Every value is a pure function of (owner, number, field, arguments), so the same question has one
right answer whether the API schema is executed as one service (``Universe.monolith``) or the
subgraphs are asked through a router (``Universe.transports``). A mock subgraph refuses whatever a
correct plan never asks: an ``@external`` field that is neither a key nor provided, a ``@requires``
field without the right values in the representation, an entity without a resolvable key, a field
on the wrong side of an override label (``labels`` are the active ones).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DefinitionNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    OperationDefinitionNode,
    SchemaExtensionNode,
    SelectionSetNode,
    build_ast_schema,
    execute_sync,
    extend_schema,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
    parse,
    validate,
    value_from_ast_untyped,
)

NUMBERS = 7  # objects of each type
ROOTS = ("Query", "Mutation", "Subscription")

MockTransport = Callable[[str, Mapping[str, Any]], Awaitable[dict[str, Any]]]


def _hash(text: str) -> int:
    return zlib.crc32(text.encode())


def _field_set(text: str) -> SelectionSetNode:
    definition = parse("{" + text + "}", no_location=True).definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    return definition.selection_set


def _arguments(directive: DirectiveNode) -> dict[str, Any]:
    return {a.name.value: value_from_ast_untyped(a.value) for a in directive.arguments or ()}


@dataclass(slots=True)
class Thing:
    """An object of the world. ``provided`` are selections that the way to it gives the right to
    read, ``representation`` is what an entity was asked by."""

    owner: str
    number: int
    typename: str
    provided: tuple[SelectionSetNode, ...] = ()
    representation: Mapping[str, Any] | None = None


@dataclass(slots=True)
class SubgraphFacts:
    """What the mock must know of one SDL beside the plain schema."""

    name: str
    schema: GraphQLSchema
    keys: dict[str, list[tuple[SelectionSetNode, bool]]] = field(default_factory=dict)
    external: set[tuple[str, str]] = field(default_factory=set)
    requires: dict[tuple[str, str], SelectionSetNode] = field(default_factory=dict)
    provides: dict[tuple[str, str], SelectionSetNode] = field(default_factory=dict)
    interface_objects: set[str] = field(default_factory=set)
    labelled: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def key_fields(self, type_name: str) -> set[str]:
        return {
            node.name.value
            for key, _ in self.keys.get(type_name, ())
            for node in key.selections
            if isinstance(node, FieldNode)
        }


def _fields(selections: SelectionSetNode) -> Iterator[FieldNode]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set)


def read_subgraph(name: str, sdl: str) -> SubgraphFacts:
    """Federation 2 SDL with plainly imported directives, as the tests of this suite write it."""
    definitions = [
        d
        for d in parse(sdl, no_location=True).definitions
        if not isinstance(d, SchemaExtensionNode)
    ]
    facts = SubgraphFacts(name, GraphQLSchema())
    for definition in definitions:
        if isinstance(definition, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            _read_type(facts, definition)
    facts.schema = _executable(definitions, [name for name in facts.keys if name])
    return facts


DIRECTIVES = """
directive @key(fields: String!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
directive @external on FIELD_DEFINITION
directive @requires(fields: String!) on FIELD_DEFINITION
directive @provides(fields: String!) on FIELD_DEFINITION
directive @shareable repeatable on OBJECT | FIELD_DEFINITION
directive @interfaceObject on OBJECT
directive @inaccessible on FIELD_DEFINITION | OBJECT
directive @override(from: String!, label: String) on FIELD_DEFINITION
"""


def _executable(definitions: Sequence[DefinitionNode], keyed: Sequence[str]) -> GraphQLSchema:
    names = {getattr(getattr(d, "name", None), "value", "") for d in definitions}
    text = DIRECTIVES + "scalar _Any type _Service { sdl: String }"
    if "Query" not in names:
        text += " type Query { _service: _Service }"
    extras = parse(text, no_location=True).definitions
    document = DocumentNode(definitions=(*definitions, *extras))
    schema = build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)
    entities = [name for name in keyed if is_object_type(schema.type_map[name])]
    if not entities:
        return schema
    entry = (
        f"union _Entity = {' | '.join(entities)} "
        "extend type Query { _entities(representations: [_Any!]!): [_Entity]! }"
    )
    return extend_schema(schema, parse(entry), assume_valid=True, assume_valid_sdl=True)


def _read_type(
    facts: SubgraphFacts, definition: ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode
) -> None:
    name = definition.name.value
    for directive in definition.directives or ():
        if directive.name.value == "key":
            given = _arguments(directive)
            key = (_field_set(given["fields"]), given.get("resolvable", True))
            facts.keys.setdefault(name, []).append(key)
        elif directive.name.value == "interfaceObject":
            facts.interface_objects.add(name)
    for node in definition.fields or ():
        place = (name, node.name.value)
        for directive in node.directives or ():
            match directive.name.value:
                case "external":
                    facts.external.add(place)
                case "requires":
                    facts.requires[place] = _field_set(_arguments(directive)["fields"])
                case "override":
                    given = _arguments(directive)
                    if "label" in given:
                        facts.labelled[place] = (given["from"], given["label"])
                case "provides":
                    facts.provides[place] = _field_set(_arguments(directive)["fields"])


class Universe:
    """The one world: ask it whole (``monolith``) or in parts (``transports``)."""

    def __init__(
        self,
        api_sdl: str,
        subgraphs: Sequence[tuple[str, str]],
        labels: frozenset[str] = frozenset(),
    ) -> None:
        self.labels = labels
        self.api = build_ast_schema(parse(api_sdl), assume_valid=True, assume_valid_sdl=True)
        self.parts = {name: read_subgraph(name, sdl) for name, sdl in subgraphs}
        self.requests: list[tuple[str, str]] = []
        self.owners = self._entity_interfaces()
        self.never_null = self._fields_of_field_sets()

    def _entity_interfaces(self) -> dict[str, str]:
        """Implementation -> interface with a key: they share one row of numbers."""
        keyed = {name for part in self.parts.values() for name in part.keys}
        return {
            t.name: interface.name
            for t in self.api.type_map.values()
            if is_object_type(t)
            for interface in t.interfaces
            if interface.name in keyed
        }

    def _fields_of_field_sets(self) -> set[str]:
        names: set[str] = set()

        def visit(selections: SelectionSetNode) -> None:
            for node in _fields(selections):
                names.add(node.name.value)
                if node.selection_set:
                    visit(node.selection_set)

        for part in self.parts.values():
            for keys in part.keys.values():
                for key, _ in keys:
                    visit(key)
            for needed in part.requires.values():
                visit(needed)
        return names

    def runtime_type(self, owner: str, number: int) -> str:
        """The type of object ``number``; implementations of an entity interface take turns."""
        types = sorted(t for t, o in self.owners.items() if o == owner)
        return types[number % len(types)] if types else owner

    def value(self, thing: Thing, name: str, output: Any, args: Mapping[str, Any]) -> Any:
        """What the field is, for every subgraph and for the monolith."""
        owner = "Root" if thing.owner in ROOTS else thing.owner
        base = f"{owner}.{name}"
        suffix = json.dumps(args, sort_keys=True) if args else ""
        is_nullable = self._is_nullable_everywhere(thing, name)
        if is_nullable and _hash(f"{base}{thing.number}?") % 9 == 0:
            return None
        return self._make(output, base, suffix, thing.number, ())

    def _is_nullable_everywhere(self, thing: Thing, name: str) -> bool:
        if thing.owner in ROOTS or name in self.never_null:
            return False
        candidates = {thing.owner, *(t for t, o in self.owners.items() if o == thing.owner)}
        declared = [
            fields[name].type
            for part in self.parts.values()
            for candidate in candidates
            if name in (fields := getattr(part.schema.type_map.get(candidate), "fields", {}))
        ]
        return bool(declared) and not any(isinstance(t, GraphQLNonNull) for t in declared)

    def _make(
        self, output: Any, base: str, suffix: str, number: int, index: tuple[int, ...]
    ) -> Any:
        if isinstance(output, GraphQLNonNull):
            return self._make(output.of_type, base, suffix, number, index)
        if isinstance(output, GraphQLList):
            return [self._item(output.of_type, base, suffix, number, (*index, i)) for i in range(2)]
        shift = number + sum(index) + (_hash(suffix) if suffix else 0)
        if is_leaf_type(output):
            return self._leaf(output, base, suffix, shift)
        target = (shift + _hash(base)) % NUMBERS
        name = output.name
        if name in self.owners.values():
            return Thing(name, target, self.runtime_type(name, target))
        if is_abstract_type(output):
            members = sorted(t.name for t in self.api.get_possible_types(self.api.type_map[name]))  # type: ignore[arg-type]
            name = members[target % len(members)]
        owner = self.owners.get(name, name)
        while self.runtime_type(owner, target) != name:
            target = (target + 1) % NUMBERS
        return Thing(owner, target, name)

    def _item(
        self, output: Any, base: str, suffix: str, number: int, index: tuple[int, ...]
    ) -> Any:
        is_gap = _hash(f"{base}{number}{index}") % 11 == 0
        if is_gap and not isinstance(output, GraphQLNonNull):
            return None
        return self._make(output, base, suffix, number, index)

    def _leaf(self, output: Any, base: str, suffix: str, shift: int) -> Any:
        if isinstance(output, GraphQLEnumType):
            values = sorted(self.api.type_map[output.name].values)  # type: ignore[attr-defined]
            return values[(_hash(base) + shift) % len(values)]
        match output.name:
            case "Int":
                return _hash(base) % 1000 + shift % 1000
            case "Boolean":
                return (_hash(base) + shift) % 2 == 0
            case "Float":
                return _hash(base) % 1000 + 0.5
        return f"{base}.{shift}{suffix}"

    def monolith(self, operation: str, variables: Mapping[str, Any] | None = None) -> Any:
        """The right answer's ``data``; an operation with errors fails the test."""

        def resolve(source: Any, info: Any, **args: Any) -> Any:
            root = info.parent_type.name
            thing = source if isinstance(source, Thing) else Thing(root, 0, root)
            return self.value(thing, info.field_name, info.return_type, args)

        result = execute_sync(
            self.api,
            parse(operation),
            variable_values=dict(variables or {}),
            field_resolver=resolve,
            type_resolver=lambda value, info, abstract: value.typename,
        )
        assert not result.errors, result.errors
        return result.data

    def transports(self) -> dict[str, MockTransport]:
        """One function per subgraph; every request is kept in ``requests``."""
        return {name: self._transport(part) for name, part in self.parts.items()}

    def _transport(self, part: SubgraphFacts) -> MockTransport:
        mock = MockSubgraph(self, part)

        async def send(query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
            self.requests.append((part.name, query))
            return mock.execute(query, variables)

        return send


class MockSubgraph:
    """One subgraph of the world; refuses what a correct plan never asks."""

    def __init__(self, universe: Universe, part: SubgraphFacts) -> None:
        self.universe, self.part = universe, part

    def execute(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        document = parse(query)
        problems = validate(self.part.schema, document)
        if problems:
            return {"errors": [{"message": p.message} for p in problems]}
        result = execute_sync(
            self.part.schema,
            document,
            variable_values=dict(variables or {}),
            field_resolver=self._resolve,
            type_resolver=lambda value, info, abstract: value.typename,
        )
        return dict(result.formatted)

    def _resolve(self, source: Any, info: Any, **args: Any) -> Any:
        if info.field_name == "_entities":
            return [self._entity(r) for r in args["representations"]]
        root = info.parent_type.name
        thing = source if isinstance(source, Thing) else Thing(root, 0, root)
        place = (root, info.field_name)
        self._check_right(thing, place)
        value = self.universe.value(thing, info.field_name, info.return_type, args)
        provided = self._provided_below(thing, place)
        return self._localize(value, info.return_type, provided)

    def _check_right(self, thing: Thing, place: tuple[str, str]) -> None:
        type_name, name = place
        if place in self.part.external and name not in self.part.key_fields(type_name):
            names = {f.name.value for sel in thing.provided for f in _fields(sel)}
            if name not in names:
                raise GraphQLError(f"{self.part.name}: {type_name}.{name} is external here")
        if self._is_on_the_other_side(place):
            raise GraphQLError(f"{self.part.name}: {type_name}.{name} belongs to another subgraph")
        needed = self.part.requires.get(place)
        if needed and not self._matches(thing, needed, thing.representation or {}):
            raise GraphQLError(f"{self.part.name}: {type_name}.{name} lacks what it requires")

    def _is_on_the_other_side(self, place: tuple[str, str]) -> bool:
        active = self.universe.labels
        own = self.part.labelled.get(place)
        if own is not None:
            return own[1] not in active
        return any(
            part.labelled[place][0] == self.part.name and part.labelled[place][1] in active
            for part in self.universe.parts.values()
            if place in part.labelled
        )

    def _provided_below(self, thing: Thing, place: tuple[str, str]) -> tuple[SelectionSetNode, ...]:
        own = self.part.provides.get(place)
        inherited = [
            f.selection_set
            for selections in thing.provided
            for f in _fields(selections)
            if f.name.value == place[1] and f.selection_set
        ]
        return (*([own] if own else []), *inherited)

    def _localize(self, value: Any, output: Any, provided: tuple[SelectionSetNode, ...]) -> Any:
        if isinstance(value, list):
            return [self._localize(v, output, provided) for v in value]
        if not isinstance(value, Thing):
            return value
        while hasattr(output, "of_type"):
            output = output.of_type
        # An implementation that this subgraph does not have is known by its interface object.
        typename = value.typename
        if output.name in self.part.interface_objects:
            typename = output.name
        elif typename not in self.part.schema.type_map:
            typename = value.owner
        return Thing(value.owner, value.number, typename, provided)

    def _entity(self, representation: Mapping[str, Any]) -> Thing:
        name: str = representation["__typename"]
        owner: str = self.universe.owners.get(name, name)
        for key, is_resolvable in self.part.keys.get(name, ()):
            for number in range(NUMBERS) if is_resolvable else ():
                runtime = self.universe.runtime_type(owner, number)
                if owner != name and runtime != name:
                    continue
                as_object = name in self.part.interface_objects
                thing = Thing(owner, number, name if as_object else runtime)
                if self._matches(thing, key, representation):
                    thing.representation = representation
                    return thing
        raise GraphQLError(f"{self.part.name}: nothing is represented by {representation}")

    def _matches(
        self, thing: Thing, selections: SelectionSetNode, given: Mapping[str, Any]
    ) -> bool:
        runtime = self.universe.runtime_type(thing.owner, thing.number)
        for node in selections.selections:
            if isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else runtime
                applies = condition in (runtime, thing.owner)
                if applies and not self._matches(thing, node.selection_set, given):
                    return False
                continue
            assert isinstance(node, FieldNode)
            name = node.name.value
            if name == "__typename":
                continue
            if name not in given:
                return False
            api_type = self.universe.api.type_map.get(runtime)
            local = self.part.schema.type_map[thing.typename]
            fields = {**getattr(local, "fields", {}), **getattr(api_type, "fields", {})}
            args = {a.name.value: value_from_ast_untyped(a.value) for a in node.arguments or ()}
            wanted = self.universe.value(thing, name, fields[name].type, args)
            if not self._same(wanted, given[name], node.selection_set):
                return False
        return True

    def _same(self, wanted: Any, given: Any, selections: SelectionSetNode | None) -> bool:
        if isinstance(wanted, list):
            return (
                isinstance(given, list)
                and len(given) == len(wanted)
                and all(self._same(w, g, selections) for w, g in zip(wanted, given, strict=True))
            )
        if isinstance(wanted, Thing):
            return isinstance(given, dict) and bool(
                selections and self._matches(wanted, selections, given)
            )
        return bool(wanted == given)
