"""Constant AST values: making, comparing and printing them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NameNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
)
from graphql.language.block_string import print_block_string
from graphql.language.print_string import print_string

from trellis.router.composition.model import AppliedDirective


def string(value: str) -> ValueNode:
    return StringValueNode(value=value)


def boolean(value: bool) -> ValueNode:
    return BooleanValueNode(value=value)


def integer(value: int) -> ValueNode:
    return IntValueNode(value=str(value))


def enum_value(name: str) -> ValueNode:
    return EnumValueNode(value=name)


def list_of(items: Iterable[ValueNode]) -> ValueNode:
    return ListValueNode(values=tuple(items))


def object_of(fields: Mapping[str, ValueNode]) -> ValueNode:
    nodes = [ObjectFieldNode(name=NameNode(value=k), value=v) for k, v in fields.items()]
    return ObjectValueNode(fields=tuple(nodes))


def string_of(node: ValueNode | None) -> str | None:
    """The text of a string value, None for anything else."""
    return node.value if isinstance(node, StringValueNode) else None


def strings_of(node: ValueNode | None) -> list[str]:
    """The texts of a list of strings; one string counts as a list of one, as input coercion
    reads it (GraphQL specification, section 3.11)."""
    if isinstance(node, ListValueNode):
        return [item.value for item in node.values if isinstance(item, StringValueNode)]
    return [node.value] if isinstance(node, StringValueNode) else []


def is_true(node: ValueNode | None) -> bool:
    return isinstance(node, BooleanValueNode) and node.value


def identity_of(node: ValueNode | None) -> Hashable:
    """A hashable key that is equal for equivalent values, however they are written (``1`` and
    ``1.0``, block or quoted strings, order of object fields)."""
    match node:
        case None:
            return None
        case IntValueNode() | FloatValueNode():
            return ("number", float(node.value))
        case BooleanValueNode():
            return ("boolean", node.value)
        case NullValueNode():
            return ("null",)
        case ListValueNode():
            return ("list", tuple(identity_of(item) for item in node.values))
        case ObjectValueNode():
            fields = sorted(((f.name.value, identity_of(f.value)) for f in node.fields), key=repr)
            return ("object", tuple(fields))
        case StringValueNode():
            return ("string", node.value)
        case EnumValueNode():
            return ("enum", node.value)
        case VariableNode():
            return ("variable", node.name.value)
        case _:
            raise TypeError(f"Not a value: {type(node).__name__}.")


def same_value(one: ValueNode | None, other: ValueNode | None) -> bool:
    return one is other or identity_of(one) == identity_of(other)


def print_value(node: ValueNode) -> str:
    """One line of SDL. Block strings become quoted ones, as they may contain line breaks."""
    match node:
        case StringValueNode():
            return print_string(node.value)
        case IntValueNode() | FloatValueNode() | EnumValueNode():
            return node.value
        case BooleanValueNode():
            return "true" if node.value else "false"
        case NullValueNode():
            return "null"
        case ListValueNode():
            return f"[{', '.join(print_value(item) for item in node.values)}]"
        case ObjectValueNode():
            fields = (f"{f.name.value}: {print_value(f.value)}" for f in node.fields)
            return "{" + ", ".join(fields) + "}"
        case VariableNode():
            return f"${node.name.value}"
        case _:
            raise TypeError(f"Not a value: {type(node).__name__}.")


def print_directive(directive: AppliedDirective) -> str:
    if not directive.arguments:
        return f"@{directive.name}"
    arguments = ", ".join(f"{k}: {print_value(v)}" for k, v in directive.arguments.items())
    return f"@{directive.name}({arguments})"


def print_description(description: str | None, indent: str = "") -> str:
    """The description as a block string on its own lines, or nothing."""
    if description is None:
        return ""
    # A block string cannot contain every character, a quoted string can.
    text = print_block_string(description)
    if "\r" in description or any(ord(c) < 32 and c not in "\n\t" for c in description):
        text = print_string(description)
    return "".join(f"{indent}{line}\n" if line else "\n" for line in text.split("\n"))
