"""Federation's rules for a single subgraph, one per file, in the order in which they report."""

from collections.abc import Callable, Iterator

from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules import (
    auth_on_interface,
    context_name,
    cost_on_interface,
    external_collision,
    external_on_interface,
    external_unused,
    from_context,
    interface_key,
    interface_object,
    key,
    list_size,
    provides,
    requires,
    shareable,
)
from trellis.router.composition.subgraph import SubgraphSchema

RULES: tuple[Callable[[SubgraphSchema], Iterator[CompositionError]], ...] = (
    key.check,
    requires.check,
    provides.check,
    external_on_interface.check,
    external_unused.check,
    interface_key.check,
    interface_object.check,
    shareable.check,
    auth_on_interface.check,
    cost_on_interface.check,
    list_size.check,
    context_name.check,
    from_context.check,
)


def validate_federation(subgraph: SubgraphSchema) -> list[CompositionError]:
    """All violations of federation's rules in one normalised subgraph of valid GraphQL."""
    # While an external field has @provides, it is not known which external fields are used.
    collisions = list(external_collision.check(subgraph))
    return collisions or [error for rule in RULES for error in rule(subgraph)]
