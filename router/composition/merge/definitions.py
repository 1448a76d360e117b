"""Definitions of executable directives: only what every subgraph supports."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import DirectiveLocation

from trellis.router.composition.merge.arguments import ARGUMENT, is_required, merge_input_value
from trellis.router.composition.merge.state import Merge, quoted
from trellis.router.composition.merge.types import merge_description
from trellis.router.composition.model import DirectiveDefinition, InputValue
from trellis.router.composition.specs import built_in_definitions

EXECUTABLE = frozenset(
    location.name
    for location in (
        DirectiveLocation.QUERY,
        DirectiveLocation.MUTATION,
        DirectiveLocation.SUBSCRIPTION,
        DirectiveLocation.FIELD,
        DirectiveLocation.FRAGMENT_DEFINITION,
        DirectiveLocation.FRAGMENT_SPREAD,
        DirectiveLocation.INLINE_FRAGMENT,
        DirectiveLocation.VARIABLE_DEFINITION,
    )
)


def merge_executable_directives(merge: Merge) -> None:
    """Add the executable directives that all subgraphs define to the merged schema.

    Errors: those of merging arguments.
    """
    for definition in merge.merged.directives.values():
        for argument in definition.arguments.values():
            place = f"@{definition.name}({argument.name}:)"
            merge.note_enum_use(argument.type, place, is_input=True)
    names = dict.fromkeys(
        name
        for subgraph in merge.subgraphs
        for name, definition in subgraph.schema.directives.items()
        if EXECUTABLE.intersection(definition.locations)
    )
    for name in names:
        if name not in merge.merged.directives and name not in built_in_definitions().directives:
            _merge_definition(merge, name)


def _merge_definition(merge: Merge, name: str) -> None:
    present: dict[int, DirectiveDefinition] = {}
    locations = EXECUTABLE
    for index, subgraph in enumerate(merge.subgraphs):
        definition = subgraph.schema.directives.get(name)
        if definition is None:
            _hint_left_out(
                merge,
                "INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE",
                name,
                f"is not defined in {quoted([subgraph.name])}",
            )
            return
        present[index] = definition
        locations = locations.intersection(definition.locations)
        if not locations:
            _hint_left_out(
                merge,
                "NO_EXECUTABLE_DIRECTIVE_INTERSECTION",
                name,
                "has no location that all subgraphs allow",
            )
            return
    _hint_differences(merge, name, present)
    merged = DirectiveDefinition(
        name,
        locations=sorted(locations),
        is_repeatable=all(d.is_repeatable for d in present.values()),
    )
    merge_description(merge, f"@{name}", merged, present)
    _merge_arguments(merge, merged, present)
    merge.merged.directives[name] = merged


def _hint_left_out(merge: Merge, code: str, name: str, reason: str) -> None:
    merge.hint(code, f"@{name} {reason}: it is left out of the graph.", f"@{name}")


def _hint_differences(merge: Merge, name: str, present: Mapping[int, DirectiveDefinition]) -> None:
    if len({d.is_repeatable for d in present.values()}) > 1:
        merge.hint(
            "INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE",
            f"@{name} is repeatable in some subgraphs only: it is not in the graph.",
            f"@{name}",
        )
    if len({frozenset(EXECUTABLE.intersection(d.locations)) for d in present.values()}) > 1:
        merge.hint(
            "INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS",
            f"Locations of @{name} differ: the graph has those that all subgraphs allow.",
            f"@{name}",
        )


def _merge_arguments(
    merge: Merge, merged: DirectiveDefinition, present: Mapping[int, DirectiveDefinition]
) -> None:
    for name in dict.fromkeys(name for d in present.values() for name in d.arguments):
        place = f"@{merged.name}({name}:)"
        sources: dict[int, InputValue] = {
            i: d.arguments[name] for i, d in present.items() if name in d.arguments
        }
        if len(sources) == len(present):
            merged.arguments[name] = merge_input_value(merge, place, sources, ARGUMENT)
            continue
        missing = quoted(merge.name(i) for i in present if i not in sources)
        if any(is_required(source) for source in sources.values()):
            merge.error(
                "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH",
                f"Argument {place} is required and missing in {missing}: make it optional or add "
                "it everywhere.",
                place,
                sources.values(),
            )
        else:
            merge.hint(
                "INCONSISTENT_ARGUMENT_PRESENCE",
                f"Optional argument {place} is missing in {missing}: it is left out of the graph.",
                place,
                sources.values(),
            )
