"""Whether a subgraph's schema is GraphQL at all: the type system rules of the specification.

Unlike graphql-core's validation these rules work on the composition model, where a type may be
nothing but extensions and directives have their specification's name. Rules that concern the
text itself (unique names) are in ``router.composition.parse``.
"""

from collections.abc import Callable, Iterator

from router.composition.graphql_rules import (
    defaults,
    directives,
    input_cycles,
    interfaces,
    members,
    names,
    references,
    roots,
)
from router.composition.report import CompositionError
from router.composition.subgraph import SubgraphSchema

RULES: tuple[Callable[[SubgraphSchema], Iterator[CompositionError]], ...] = (
    names.check,
    references.check,
    roots.check,
    members.check,
    interfaces.check,
    input_cycles.check,
    directives.check,
    defaults.check,
)


def validate_graphql(subgraph: SubgraphSchema) -> list[CompositionError]:
    """All violations of the GraphQL specification's type system rules, as ``INVALID_GRAPHQL``."""
    return [error for rule in RULES for error in rule(subgraph)]
