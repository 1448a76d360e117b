"""Enums: union of values for output, intersection for input, equality for both."""

from __future__ import annotations

from collections.abc import Mapping

from trellis.router.composition.merge.state import EnumUsage, Merge, quoted
from trellis.router.composition.merge.types import merge_description
from trellis.router.composition.model import AppliedDirective, EnumValue, TypeDefinition
from trellis.router.composition.values import enum_value


def merge_enum(merge: Merge, definition: TypeDefinition) -> None:
    """Fill in the values of a merged enum; everything that uses it must be merged before.

    Errors: ``ENUM_VALUE_MISMATCH``, ``EMPTY_MERGED_ENUM_TYPE``.
    """
    holders = merge.sources[definition.name]
    usage = _usage(merge, definition)
    for name in dict.fromkeys(name for t in holders.values() for name in t.values):
        sources = {i: t.values.get(name) for i, t in holders.items()}
        given = {i: source for i, source in sources.items() if source is not None}
        value = EnumValue(name)
        coordinate = f"{definition.name}.{name}"
        merge_description(merge, coordinate, value, given)
        # Hidden values may differ: clients cannot send them, and the router removes them.
        if not merge.is_inaccessible(given) and not _is_kept(merge, coordinate, usage, sources):
            continue
        merge.postpone_directives(coordinate, value, given)
        value.applied = [
            AppliedDirective("join__enumValue", {"graph": enum_value(merge.graphs[i])})
            for i in given
        ]
        definition.values[name] = value
    if not definition.values:
        merge.error(
            "EMPTY_MERGED_ENUM_TYPE",
            f'Enum "{definition.name}" has no value that all of '
            f"{quoted(map(merge.name, holders))} have.",
            definition.name,
            holders.values(),
        )


def _usage(merge: Merge, definition: TypeDefinition) -> EnumUsage:
    usage = merge.enum_usage.get(definition.name)
    if usage is not None:
        return usage
    merge.hint(
        "UNUSED_ENUM_TYPE",
        f'Enum "{definition.name}" is not used by any field or argument: all of its values are '
        "kept.",
        definition.name,
        merge.sources[definition.name].values(),
    )
    return EnumUsage()


def _is_kept(
    merge: Merge,
    coordinate: str,
    usage: EnumUsage,
    sources: Mapping[int, EnumValue | None],
) -> bool:
    missing = [i for i, source in sources.items() if source is None]
    if not missing:
        return True
    lacking = f"Enum value {coordinate} is missing in {quoted(map(merge.name, missing))}"
    if usage.as_input is None:
        merge.hint(
            "INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM",
            f"{lacking}: it is kept, as the enum is only returned.",
            coordinate,
            sources.values(),
        )
        return True
    if usage.as_output is None:
        merge.hint(
            "INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM",
            f"{lacking}: it is left out of the graph, as the enum is only sent.",
            coordinate,
            sources.values(),
        )
        return False
    merge.error(
        "ENUM_VALUE_MISMATCH",
        f"{lacking}, and the enum is both returned ({usage.as_output}) and sent "
        f"({usage.as_input}): it must have the same values everywhere.",
        coordinate,
        sources.values(),
    )
    return True
