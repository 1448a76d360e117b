"""What a route's callers need, read off the permission directives of its root fields."""

from graphql import FieldNode

from router.policy.requirements import FREE, Requirement, all_of
from router.rest.route import RestRoute
from router.supergraph import Supergraph


def access_to(route: RestRoute, supergraph: Supergraph) -> Requirement:
    """What every caller must be or hold: without it the answer has nothing to show."""
    index = supergraph.rules.index
    operation = supergraph.parse(route.document).operation
    root = supergraph.schema.get_root_type(operation.operation)
    assert root is not None, "the route has been validated"
    shown = route.root[:1]
    needs = {
        number
        for node in operation.selection_set.selections
        if isinstance(node, FieldNode) and (not shown or (node.alias or node.name).value in shown)
        for number in index.fields.get((root.name, node.name.value), ())
    }
    return all_of(index.requirements[number] for number in sorted(needs)) if needs else FREE
