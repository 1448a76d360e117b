"""The merged schema is valid GraphQL. It may not be, although every subgraph is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from trellis.router.composition.graphql_rules import (
    default_cycles,
    defaults,
    deprecation,
    input_cycles,
    interfaces,
    members,
    one_of,
    roots,
)
from trellis.router.composition.graphql_rules.literals import literal_problem
from trellis.router.composition.graphql_rules.violation import Violation
from trellis.router.composition.link import Links
from trellis.router.composition.merge.state import Merge, quoted
from trellis.router.composition.model import InputValue, Schema
from trellis.router.composition.post.declared import declarations, declared
from trellis.router.composition.subgraph import SubgraphSchema

Rule = Callable[[SubgraphSchema], Iterator[Violation]]

# Rules for a single subgraph, with advice for where merging breaks them. Not included: names,
# which merging does not change; references, which ``references`` checks more precisely; directives,
# which are checked where they are merged.
RULES: tuple[tuple[Rule, str], ...] = (
    (roots.check, "Give each operation a root type of its own."),
    (members.check, "Leave the type out, or let it have a member that is part of the graph."),
    (one_of.check, "Make the field nullable and without default in every subgraph."),
    (deprecation.check, "Make it optional everywhere, or remove @deprecated."),
    (interfaces.check, "Let the subgraphs agree on the interface and on what implements it."),
    (input_cycles.check, "What one subgraph requires, the graph requires."),
    (
        defaults.check,
        "The graph accepts only what all subgraphs accept: change the default value, or let the"
        " types of its parts be the same everywhere.",
    ),
    (default_cycles.check, "Merging brought these default values together."),
)


def check_validity(merge: Merge) -> None:
    """``INVALID_GRAPHQL`` for every type system rule of the GraphQL specification that each
    subgraph satisfies and the merged schema violates."""
    directives = {
        name: definition
        for name, definition in merge.merged.directives.items()
        if name not in merge.spec_directives
    }
    merged = _as_subgraph(replace(merge.merged, directives=directives))
    for rule, advice in RULES:
        for violation in rule(merged):
            _report(merge, violation, advice)


def violations(schema: Schema) -> Iterator[Violation]:
    """Violations in a schema without machinery, such as an API schema."""
    view = _as_subgraph(schema)
    for rule, _ in RULES:
        yield from rule(view)


def _as_subgraph(schema: Schema) -> SubgraphSchema:
    return SubgraphSchema("supergraph", "", schema, Links())


def _report(merge: Merge, violation: Violation, advice: str) -> None:
    coordinate = violation.coordinate
    if coordinate is None:
        merge.error("INVALID_GRAPHQL", f"Once merged: {violation.message} {advice}")
        return
    details = [declarations(merge, place) for place in (coordinate, *violation.others)]
    refusing = _refusing(merge, coordinate)
    if refusing:
        details.append(f"the value is not accepted by {quoted(map(merge.name, refusing))}")
    merge.error(
        "INVALID_GRAPHQL",
        f"Once merged: {violation.message} {'; '.join(details)}. {advice}",
        coordinate,
        (
            element
            for place in (coordinate, *violation.others)
            for element in declared(merge, place).values()
        ),
    )


def _refusing(merge: Merge, coordinate: str) -> list[int]:
    """The subgraphs whose own types do not accept the merged default value of an argument or input
    field."""
    for element in declared(merge, coordinate).values():
        if isinstance(element, InputValue) and element.default is not None:
            return [
                index
                for index, subgraph in enumerate(merge.subgraphs)
                if element.type.base in subgraph.schema.types
                and literal_problem(subgraph, element.default, element.type)
            ]
    return []
