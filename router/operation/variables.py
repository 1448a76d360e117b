"""The client's variables: checked against their definitions, then as they travel to subgraphs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLSchema,
    NamedTypeNode,
    NonNullTypeNode,
    VariableDefinitionNode,
    get_variable_values,
    value_from_ast_untyped,
)

from trellis.router.errors import OperationRefused
from trellis.router.operation.limits import refuse

MAX_ERRORS = 20
MAX_VALUES = 20_000


@dataclass(frozen=True, slots=True)
class Variables:
    """``coerced`` holds what GraphQL makes of the values (for conditions and introspection),
    ``wire`` the JSON values with the operation's defaults filled in (for subgraphs, which coerce
    themselves)."""

    coerced: Mapping[str, Any]
    wire: Mapping[str, Any]


_PLAIN: dict[str, type] = {"ID": str, "String": str, "Boolean": bool, "Int": int}


class VariableReader:
    """Reads the variables of one operation; made once, used for every request of it."""

    def __init__(
        self,
        schema: GraphQLSchema,
        definitions: Sequence[VariableDefinitionNode],
        *,
        suggestions: bool = True,
        max_values: int = MAX_VALUES,
    ) -> None:
        self._schema = schema
        self._definitions = definitions
        self._suggestions = suggestions
        self._max_values = max_values
        self._defaults = {
            definition.variable.name.value: value_from_ast_untyped(definition.default_value)
            for definition in definitions
            if definition.default_value is not None
        }
        self._names = tuple(definition.variable.name.value for definition in definitions)
        self._plain = _plain_types(definitions)

    def read(self, given: Mapping[str, Any]) -> Variables:
        """Check and complete ``given`` ("Coercing Variable Values" of the specification).

        Values for undefined variables are dropped. Raises OperationRefused: one BAD_USER_INPUT
        error per value that does not fit, MAX_VARIABLE_VALUES_LIMIT when there are more than
        ``max_values`` list items and members, because checking a million of them takes seconds.
        """
        if self._plain is not None and self._are_plain(given):
            values = {name: given[name] for name in self._names}
            return Variables(values, values)
        if _has_more_than(self._max_values, given):
            raise refuse(
                "MAX_VARIABLE_VALUES_LIMIT",
                f"The variables have more than {self._max_values} values. "
                "Send them in several requests.",
            )
        result = get_variable_values(
            self._schema,
            self._definitions,
            dict(given),
            max_errors=MAX_ERRORS,
            hide_suggestions=not self._suggestions,
        )
        if isinstance(result, list):
            raise OperationRefused(
                [{**e.formatted, "extensions": {"code": "BAD_USER_INPUT"}} for e in result]
            )
        wire = {name: given[name] for name in self._names if name in given}
        for name, value in self._defaults.items():
            wire.setdefault(name, value)
        return Variables(result.coerced, wire)

    def _are_plain(self, given: Mapping[str, Any]) -> bool:
        """Whether all variables are given and already are what coercion would make of them."""
        assert self._plain is not None
        for name, kind in self._plain:
            value = given.get(name)
            if type(value) is not kind:
                return False
            if kind is int and not -(2**31) <= value < 2**31:  # type: ignore[operator]
                return False
        return True


def coerce_variables(
    schema: GraphQLSchema,
    definitions: Sequence[VariableDefinitionNode],
    given: Mapping[str, Any],
) -> Variables:
    """The variables of one request; see ``VariableReader.read``."""
    return VariableReader(schema, definitions).read(given)


def _plain_types(
    definitions: Sequence[VariableDefinitionNode],
) -> tuple[tuple[str, type], ...] | None:
    """Each variable's Python type when all are built-in scalars, whose values are checked at a
    glance; coercion in general costs several microseconds a variable."""
    found: list[tuple[str, type]] = []
    for definition in definitions:
        node = definition.type
        if isinstance(node, NonNullTypeNode):
            node = node.type
        kind = _PLAIN.get(node.name.value) if isinstance(node, NamedTypeNode) else None
        if kind is None:
            return None
        found.append((definition.variable.name.value, kind))
    return tuple(found)


def _has_more_than(most: int, given: Mapping[str, Any]) -> bool:
    count = 0
    pending: list[Any] = [given]
    while pending:
        value = pending.pop()
        count += len(value)
        if count > most:
            return True
        items = value if type(value) is list else value.values()
        pending += [item for item in items if type(item) is list or type(item) is dict]
    return False
