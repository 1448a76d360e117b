"""The response keys of a step's operation, parsed from its text when an error needs them."""

from collections.abc import Iterator

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

from trellis.router.planner.plan import FetchStep


def response_keys(step: FetchStep) -> dict[str | None, frozenset[str]]:
    """The response keys of a step's operation: below the alias of each entity call, and at its
    root (None)."""
    document = parse(step.operation)
    fragments = {
        node.name.value: node.selection_set
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    keys: dict[str | None, frozenset[str]] = {}
    for definition in document.definitions:
        if not isinstance(definition, OperationDefinitionNode):
            continue
        top = list(_fields(definition.selection_set, fragments))
        keys[None] = frozenset(_response_key(node) for node in top)
        for node in top:
            inner = _fields(node.selection_set, fragments) if node.selection_set else ()
            keys[_response_key(node)] = frozenset(map(_response_key, inner)) - {"__typename"}
    return keys


def _fields(
    selections: SelectionSetNode, fragments: dict[str, SelectionSetNode]
) -> Iterator[FieldNode]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, fragments)
        elif isinstance(node, FragmentSpreadNode):
            yield from _fields(fragments[node.name.value], fragments)


def _response_key(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value
