"""Forwards custom executable directives to the subgraphs.

Composition keeps an executable directive only if every subgraph defines it, so it can be forwarded
in each subgraph operation at the place where the client used it. ``@skip``, ``@include``,
``@defer`` and ``@stream`` are handled by the router.
"""

from collections.abc import Iterable, Sequence

from graphql import (
    DirectiveLocation,
    DirectiveNode,
    FieldNode,
    GraphQLDeferDirective,
    GraphQLSchema,
    GraphQLStreamDirective,
    OperationDefinitionNode,
    SelectionNode,
    VariableDefinitionNode,
    specified_directives,
)

from trellis.router.operation.model import Directed, OperationDirective
from trellis.router.operation.normalize.arguments import print_arguments

_BUILT_IN = frozenset(
    directive.name
    for directive in (*specified_directives, GraphQLDeferDirective, GraphQLStreamDirective)
)
_OPERATIONS = {
    DirectiveLocation.QUERY: "query",
    DirectiveLocation.MUTATION: "mutation",
    DirectiveLocation.SUBSCRIPTION: "subscription",
}


class ForwardedDirectives:
    """Which directives of a schema are forwarded, and how they are printed."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._locations = {
            directive.name: frozenset(directive.locations)
            for directive in schema.directives
            if directive.name not in _BUILT_IN
        }

    def on_field(self, node: FieldNode, around: Directed) -> Directed:
        """The directives of a field, added to those ``around`` it."""
        text, variables = self._printed(node.directives, DirectiveLocation.FIELD)
        return Directed(around.around, text, (*around.variables, *variables)) if text else around

    def on_fragment(self, node: SelectionNode, around: Directed) -> Directed:
        """The directives that apply inside of a fragment. It becomes an inline fragment in the
        operations of subgraphs, so directives that are not allowed there are dropped."""
        text, variables = self._printed(node.directives, DirectiveLocation.INLINE_FRAGMENT)
        if not text:
            return around
        return Directed((*around.around, text), "", (*around.variables, *variables))

    def on_variable(self, node: VariableDefinitionNode) -> str:
        """The directives of a variable's definition."""
        return self._printed(node.directives, DirectiveLocation.VARIABLE_DEFINITION)[0]

    def _printed(
        self, nodes: Sequence[DirectiveNode] | None, where: DirectiveLocation
    ) -> tuple[str, tuple[str, ...]]:
        """The printed directives that are allowed at ``where``, and the variables used in them."""
        parts: list[str] = []
        variables: dict[str, None] = {}
        for node in nodes or () if self._locations else ():
            name = node.name.value
            if where in self._locations.get(name, ()):
                arguments, used = print_arguments(node.arguments or ())
                variables.update(dict.fromkeys(used))
                parts.append(f"@{name}({arguments})" if arguments else f"@{name}")
        return " ".join(parts), tuple(variables)

    def on_operation(self, node: OperationDefinitionNode) -> tuple[OperationDirective, ...]:
        """The directives of an operation, with the kinds of operations that allow them."""
        found: list[OperationDirective] = []
        for directive in node.directives or ():
            locations = self._locations.get(directive.name.value, frozenset())
            allowed = [where for where in _OPERATIONS if where in locations]
            if allowed:
                text, variables = self._printed((directive,), allowed[0])
                kinds = frozenset(_OPERATIONS[where] for where in allowed)
                found.append(OperationDirective(text, variables, kinds))
        return tuple(found)


def written(ways: Iterable[Directed]) -> tuple[Directed, ...]:
    """The distinct combinations of directives with which a field was selected; empty if it never
    had any."""
    return tuple(dict.fromkeys(way for way in ways if way.around or way.own))
