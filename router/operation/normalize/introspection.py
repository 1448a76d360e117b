"""Prints introspection selections: the router resolves them itself, apart from the data."""

from collections.abc import Iterable

from graphql import FieldNode, print_ast


def print_introspection(nodes: Iterable[FieldNode]) -> str:
    """The ``__schema`` or ``__type`` fields of one response key, without the key, and without
    directives, since conditions have been evaluated."""
    return " ".join(
        print_ast(
            FieldNode(
                name=node.name,
                arguments=node.arguments,
                directives=(),
                selection_set=node.selection_set,
            )
        )
        for node in nodes
    )
