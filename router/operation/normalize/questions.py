"""What is asked about the schema, as text: the router answers it itself, apart from the data."""

from collections.abc import Iterable

from graphql import FieldNode, print_ast


def print_question(nodes: Iterable[FieldNode]) -> str:
    """The ``__schema`` or ``__type`` fields of one response key, without the key: whether they are
    asked is decided, so their directives are left out, too."""
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
