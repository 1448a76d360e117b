"""Reads what fields cost and how long lists are from a supergraph's SDL: ``@cost`` and
``@listSize`` of federation 2.9, and the arguments by which Relay connections are paged."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ListTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    TypeNode,
    value_from_ast_untyped,
)

from trellis.router.authorization.rules.directive_names import names_of_element
from trellis.router.cost.values import at_path
from trellis.router.sdl import argument_values, named_type

SPEC = "https://specs.apollo.dev/cost/"
PAGING = ("first", "last", "limit")
"""Arguments that say how many items a list has when no ``@listSize`` names others. ``first`` and
``last`` are those of the Relay cursor connections specification; ``limit`` is the usual third."""
PAGED = ("edges", "nodes")
"""The lists of a connection: ``edges`` by that specification, ``nodes`` by custom."""

_COMPOSITE = (
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
)
_INPUT = (InputObjectTypeDefinitionNode, InputObjectTypeExtensionNode)
_LEAF = (
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
)


@dataclass(frozen=True, slots=True)
class InputWeight:
    """An argument or a member of an input object: its own ``@cost``, if it has one, and the named
    type of its values."""

    weight: int | None
    type: str


@dataclass(frozen=True, slots=True)
class ListSize:
    """How long the list of a field is, or those of its ``sized`` fields: as the largest of the
    ``slicing`` arguments says (paths such as ``("filter", "first")``), else ``assumed``.
    ``defaults`` are what the schema gives for slicing arguments that are left out."""

    slicing: tuple[tuple[str, ...], ...] = ()
    defaults: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    sized: frozenset[str] = frozenset()
    assumed: int | None = None


@dataclass(frozen=True, slots=True)
class FieldWeight:
    """A field as the SDL has it: its own ``@cost``, if it has one, and its arguments."""

    weight: int | None = None
    arguments: Mapping[str, InputWeight] = field(default_factory=dict)
    size: ListSize | None = None


@dataclass(slots=True)
class Weights:
    """All that a supergraph says about costs. ``types`` has output types with a ``@cost`` of their
    own, ``inputs`` the members of input objects; ``fields`` are found by coordinate."""

    types: dict[str, int] = field(default_factory=dict)
    fields: dict[tuple[str, str], FieldWeight] = field(default_factory=dict)
    inputs: dict[str, dict[str, InputWeight]] = field(default_factory=dict)


def read_weights(supergraph: DocumentNode) -> Weights:
    """What the parsed supergraph SDL says. Composition has checked the directives' arguments."""
    reader = _Reader(
        names_of_element(supergraph, SPEC, "@cost"),
        names_of_element(supergraph, SPEC, "@listSize"),
    )
    weights = Weights()
    lists = _lists_of_types(supergraph)
    for node in supergraph.definitions:
        if isinstance(node, _INPUT):
            members = weights.inputs.setdefault(node.name.value, {})
            members.update(reader.inputs(node.fields or ()))
        elif isinstance(node, _COMPOSITE + _LEAF):
            weight = reader.weight(node.directives or ())
            if weight is not None:
                weights.types[node.name.value] = weight
        if isinstance(node, _COMPOSITE):
            for definition in node.fields or ():
                coordinate = node.name.value, definition.name.value
                weights.fields[coordinate] = reader.field(definition, lists)
    return weights


@dataclass(frozen=True, slots=True)
class _Reader:
    """Knows under which names the directives are applied."""

    cost: frozenset[str]
    list_size: frozenset[str]

    def weight(self, directives: Iterable[ConstDirectiveNode]) -> int | None:
        given = _arguments(directives, self.cost)
        return None if given is None else int(given["weight"])

    def inputs(
        self, definitions: Iterable[InputValueDefinitionNode]
    ) -> Iterator[tuple[str, InputWeight]]:
        for definition in definitions:
            weight = self.weight(definition.directives or ())
            yield definition.name.value, InputWeight(weight, named_type(definition.type))

    def field(
        self, definition: FieldDefinitionNode, lists: Mapping[str, frozenset[str]]
    ) -> FieldWeight:
        given = _arguments(definition.directives or (), self.list_size)
        if given is None:
            size = _paged(definition, lists)
        else:
            slicing = tuple(tuple(path.split(".")) for path in given.get("slicingArguments") or ())
            size = ListSize(
                slicing,
                dict(_defaults(definition, slicing)),
                frozenset(given.get("sizedFields") or ()),
                given.get("assumedSize"),
            )
        return FieldWeight(
            self.weight(definition.directives or ()),
            dict(self.inputs(definition.arguments or ())),
            size,
        )


def _paged(definition: FieldDefinitionNode, lists: Mapping[str, frozenset[str]]) -> ListSize | None:
    """How a field without ``@listSize`` is paged: one that has an Int argument of a usual name and
    is a list or a connection."""
    slicing = tuple(
        (argument.name.value,)
        for argument in definition.arguments or ()
        if argument.name.value in PAGING and named_type(argument.type) == "Int"
    )
    if not slicing:
        return None
    is_list = _is_list(definition.type)
    sized = frozenset() if is_list else lists.get(named_type(definition.type), frozenset())
    if not is_list and not sized:
        return None
    return ListSize(slicing, dict(_defaults(definition, slicing)), sized)


def _lists_of_types(supergraph: DocumentNode) -> dict[str, frozenset[str]]:
    """The paged lists of each type that looks like a connection: one that has ``pageInfo``."""
    found: dict[str, frozenset[str]] = {}
    for node in supergraph.definitions:
        if isinstance(node, _COMPOSITE):
            fields = {definition.name.value: definition for definition in node.fields or ()}
            if "pageInfo" in fields:
                lists = (name for name in PAGED if name in fields and _is_list(fields[name].type))
                found[node.name.value] = frozenset(lists)
    return found


def _defaults(
    definition: FieldDefinitionNode, slicing: Iterable[tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], int]]:
    given = {
        argument.name.value: value_from_ast_untyped(argument.default_value)
        for argument in definition.arguments or ()
        if argument.default_value is not None
    }
    for path in slicing:
        value = at_path(given, path)
        if type(value) is int:
            yield path, value


def _arguments(
    directives: Iterable[ConstDirectiveNode], names: frozenset[str]
) -> dict[str, Any] | None:
    for directive in directives:
        if directive.name.value in names:
            return argument_values(directive)
    return None


def _is_list(node: TypeNode) -> bool:
    return isinstance(node.type if isinstance(node, NonNullTypeNode) else node, ListTypeNode)
