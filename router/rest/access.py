"""What a route's callers need, read off the permission directives of its root fields."""

from graphql import FieldNode, OperationType

from router.policy.requirements import FREE, Requirement, all_of
from router.policy.rules import NO_NEEDS
from router.rest.route import RestRoute
from router.supergraph import Supergraph


def access_to(route: RestRoute, supergraph: Supergraph) -> Requirement:
    """What every caller must be or hold: without it the answer has nothing to show. Of a query's
    several root fields one may be denied and the others shown; a mutation stands or falls whole.
    """
    index = supergraph.rules.index
    operation = supergraph.parse(route.document).operation
    root = supergraph.schema.get_root_type(operation.operation)
    assert root is not None, "the route has been validated"
    shown = route.root[:1]
    of_roots = [
        index.fields.get((root.name, node.name.value), NO_NEEDS)
        for node in operation.selection_set.selections
        if isinstance(node, FieldNode) and (not shown or (node.alias or node.name).value in shown)
    ]
    if not of_roots:
        return FREE
    is_mutation = operation.operation is OperationType.MUTATION
    combine = frozenset.union if is_mutation else frozenset.intersection
    return all_of(index.requirements[number] for number in sorted(combine(*of_roots)))
