"""The type system rules of the GraphQL specification, for a subgraph's schema.

Unlike graphql-core's validation these rules work on the composition model, where a type may consist
of extensions only and directives have their specification's name. Rules that concern the text
itself (unique names) are in ``trellis.router.composition.parse``.
"""

from collections.abc import Callable, Iterator

from trellis.router.composition.graphql_rules import (
    default_cycles,
    defaults,
    deprecation,
    directives,
    input_cycles,
    interfaces,
    members,
    names,
    one_of,
    references,
    roots,
)
from trellis.router.composition.graphql_rules.violation import Violation
from trellis.router.composition.report import CompositionError
from trellis.router.composition.subgraph import SubgraphSchema

RULES: tuple[Callable[[SubgraphSchema], Iterator[Violation]], ...] = (
    names.check,
    references.check,
    roots.check,
    members.check,
    one_of.check,
    deprecation.check,
    interfaces.check,
    input_cycles.check,
    directives.check,
    defaults.check,
    default_cycles.check,
)


def validate_graphql(subgraph: SubgraphSchema) -> list[CompositionError]:
    """All violations of the GraphQL specification's type system rules, as ``INVALID_GRAPHQL``."""
    return [
        CompositionError(
            "INVALID_GRAPHQL",
            violation.message,
            violation.coordinate,
            (violation.place,) if violation.place else (),
        )
        for rule in RULES
        for violation in rule(subgraph)
    ]
