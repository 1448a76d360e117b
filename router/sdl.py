"""Reading syntax trees of SDL: what the readers of directives share."""

from typing import Any

from graphql import DirectiveNode, NamedTypeNode, TypeNode, value_from_ast_untyped


def argument_values(directive: DirectiveNode) -> dict[str, Any]:
    """The arguments that an application of a directive gives, as JSON values by name."""
    return {
        argument.name.value: value_from_ast_untyped(argument.value)
        for argument in directive.arguments or ()
    }


def named_type(node: TypeNode) -> str:
    """The name of a type inside its lists and non-nulls."""
    while not isinstance(node, NamedTypeNode):
        node = node.type  # type: ignore[attr-defined]
    return node.name.value
