"""Directives are known, in valid locations, and have valid arguments (spec 3.13, 5.7)."""

from collections import Counter
from collections.abc import Iterator, Sequence

from trellis.router.composition.graphql_rules.foreign import advice
from trellis.router.composition.graphql_rules.literals import literal_problem
from trellis.router.composition.graphql_rules.violation import Violation
from trellis.router.composition.model import AppliedDirective, DirectiveDefinition
from trellis.router.composition.specs import (
    LAST_FEDERATION_MINOR,
    built_in_definitions,
    federation_definitions,
)
from trellis.router.composition.subgraph import SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[Violation]:
    yield from _check_applications(subgraph, None, "SCHEMA", subgraph.schema.applied)
    for coordinate, location, element in subgraph.elements:
        if element.applied:
            yield from _check_applications(subgraph, coordinate, location, element.applied)


def _check_applications(
    subgraph: SubgraphSchema,
    coordinate: str | None,
    location: str,
    applications: Sequence[AppliedDirective],
) -> Iterator[Violation]:
    several = len(applications) > 1
    counts = Counter((a.feature, a.name) for a in applications) if several else Counter()
    for applied in applications:
        definition = definition_of(subgraph, applied)
        if definition is None:
            yield Violation(_unknown(subgraph, applied, coordinate), coordinate, applied.place)
            continue
        name = _written(subgraph, applied)
        if location not in definition.locations:
            yield Violation(
                f'Directive "@{name}" may not be used on {location}'
                f" ({coordinate or 'the schema'}); its locations are"
                f" {', '.join(definition.locations)}.",
                coordinate,
                applied.place,
            )
        if counts.pop((applied.feature, applied.name), 1) > 1 and not definition.is_repeatable:
            yield Violation(
                f'Directive "@{name}" can only be used once on {coordinate or "the schema"}.',
                coordinate,
                applied.place,
            )
        for problem in argument_problems(subgraph, applied, definition):
            yield Violation(
                f'Directive "@{name}" on {coordinate or "the schema"}: {problem}.',
                coordinate,
                applied.place,
            )


def definition_of(
    subgraph: SubgraphSchema, applied: AppliedDirective
) -> DirectiveDefinition | None:
    """The definition of an applied directive: a specification's, the subgraph's or built-in."""
    if applied.feature is not None:
        return subgraph.spec_directives.get(applied.name)
    own = subgraph.schema.directives.get(applied.name)
    return own or built_in_definitions().directives.get(applied.name)


def argument_problems(
    subgraph: SubgraphSchema, applied: AppliedDirective, definition: DirectiveDefinition
) -> Iterator[str]:
    """The problems of an application's arguments, each as a clause."""
    for name, value in applied.arguments.items():
        argument = definition.arguments.get(name)
        if argument is None:
            yield f'unknown argument "{name}"'
            continue
        problem = literal_problem(subgraph, value, argument.type, may_lack_fields=True)
        if problem is not None:
            yield f'argument "{name}" {problem}'
    for name, argument in definition.arguments.items():
        is_required = argument.type.non_null and argument.default is None
        if is_required and name not in applied.arguments:
            yield f'argument "{name}" of type {argument.type} is required'


def _written(subgraph: SubgraphSchema, applied: AppliedDirective) -> str:
    return applied.name if applied.feature is None else subgraph.federation_name(applied.name)


def _unknown(subgraph: SubgraphSchema, applied: AppliedDirective, coordinate: str | None) -> str:
    message = f'Unknown directive "@{applied.name}" on {coordinate or "the schema"}.'
    newest = federation_definitions((2, LAST_FEDERATION_MINOR))
    foreign = advice(subgraph, f"@{applied.name}")
    if foreign is not None:
        return f"{message} {foreign}"
    if applied.name not in newest.directives:
        return f"{message} Define it or correct the name."
    if not subgraph.is_fed2:
        return (
            f"{message} This is a federation 1 schema; for the federation 2 directive add a @link"
            f' to the federation specification with import: ["@{applied.name}"].'
        )
    return f'{message} Add "@{applied.name}" to the imports of the federation @link.'
