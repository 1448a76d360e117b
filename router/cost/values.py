"""JSON values of arguments."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from graphql import (
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    value_from_ast_untyped,
)

Values = Mapping[str, Any]
"""Variables as they travel on: JSON values, the operation's defaults filled in."""


def value_of(node: ValueNode, variables: Values) -> Any:
    """An argument's value; graphql-core's ``Undefined`` for a variable that was left out."""
    return value_from_ast_untyped(node, cast(dict[str, Any], variables))


def has_variable(node: ValueNode) -> bool:
    """Whether the value depends on any variable."""
    if isinstance(node, VariableNode):
        return True
    if isinstance(node, ListValueNode):
        return any(has_variable(item) for item in node.values)
    if isinstance(node, ObjectValueNode):
        return any(has_variable(member.value) for member in node.fields)
    return False


def at_path(value: Any, path: Iterable[str]) -> Any:
    """The member of nested JSON objects; None where there is none."""
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
