"""Reads ``@constraint``: the limits that subgraphs declare on input members and arguments.

A route checks them before the operation is executed and documents them, so that a stored one needs
``@rules`` only where its dialect differs from the graph.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, get_args

from graphql import (
    ArgumentNode,
    ConstDirectiveNode,
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ListValueNode,
    NonNullTypeNode,
    ObjectFieldNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_non_null_type,
    parse,
    visit,
)

from trellis.router.authorization.rules.directive_names import names_of_element
from trellis.router.errors import ConfigError
from trellis.router.rest.route import Constraints, Format, Rules
from trellis.router.sdl import argument_values

SPEC = "https://specs.trellis.dev/constraint/"

_MENTION = re.compile(r"(@|__)constraint\b")
_INPUT_OBJECTS = (InputObjectTypeDefinitionNode, InputObjectTypeExtensionNode)
_OUTPUT_TYPES = (
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
)
_TYPES: Mapping[str, type] = {
    "minLength": int,
    "maxLength": int,
    "pattern": str,
    "format": str,
    "min": int,
    "max": int,
    "notNull": bool,
    "notBlank": bool,
}
_FORMATS = frozenset(get_args(Format)) - {"OBJECT"}


# Routes, fields with ``@rest`` and topics read those of the same supergraph, one after the other;
# parsing that of the demo takes 0.1 s.
@lru_cache(maxsize=1)
def read_constraints(sdl: str) -> Constraints:
    """The constraints of a supergraph. Of several at one place, which are those of several
    subgraphs, all hold.

    Raises ConfigError that names the place for one that cannot be read.
    """
    if not _MENTION.search(sdl):  # most graphs have none: spare them the parsing
        return {}
    document = parse(sdl, no_location=True)
    names = names_of_element(document, SPEC, "@constraint")
    found: dict[str, Rules] = {}
    for coordinate, node in _input_values(document):
        given = [d for d in node.directives or () if d.name.value in names]
        if given:
            found[coordinate] = _all_of(_read(coordinate, directive) for directive in given)
    return found


def variable_rules(
    operation: DocumentNode, schema: GraphQLSchema, constraints: Constraints
) -> dict[str, Rules]:
    """The rules that an operation's variables have to keep because of where they are used: those of
    ``@constraint``, and no null where only a default allows the variable to be nullable (GraphQL
    specification, section 5.8.5)."""
    types = TypeInfo(schema)
    finder = _Uses(types, constraints)
    visit(operation, TypeInfoVisitor(types, finder))
    return {name: _all_of(rules) for name, rules in finder.found.items()}


class _Uses(Visitor):
    """Collects by variable the rules of the arguments and members that take it."""

    def __init__(self, types: TypeInfo, constraints: Constraints) -> None:
        super().__init__()
        self.found: dict[str, list[Rules]] = {}
        self._types = types
        self._constraints = constraints
        self._field = ""
        self._nullable: set[str] = set()

    def enter_variable_definition(self, node: VariableDefinitionNode, *_args: Any) -> None:
        if not isinstance(node.type, NonNullTypeNode):
            self._nullable.add(node.variable.name.value)

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        self._field = node.name.value

    def enter_argument(self, node: ArgumentNode, *_args: Any) -> None:
        # The arguments of a field are visited before its selection, so it is the last one entered.
        parent = self._types.get_parent_type()
        if parent is not None and self._types.get_directive() is None:
            self._note(f"{parent.name}.{self._field}({node.name.value}:)", node.value)

    def enter_object_field(self, node: ObjectFieldNode, *_args: Any) -> None:
        parent = get_named_type(self._types.get_parent_input_type())
        if parent is not None:
            self._note(f"{parent.name}.{node.name.value}", node.value)

    def _note(self, coordinate: str, value: ValueNode) -> None:
        if (
            isinstance(value, VariableNode)
            and value.name.value in self._nullable
            and is_non_null_type(self._types.get_input_type())
        ):
            self.found.setdefault(value.name.value, []).append(Rules(not_null=True))
        rules = self._constraints.get(coordinate)
        if rules is None:
            return
        for item in value.values if isinstance(value, ListValueNode) else (value,):
            if isinstance(item, VariableNode):
                self.found.setdefault(item.name.value, []).append(rules)


def _input_values(document: DocumentNode) -> Iterator[tuple[str, InputValueDefinitionNode]]:
    for node in document.definitions:
        if isinstance(node, _INPUT_OBJECTS):
            for member in node.fields or ():
                yield f"{node.name.value}.{member.name.value}", member
        elif isinstance(node, _OUTPUT_TYPES):
            for field in node.fields or ():
                for argument in field.arguments or ():
                    coordinate = f"{node.name.value}.{field.name.value}({argument.name.value}:)"
                    yield coordinate, argument


def _read(coordinate: str, directive: ConstDirectiveNode) -> Rules:
    """Checked here, because the definition of the directive may differ from ours."""
    given = {name: v for name, v in argument_values(directive).items() if v is not None}
    for name, value in given.items():
        if name not in _TYPES:
            known = ", ".join(sorted(_TYPES))
            raise _refusal(coordinate, f"there is no argument `{name}`, only {known}")
        if type(value) is not _TYPES[name]:
            raise _refusal(coordinate, f"`{name}` cannot be used with this value")
    pattern, format_ = given.get("pattern"), given.get("format")
    if format_ is not None and format_ not in _FORMATS:
        known = ", ".join(sorted(_FORMATS))
        raise _refusal(coordinate, f"the format {format_} is not known, only {known}")
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise _refusal(coordinate, f"the pattern is no regular expression: {error}") from None
    return Rules(
        min=given.get("min"),
        max=given.get("max"),
        min_length=given.get("minLength"),
        max_length=given.get("maxLength"),
        pattern=pattern,
        format=format_,
        not_null=given.get("notNull", False),
        not_blank=given.get("notBlank", False),
    )


def _refusal(coordinate: str, message: str) -> ConfigError:
    return ConfigError(f"{coordinate}: @constraint: {message}.")


def _all_of(several: Iterable[Rules]) -> Rules:
    """Rules that refuse only what one of ``several`` refuses. A value has to keep them all, but of
    several patterns or formats one is checked here, and all by the subgraphs."""
    rules = list(several)
    return Rules(
        min=max((r.min for r in rules if r.min is not None), default=None),
        max=min((r.max for r in rules if r.max is not None), default=None),
        min_length=max((r.min_length for r in rules if r.min_length is not None), default=None),
        max_length=min((r.max_length for r in rules if r.max_length is not None), default=None),
        pattern=next((r.pattern for r in rules if r.pattern is not None), None),
        format=next((r.format for r in rules if r.format is not None), None),
        not_null=any(r.not_null for r in rules),
        not_blank=any(r.not_blank for r in rules),
    )
