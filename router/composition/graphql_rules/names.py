"""Names that start with two underscores belong to introspection (spec 2.1.8)."""

from collections.abc import Iterator

from router.composition.graphql_rules.violation import violation
from router.composition.report import CompositionError
from router.composition.subgraph import SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    for coordinate, _, element in subgraph.elements:
        if element.name.startswith("__"):
            yield violation(
                f'"{coordinate}": names must not begin with "__", which is reserved for'
                " introspection.",
                coordinate,
                element.place,
            )
    for directive in subgraph.schema.directives.values():
        if directive.name.startswith("__"):
            yield violation(
                f'Directive "@{directive.name}": names must not begin with "__", which is reserved'
                " for introspection.",
                f"@{directive.name}",
                directive.place,
            )
