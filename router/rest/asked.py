"""What a route's document asks, read again where its text matters more than its plan."""

from collections.abc import Mapping
from typing import NamedTuple

from graphql import (
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
)

from trellis.router.rest.route import RestRoute

Fragments = Mapping[str, FragmentDefinitionNode]


class Asked(NamedTuple):
    """The one operation of a route, the name of the type that it begins at, and its fragments."""

    operation: OperationDefinitionNode
    root: str
    fragments: Fragments


def asked_of(route: RestRoute, schema: GraphQLSchema) -> Asked:
    """Reads the document of a route that has been validated against ``schema``."""
    document = parse(route.document)
    fragments = {
        d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
    }
    [operation] = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    root = schema.get_root_type(operation.operation)
    assert root is not None, "the route has been validated"
    return Asked(operation, root.name, fragments)
