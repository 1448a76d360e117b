"""The client's variables: coerced for the router, and checked JSON values for the subgraphs."""

import re
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
"""Errors reported for one request."""

MAX_VALUES = 20_000
"""The default of the setting ``limits.variable_values``."""


@dataclass(frozen=True, slots=True)
class Variables:
    """``coerced`` are the values after coercion, for conditions and policies. ``wire`` are the JSON
    values with the operation's defaults, for subgraphs, which coerce them again."""

    coerced: Mapping[str, Any]
    wire: Mapping[str, Any]


_PLAIN: dict[str, type] = {"ID": str, "String": str, "Boolean": bool, "Int": int}


class VariableReader:
    """Reads the variables of one operation; created once and used for all its requests."""

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
        """Coerce ``given`` ("Coercing Variable Values" of the GraphQL specification).

        Values of undefined variables are dropped. Raises OperationRefused: with one BAD_USER_INPUT
        error per invalid value, or with MAX_VARIABLE_VALUES_LIMIT for more than ``max_values`` list
        items and object members, because coercing a million of them takes seconds. The errors do
        not repeat the values: passwords and card numbers are among them.
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
                [
                    {
                        **e.formatted,
                        "message": _without_value(e.message),
                        "extensions": {"code": "BAD_USER_INPUT"},
                    }
                    for e in result
                ]
            )
        wire = {name: given[name] for name in self._names if name in given}
        for name, value in self._defaults.items():
            wire.setdefault(name, value)
        return Variables(result.coerced, wire)

    def _are_plain(self, given: Mapping[str, Any]) -> bool:
        """Whether all variables are provided and coercion would leave them unchanged."""
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
    """Coerce the variables of one request; see ``VariableReader.read``."""
    return VariableReader(schema, definitions).read(given)


_SUBJECT = re.compile(r"Variable '\$\w+' has invalid value(?: at [.\w\[\]]+)?: ")
_VALUE = re.compile(
    r"(?:[,;] found|(?<=[.?]) Found|(?<=value)): .*|(?<=^Value) '.*'(?= does not exist)", re.S
)


def _without_value(message: str) -> str:
    """An error of graphql-core without the value that it is about, or the object around it."""
    subject = _SUBJECT.match(message)
    if subject is None:
        return "A variable has an invalid value."
    problem = _VALUE.sub("", message[subject.end() :])
    return subject[0] + (problem if problem.endswith((".", "?")) else problem + ".")


def _plain_types(
    definitions: Sequence[VariableDefinitionNode],
) -> tuple[tuple[str, type], ...] | None:
    """The Python type of each variable if all are built-in scalars, otherwise None. Comparing types
    saves the general coercion, which takes several microseconds per variable."""
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
