"""Output selections for executor tests: what a planner would write when no key needs renaming."""

from collections.abc import Mapping
from typing import Any

from graphql import FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode, parse

from trellis.router.operation.model import SelectionSet
from trellis.router.operation.normalize import normalize
from trellis.router.planner.plan import OutputField, Selection


def output_of(
    schema: GraphQLSchema, query: str, variables: Mapping[str, Any] | None = None
) -> Selection:
    """The output of ``query``, every field read from its own response key."""
    document = parse(query)
    fragments = {
        d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
    }
    operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    return _selection(normalize(operation, schema, fragments, variables or {}).selection)


def _selection(node: SelectionSet) -> Selection:
    fields = tuple(
        OutputField(
            key=field.key,
            source=field.key,
            type=field.type,
            selection=_selection(field.selection) if field.selection else None,
            types=field.types,
            denied=field.denied,
        )
        for field in node.fields
    )
    possible = node.possible if len(node.possible) > 1 else None
    return Selection(fields, possible, node.orders)
