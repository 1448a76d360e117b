"""Helpers for reading SDL syntax trees, shared by the readers of directives."""

from typing import Any

from graphql import DirectiveNode, NamedTypeNode, TypeNode, value_from_ast_untyped


def argument_values(directive: DirectiveNode) -> dict[str, Any]:
    """The arguments of an applied directive, as JSON values by name."""
    return {
        argument.name.value: value_from_ast_untyped(argument.value)
        for argument in directive.arguments or ()
    }


def named_type(node: TypeNode) -> str:
    """The name of a type inside its lists and non-nulls."""
    while not isinstance(node, NamedTypeNode):
        node = node.type  # type: ignore[attr-defined]
    return node.name.value
