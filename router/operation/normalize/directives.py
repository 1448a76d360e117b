"""Executable directives of the graph's own, on their way to the subgraphs.

Composition keeps a directive that clients may write only when every subgraph defines it, so each
subgraph is told of it wherever it stands in what that subgraph is asked. ``@skip``, ``@include``,
``@defer`` and ``@stream`` are the router's own business.
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

_OURS = frozenset(
    directive.name
    for directive in (*specified_directives, GraphQLDeferDirective, GraphQLStreamDirective)
)
_OPERATIONS = {
    DirectiveLocation.QUERY: "query",
    DirectiveLocation.MUTATION: "mutation",
    DirectiveLocation.SUBSCRIPTION: "subscription",
}


class ForwardedDirectives:
    """Which directives of a schema travel on, and how they are written."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._locations = {
            directive.name: frozenset(directive.locations)
            for directive in schema.directives
            if directive.name not in _OURS
        }

    def on_field(self, node: FieldNode, around: Directed) -> Directed:
        """How the field is written inside fragments with the directives ``around``."""
        text, variables = self._printed(node.directives, DirectiveLocation.FIELD)
        return Directed(around.around, text, (*around.variables, *variables)) if text else around

    def on_fragment(self, node: SelectionNode, around: Directed) -> Directed:
        """What is written inside of a fragment. In the subgraphs' operations it is an inline
        fragment, so a directive that cannot stand on one ends here."""
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
        """Those of the directives that may stand at ``where``, and the variables in them."""
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
        """The directives of an operation with the kinds of operations they may stand on."""
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
    """The different ways in which a field was written with directives, each once; none when it
    never had any."""
    return tuple(dict.fromkeys(way for way in ways if way.around or way.own))
