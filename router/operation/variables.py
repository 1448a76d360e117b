"""The client's variables: checked against their definitions, then as they travel to subgraphs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLSchema,
    VariableDefinitionNode,
    get_variable_values,
    value_from_ast_untyped,
)

from router.errors import OperationRefused
from router.operation.limits import refuse

MAX_ERRORS = 20
MAX_VALUES = 20_000


@dataclass(frozen=True, slots=True)
class Variables:
    """``coerced`` holds what GraphQL makes of the values (for conditions and introspection),
    ``wire`` the JSON values with the operation's defaults filled in (for subgraphs, which coerce
    themselves)."""

    coerced: Mapping[str, Any]
    wire: Mapping[str, Any]


NO_VARIABLES = Variables({}, {})


def coerce_variables(
    schema: GraphQLSchema,
    definitions: Sequence[VariableDefinitionNode],
    given: Mapping[str, Any],
    *,
    suggestions: bool = True,
    max_values: int = MAX_VALUES,
) -> Variables:
    """Check and complete ``given`` ("Coercing Variable Values" of the specification).

    Values for undefined variables are dropped. Raises OperationRefused: one BAD_USER_INPUT error
    per value that does not fit, MAX_VARIABLE_VALUES_LIMIT when there are more than ``max_values``
    list items and members, because checking a million of them takes seconds.
    """
    if not definitions:
        return NO_VARIABLES
    if _has_more_than(max_values, given):
        raise refuse(
            "MAX_VARIABLE_VALUES_LIMIT",
            f"The variables have more than {max_values} values. Send them in several requests.",
        )
    result = get_variable_values(
        schema, definitions, dict(given), max_errors=MAX_ERRORS, hide_suggestions=not suggestions
    )
    if isinstance(result, list):
        raise OperationRefused(
            [{**e.formatted, "extensions": {"code": "BAD_USER_INPUT"}} for e in result]
        )
    wire: dict[str, Any] = {}
    for definition in definitions:
        name = definition.variable.name.value
        if name in given:
            wire[name] = given[name]
        elif definition.default_value is not None:
            wire[name] = value_from_ast_untyped(definition.default_value)
    return Variables(result.coerced, wire)


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
