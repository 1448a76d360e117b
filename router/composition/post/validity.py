"""The merged schema is valid GraphQL: what each subgraph may say, all together may not."""

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

# The rules for one subgraph, with what to do where merging breaks them. Not among them: names,
# which merging does not change; references, of which ``references`` knows more; directives, which
# are checked where they are merged.
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
    """``INVALID_GRAPHQL`` for every rule of the GraphQL specification's type system that each
    subgraph keeps and the merged schema breaks."""
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
    """The rules that a schema without machinery breaks, such as an API schema."""
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
    told = [declarations(merge, place) for place in (coordinate, *violation.others)]
    refusing = _refusing(merge, coordinate)
    if refusing:
        told.append(f"the value is not accepted by {quoted(map(merge.name, refusing))}")
    merge.error(
        "INVALID_GRAPHQL",
        f"Once merged: {violation.message} {'; '.join(told)}. {advice}",
        coordinate,
        (
            element
            for place in (coordinate, *violation.others)
            for element in declared(merge, place).values()
        ),
    )


def _refusing(merge: Merge, coordinate: str) -> list[int]:
    """The subgraphs whose own types do not take the default value of an argument or input field,
    whichever subgraph it comes from."""
    for element in declared(merge, coordinate).values():
        if isinstance(element, InputValue) and element.default is not None:
            return [
                index
                for index, subgraph in enumerate(merge.subgraphs)
                if element.type.base in subgraph.schema.types
                and literal_problem(subgraph, element.default, element.type)
            ]
    return []
