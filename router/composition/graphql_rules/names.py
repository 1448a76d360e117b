"""Names that start with two underscores belong to introspection (spec 2.1.8)."""

from collections.abc import Iterator

from router.composition.graphql_rules.violation import violation
from router.composition.model import Schema
from router.composition.report import CompositionError
from router.composition.subgraph import SubgraphSchema

# An enum value of this name could not be told from the literal (spec 3.9).
_LITERALS = frozenset(("true", "false", "null"))


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    schema: Schema = subgraph.schema
    for coordinate, location, element in schema.elements():
        if element.name.startswith("__"):
            yield violation(
                f'"{coordinate}": names must not begin with "__", which is reserved for'
                " introspection.",
                coordinate,
                element.place,
            )
        if location == "ENUM_VALUE" and element.name in _LITERALS:
            yield violation(
                f'Enum value "{coordinate}" cannot be called {element.name}.',
                coordinate,
                element.place,
            )
    for directive in schema.directives.values():
        if directive.name.startswith("__"):
            yield violation(
                f'Directive "@{directive.name}": names must not begin with "__", which is reserved'
                " for introspection.",
                f"@{directive.name}",
                directive.place,
            )
