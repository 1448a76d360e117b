"""Prints arguments for the operations of subgraphs, once per field."""

import json
from collections.abc import Iterable, Sequence

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    ConstArgumentNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
)


def print_arguments(
    arguments: Sequence[ArgumentNode | ConstArgumentNode],
) -> tuple[str, tuple[str, ...]]:
    """The argument list without parentheses and the variables used in it. It is sorted by name, so
    that fields which differ only in the order of arguments are equal."""
    if not arguments:
        return "", ()
    variables: dict[str, None] = {}
    parts = [f"{a.name.value}: {_print(a.value, variables)}" for a in _sorted(arguments)]
    return ", ".join(parts), tuple(variables)


def _sorted(
    arguments: Sequence[ArgumentNode | ConstArgumentNode],
) -> Iterable[ArgumentNode | ConstArgumentNode]:
    return arguments if len(arguments) == 1 else sorted(arguments, key=lambda a: a.name.value)


def _print(value: ValueNode, variables: dict[str, None]) -> str:
    if isinstance(value, VariableNode):
        variables[value.name.value] = None
        return "$" + value.name.value
    if isinstance(value, StringValueNode):
        return json.dumps(value.value)  # JSON's escapes are a subset of GraphQL's
    if isinstance(value, BooleanValueNode):
        return "true" if value.value else "false"
    if isinstance(value, NullValueNode):
        return "null"
    if isinstance(value, ListValueNode):
        return "[" + ", ".join(_print(item, variables) for item in value.values) + "]"
    if isinstance(value, ObjectValueNode):
        members = (f"{f.name.value}: {_print(f.value, variables)}" for f in value.fields)
        return "{" + ", ".join(members) + "}"
    return str(getattr(value, "value", ""))  # numbers and enum values are stored as text
