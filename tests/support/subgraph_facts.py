"""What a mock of a subgraph must know of its SDL beside the plain schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    DefinitionNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    InlineFragmentNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    OperationDefinitionNode,
    SchemaExtensionNode,
    SelectionSetNode,
    build_ast_schema,
    extend_schema,
    get_named_type,
    is_abstract_type,
    is_object_type,
    parse,
    value_from_ast_untyped,
)

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

Place = tuple[str, str]


@dataclass(slots=True)
class SubgraphFacts:
    """One subgraph: its schema, executable, and its federation directives by type and field."""

    name: str
    schema: GraphQLSchema
    keys: dict[str, list[tuple[SelectionSetNode, bool]]] = field(default_factory=dict)
    external: set[Place] = field(default_factory=set)
    requires: dict[Place, SelectionSetNode] = field(default_factory=dict)
    provides: dict[Place, SelectionSetNode] = field(default_factory=dict)
    interface_objects: set[str] = field(default_factory=set)
    labelled: dict[Place, tuple[str, str]] = field(default_factory=dict)

    def key_fields(self, type_name: str) -> set[str]:
        return {
            node.name.value
            for key, _ in self.keys.get(type_name, ())
            for node in key.selections
            if isinstance(node, FieldNode)
        }

    def field_set_names(self) -> set[str]:
        """The names of all fields in keys and ``@requires``."""
        keys = [key for keys in self.keys.values() for key, _ in keys]
        return {name for fields in (*keys, *self.requires.values()) for name in _names_in(fields)}

    def field_type(self, type_name: str, name: str) -> Any:
        """The output type of the field here, None without such a field."""
        fields = getattr(self.schema.type_map.get(type_name), "fields", {})
        return fields[name].type if name in fields else None

    def runtime_types(self, output: Any) -> set[str]:
        """The object types here that a field of this type may give."""
        target = get_named_type(output)
        if not is_abstract_type(target):
            return {target.name}
        return {t.name for t in self.schema.get_possible_types(target)}


def fields_in(selections: SelectionSetNode, types: set[str] | None = None) -> Iterator[FieldNode]:
    """The fields of a field set, with ``types`` without those below other type conditions."""
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            if types is None or condition is None or condition.name.value in types:
                yield from fields_in(node.selection_set, types)


def _names_in(selections: SelectionSetNode) -> Iterator[str]:
    for node in fields_in(selections):
        yield node.name.value
        if node.selection_set:
            yield from _names_in(node.selection_set)


@lru_cache
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
    facts.schema = _executable(definitions, list(facts.keys))
    return facts


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
            key = (field_set(given["fields"]), given.get("resolvable", True))
            facts.keys.setdefault(name, []).append(key)
        elif directive.name.value == "interfaceObject":
            facts.interface_objects.add(name)
    for node in definition.fields or ():
        for directive in node.directives or ():
            _read_directive(facts, (name, node.name.value), directive)


def _read_directive(facts: SubgraphFacts, place: Place, directive: DirectiveNode) -> None:
    given = _arguments(directive)
    match directive.name.value:
        case "external":
            facts.external.add(place)
        case "requires":
            facts.requires[place] = field_set(given["fields"])
        case "provides":
            facts.provides[place] = field_set(given["fields"])
        case "override" if "label" in given:
            facts.labelled[place] = (given["from"], given["label"])


def field_set(text: str) -> SelectionSetNode:
    definition = parse("{" + text + "}", no_location=True).definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    return definition.selection_set


def _arguments(directive: DirectiveNode) -> dict[str, Any]:
    return {a.name.value: value_from_ast_untyped(a.value) for a in directive.arguments or ()}
