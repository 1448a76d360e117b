"""Evaluates @skip and @include with the request's variables (GraphQL specification, 3.13)."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)


def condition_variables(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> frozenset[str]:
    """The variables used by @skip and @include; they are part of every cache key."""
    found: set[str] = set()
    seen: set[str] = set()
    pending: list[SelectionSetNode] = [operation.selection_set]
    while pending:
        for selection in pending.pop().selections:
            found.update(_used_variables(selection))
            if isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in seen and name in fragments:
                    seen.add(name)
                    pending.append(fragments[name].selection_set)
            elif isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set:
                pending.append(selection.selection_set)
    return frozenset(found)


def is_selected(selection: SelectionNode, variables: Mapping[str, Any], used: set[str]) -> bool:
    """Whether @skip and @include keep this selection. Adds the variables they use to ``used``."""
    for directive in selection.directives or ():
        name = directive.name.value
        if name == "skip" or name == "include":
            value = directive.arguments[0].value if directive.arguments else None
            if isinstance(value, BooleanValueNode):
                is_on = value.value
            elif isinstance(value, VariableNode):
                used.add(value.name.value)
                is_on = bool(variables.get(value.name.value))
            else:  # refused by validation
                is_on = False
            if is_on == (name == "skip"):
                return False
    return True


def _used_variables(selection: SelectionNode) -> Iterator[str]:
    directives: tuple[DirectiveNode, ...] = tuple(selection.directives or ())
    for directive in directives:
        if directive.name.value in ("skip", "include"):
            for argument in directive.arguments or ():
                if isinstance(argument.value, VariableNode):
                    yield argument.value.name.value
