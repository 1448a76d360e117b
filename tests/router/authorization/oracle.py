"""What an operation's caller should get, worked out anew from the rules' table and the API schema.

Shares no code with ``trellis.router.authorization``: it walks the client's document runtime type by
runtime type, with nothing merged or remembered, and answers like a graph whose denied fields are
null.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_argument_values,
    get_named_type,
    is_abstract_type,
    parse,
    value_from_ast_untyped,
)
from graphql.execution import get_variable_values
from graphql.execution.values import VariableValues

from tests.support.protecting import Placed
from tests.support.universe import Thing, Universe
from trellis.schema.identity import Identity

_NO_VARIABLES = VariableValues({}, {})

Path = tuple[str | int, ...]
Position = dict[str, dict[str, "Cell"]]
"""Runtime type -> response key -> what stands there."""


@dataclass(slots=True)
class Cell:
    """A response key on one runtime type."""

    nodes: list[tuple[FieldNode, frozenset[str]]]
    is_denied: bool = False
    below: Position | None = None

    @property
    def name(self) -> str:
        return self.nodes[0][0].name.value


@dataclass(frozen=True, slots=True)
class Expected:
    """``data`` is None when nothing may run; ``paths`` are those of the refused fields."""

    code: str | None
    paths: frozenset[tuple[str, ...]] = frozenset()
    data: dict[str, Any] | None = field(default=None, compare=False)
    is_nothing_left: bool = False


class Null(Exception):
    """A null where the type forbids one, on its way to the next place that allows it."""


class Oracle:
    """PolicySession on one caller's operations over one graph."""

    def __init__(self, schema: GraphQLSchema, placed: Placed, identity: Identity) -> None:
        self._schema = schema
        self._placed = placed
        self._identity = identity
        self._variables = _NO_VARIABLES
        self._sent: dict[str, Any] = {}
        self._fragments: dict[str, FragmentDefinitionNode] = {}

    # -- rules ---------------------------------------------------------------------------------

    def may_type(self, name: str) -> bool:
        return self._placed.are_met(self._identity, name)

    def may_field(self, owner: str, name: str) -> bool:
        """Whether the rules on the type, on the field, and on the answer's type are met."""
        kind = self._schema.type_map.get(owner)
        if not isinstance(kind, GraphQLObjectType):
            return self._placed.are_met(self._identity, owner, name)
        if not self.may_type(owner):
            return False
        if name == "__typename":
            return True
        places = [(owner, name), *((each.name, name) for each in kind.interfaces)]
        output = get_named_type(kind.fields[name].type).name
        return self.may_type(output) and all(
            self._placed.are_met(self._identity, *place) for place in places
        )

    def may_arguments(self, owner: str, node: FieldNode) -> bool:
        kind = self._schema.type_map[owner]
        assert isinstance(kind, GraphQLObjectType)
        if not node.arguments:
            return True
        definition = kind.fields[node.name.value]
        return all(
            self._may_give(
                argument.value, get_named_type(definition.args[argument.name.value].type)
            )
            for argument in node.arguments
        )

    def _may_give(self, value: ValueNode, kind: GraphQLNamedType) -> bool:
        if isinstance(value, VariableNode):
            return self._may_send(self._sent.get(value.name.value), kind)
        if isinstance(value, NullValueNode):
            return True
        if not self.may_type(kind.name):
            return False
        if isinstance(value, ListValueNode):
            return all(self._may_give(item, kind) for item in value.values)
        if isinstance(value, ObjectValueNode):
            assert isinstance(kind, GraphQLInputObjectType)
            return all(
                self._may_give(each.value, get_named_type(kind.fields[each.name.value].type))
                for each in value.fields
            )
        return True

    def _may_send(self, value: Any, kind: GraphQLNamedType) -> bool:
        """Whether the value of a variable may be sent, as JSON has it."""
        if value is None:
            return True
        if not self.may_type(kind.name):
            return False
        if isinstance(value, list):
            return all(item is None or self._may_send(item, kind) for item in value)
        if isinstance(kind, GraphQLInputObjectType):
            return all(
                self._may_send(member, get_named_type(kind.fields[name].type))
                for name, member in value.items()
            )
        return True

    # -- the operation, type by type -----------------------------------------------------------

    def expect(
        self,
        text: str,
        variables: Mapping[str, Any],
        universe: Universe | None = None,
        *,
        reject: bool = False,
    ) -> Expected:
        document = parse(text)
        operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
        declared = operation.variable_definitions or ()
        values = get_variable_values(self._schema, declared, dict(variables))
        assert isinstance(values, VariableValues)
        self._variables = values
        self._sent = {
            each.variable.name.value: value_from_ast_untyped(each.default_value)
            for each in declared
            if each.default_value is not None
        } | dict(variables)
        self._fragments = {
            d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
        }
        root = self._schema.get_root_type(operation.operation)
        assert root is not None
        position = self._position([operation.selection_set], root)
        paths = frozenset(self._paths(position, ()))
        is_nothing_left = bool(paths) and self._is_nothing_left(position)
        is_refused = bool(paths) and (reject or operation.operation.value == "mutation")
        if self._identity.id is None and (is_refused or is_nothing_left):
            return Expected("UNAUTHENTICATED")
        if is_refused:
            return Expected("UNAUTHORIZED_FIELD_OR_TYPE", paths)
        if universe is None:
            return Expected(None, paths, is_nothing_left=is_nothing_left)
        if is_nothing_left:
            for cell in position[root.name].values():
                cell.is_denied = True
        answer = self.answerer(universe, self._variables)
        data = answer.data(position, root.name)
        return Expected(None, paths, data, is_nothing_left)

    def answerer(self, universe: Universe, variables: VariableValues) -> "Answerer":
        """What answers the operation from the world."""
        return Answerer(self._schema, universe, variables)

    def _position(self, bodies: Sequence[SelectionSetNode], kind: GraphQLNamedType) -> Position:
        possible = self._possible(kind)
        return {name: self._cells(bodies, name, possible) for name in sorted(possible)}

    def _cells(
        self, bodies: Sequence[SelectionSetNode], runtime: str, possible: frozenset[str]
    ) -> dict[str, Cell]:
        cells: dict[str, Cell] = {}
        for body in bodies:
            for node, group in self._collect(body, runtime, possible):
                key = (node.alias or node.name).value
                cells.setdefault(key, Cell([])).nodes.append((node, group))
        kind = self._schema.type_map[runtime]
        assert isinstance(kind, GraphQLObjectType)
        for cell in cells.values():
            # Asking through an abstract type is asking of each type that it can be.
            cell.is_denied = any(
                not self.may_field(one, cell.name) or not self.may_arguments(one, node)
                for node, group in cell.nodes
                for one in group
            )
            below = [node.selection_set for node, _ in cell.nodes if node.selection_set]
            if below:
                cell.below = self._position(below, get_named_type(kind.fields[cell.name].type))
        return cells

    def _collect(
        self, body: SelectionSetNode, runtime: str, group: frozenset[str]
    ) -> Iterator[tuple[FieldNode, frozenset[str]]]:
        for selection in body.selections:
            if not self._is_included(selection):
                continue
            if isinstance(selection, FieldNode):
                yield selection, group
                continue
            fragment: Any = selection
            if isinstance(selection, FragmentSpreadNode):
                fragment = self._fragments[selection.name.value]
            narrowed = group
            if fragment.type_condition is not None:
                on = self._schema.type_map[fragment.type_condition.name.value]
                narrowed = group & self._possible(on)
            if runtime in narrowed:
                yield from self._collect(fragment.selection_set, runtime, narrowed)

    def _is_included(self, node: SelectionNode) -> bool:
        for directive in node.directives or ():
            for condition in directive.arguments or ():
                values = dict(self._variables.coerced)
                value = value_from_ast_untyped(condition.value, values)
                if bool(value) is (directive.name.value == "skip"):
                    return False
        return True

    def _possible(self, kind: GraphQLNamedType) -> frozenset[str]:
        if is_abstract_type(kind):
            return frozenset(t.name for t in self._schema.get_possible_types(kind))
        return frozenset([kind.name])

    def _paths(self, position: Position, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for cells in position.values():
            for key, cell in cells.items():
                if cell.is_denied:
                    yield (*path, key)
                elif cell.below is not None:
                    yield from self._paths(cell.below, (*path, key))

    def _is_nothing_left(self, position: Position) -> bool:
        """Whether not one leaf is left, and some were taken away in every branch."""
        cells = [cell for several in position.values() for cell in several.values()]
        return bool(cells) and all(
            cell.is_denied
            or (
                cell.below is not None
                and any(True for _ in self._paths(cell.below, ()))
                and self._is_nothing_left(cell.below)
            )
            for cell in cells
        )


class Answerer:
    """Answers a walked operation from a universe; denied fields are null, and nulls propagate
    (GraphQL specification, section 6.4.4)."""

    def __init__(
        self, schema: GraphQLSchema, universe: Universe, variables: VariableValues
    ) -> None:
        self._schema = schema
        self._universe = universe
        self._variables = variables

    def data(self, position: Position, root: str) -> dict[str, Any]:
        try:
            return {"data": self._object(position, Thing(root, 0, root), ())}
        except Null:
            return {"data": None}

    def denies_object(self, thing: Thing, path: Path) -> bool:
        """Whether an object is denied as a whole."""
        return False

    def denies_field(self, thing: Thing, name: str, path: Path) -> bool:
        """Whether a field of an object is denied for what the object is."""
        return False

    def _object(self, position: Position, thing: Thing, path: Path) -> dict[str, Any]:
        kind = self._schema.type_map[thing.typename]
        assert isinstance(kind, GraphQLObjectType)
        shaped: dict[str, Any] = {}
        nulls: list[Null] = []
        for key, cell in position[thing.typename].items():
            if cell.name == "__typename":
                if cell.is_denied:
                    raise Null
                shaped[key] = thing.typename
                continue
            definition, place = kind.fields[cell.name], (*path, key)
            is_denied = cell.is_denied or self.denies_field(thing, cell.name, place)
            value = None if is_denied else self._value(thing, cell, definition)
            try:
                shaped[key] = self._complete(value, definition.type, cell.below, place)
            except Null as null:
                nulls.append(null)
        if nulls:  # once all fields had their say
            raise nulls[0]
        return shaped

    def _value(self, thing: Thing, cell: Cell, definition: GraphQLField) -> Any:
        given = get_argument_values(definition, cell.nodes[0][0], self._variables)
        return self._universe.value(thing, cell.name, definition.type, given)

    def _complete(self, value: Any, kind: Any, below: Position | None, path: Path) -> Any:
        if isinstance(kind, GraphQLNonNull):
            result = self._complete(value, kind.of_type, below, path)
            if result is None:
                raise Null
            return result
        if value is None:
            return None
        try:
            if isinstance(kind, GraphQLList):
                return self._items(value, kind.of_type, below, path)
            if below is not None:
                if below[value.typename] and self.denies_object(value, path):
                    return None
                return self._object(below, value, path)
        except Null:
            return None
        return value

    def _items(self, value: list[Any], kind: Any, below: Position | None, path: Path) -> list[Any]:
        items: list[Any] = []
        nulls: list[Null] = []
        for number, item in enumerate(value):
            try:
                items.append(self._complete(item, kind, below, (*path, number)))
            except Null as null:
                nulls.append(null)
        if nulls:
            raise nulls[0]
        return items
