"""ROOT_QUERY_USED, ROOT_MUTATION_USED, ROOT_SUBSCRIPTION_USED: a default root name belongs to the
root, since composition gives every root its default name."""

from collections.abc import Iterator

from trellis.router.composition.parse import DEFAULT_ROOTS
from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules.applications import broken
from trellis.router.composition.subgraph import SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    """Must run before the root types are renamed."""
    for operation, default in DEFAULT_ROOTS.items():
        root = subgraph.schema.roots.get(operation)
        other = subgraph.schema.types.get(default)
        if root is not None and root != default and other is not None:
            yield broken(
                f"ROOT_{operation.upper()}_USED",
                f'A type is called "{default}" although "{root}" is the {operation} root type:'
                f' give the type, or the root, another name than "{default}".',
                default,
                other.place,
            )
