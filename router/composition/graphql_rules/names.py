"""Names that start with two underscores belong to introspection (spec 2.1.8)."""

from collections.abc import Iterator

from trellis.router.composition.graphql_rules.violation import Violation
from trellis.router.composition.subgraph import SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[Violation]:
    for coordinate, _, element in subgraph.elements:
        if element.name.startswith("__"):
            yield Violation(
                f'"{coordinate}": names must not begin with "__", which is reserved for'
                " introspection.",
                coordinate,
                element.place,
            )
    for directive in subgraph.schema.directives.values():
        if directive.name.startswith("__"):
            yield Violation(
                f'Directive "@{directive.name}": names must not begin with "__", which is reserved'
                " for introspection.",
                f"@{directive.name}",
                directive.place,
            )
    yield from _check_links(subgraph)


def _check_links(subgraph: SubgraphSchema) -> Iterator[Violation]:
    """Check the local names of linked features' elements: imported ones, and those that begin with
    the namespace."""
    for link in subgraph.links:
        for name in (link.namespace, *link.imports.values()):
            if name.startswith(("__", "@__")):
                yield Violation(
                    f'Name "{name}" in the @link to "{link.url}": names must not begin with "__",'
                    ' which is reserved for introspection; choose another one with "as".',
                    None,
                    link.place,
                )
