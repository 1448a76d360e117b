"""Arguments, and what arguments and input fields have in common: type and default value."""

from __future__ import annotations

from collections.abc import Mapping

from trellis.router.composition.merge.references import merge_references
from trellis.router.composition.merge.state import Merge, differences, quoted
from trellis.router.composition.merge.types import merge_description
from trellis.router.composition.model import FieldDefinition, InputValue
from trellis.router.composition.values import same_value

# Error codes and nouns for the two kinds of input values.
ARGUMENT = ("FIELD_ARGUMENT_TYPE_MISMATCH", "FIELD_ARGUMENT_DEFAULT_MISMATCH", "ARGUMENT")
INPUT_FIELD = ("FIELD_TYPE_MISMATCH", "INPUT_FIELD_DEFAULT_MISMATCH", "FIELD")

FieldSources = Mapping[int, FieldDefinition]


def merge_arguments(
    merge: Merge, coordinate: str, field: FieldDefinition, fields: FieldSources
) -> None:
    """Fill in the arguments of a field: those that every subgraph with the field has.

    Errors: ``REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH``,
    ``CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS``, type and default mismatches.
    """
    names = dict.fromkeys(name for source in fields.values() for name in source.arguments)
    for name in names:
        sources = {i: source.arguments.get(name) for i, source in fields.items()}
        place = f"{coordinate}({name}:)"
        if _is_left_to_context(merge, place, sources) or _is_partial(merge, place, sources):
            continue
        given = {i: s for i, s in sources.items() if s is not None}
        field.arguments[name] = merge_input_value(merge, place, given, ARGUMENT)


def _is_left_to_context(merge: Merge, place: str, sources: Mapping[int, InputValue | None]) -> bool:
    """Whether it is a contextual argument, which the router fills in and clients do not see."""
    present = {i: s for i, s in sources.items() if s is not None}
    contextual = {i for i, s in present.items() if merge.subgraphs[i].has(s, "fromContext")}
    if not contextual:
        return False
    others = {i: s for i, s in present.items() if i not in contextual}
    required = [i for i, s in others.items() if is_required(s)]
    code = "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS"
    where = f"Argument {place} is set by @fromContext in {quoted(map(merge.name, contextual))}"
    if required:
        merge.error(
            code,
            f"{where} and required in {quoted(map(merge.name, required))}: make it optional or "
            "contextual there.",
            place,
            present.values(),
        )
    elif others:
        merge.hint(
            code,
            f"{where} and not in {quoted(map(merge.name, others))}: it is left out of the graph.",
            place,
            present.values(),
        )
    return True


def _is_partial(merge: Merge, place: str, sources: Mapping[int, InputValue | None]) -> bool:
    missing = [i for i, source in sources.items() if source is None]
    if not missing:
        return False
    required = [i for i, source in sources.items() if source is not None and is_required(source)]
    if required:
        merge.error(
            "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH",
            f"Argument {place} is required in {quoted(map(merge.name, required))} and missing in "
            f"{quoted(map(merge.name, missing))}: make it optional or add it everywhere.",
            place,
            sources.values(),
        )
    else:
        merge.hint(
            "INCONSISTENT_ARGUMENT_PRESENCE",
            f"Optional argument {place} is missing in {quoted(map(merge.name, missing))}: "
            "it is left out of the graph.",
            place,
            sources.values(),
        )
    return True


def merge_input_value(
    merge: Merge,
    coordinate: str,
    sources: Mapping[int, InputValue],
    codes: tuple[str, str, str],
) -> InputValue:
    """Merge all definitions of one argument or input field."""
    first = next(iter(sources.values()))
    merged = InputValue(first.name, first.type)
    merge_description(merge, coordinate, merged, sources)
    merge.postpone_directives(coordinate, merged, sources)
    merge_input_type(merge, coordinate, merged, sources, codes)
    _merge_default(merge, coordinate, merged, sources, codes[1])
    return merged


def merge_input_type(
    merge: Merge,
    coordinate: str,
    merged: InputValue,
    sources: Mapping[int, InputValue],
    codes: tuple[str, str, str],
) -> bool:
    """Set the narrowest type; returns whether all sources agree."""
    types = {i: source.type for i, source in sources.items()}
    found = merge_references(merge.merged, types.values(), is_input=True)
    merged.type = found.type
    merge.note_enum_use(found.type, coordinate, is_input=True)
    if not found.compatible:
        merge.error(
            codes[0],
            f"Type of {coordinate} differs: {differences(merge, types)}. Use the same type "
            "everywhere; only nullability may differ.",
            coordinate,
            sources.values(),
        )
    elif not found.same:
        merge.hint(
            f"INCONSISTENT_BUT_COMPATIBLE_{codes[2]}_TYPE",
            f'Type of {coordinate} differs: {differences(merge, types)}; "{found.type}" is used.',
            coordinate,
            sources.values(),
        )
    return found.same


def _merge_default(
    merge: Merge,
    coordinate: str,
    merged: InputValue,
    sources: Mapping[int, InputValue],
    mismatch_code: str,
) -> None:
    """Keep the default value only if every subgraph has it: clients may omit a value only where all
    subgraphs allow it."""
    given = [s.default for s in sources.values() if s.default is not None]
    if not given:
        return
    if any(not same_value(given[0], other) for other in given[1:]):
        merge.error(
            mismatch_code,
            f"Default value of {coordinate} is not the same in "
            f"{quoted(merge.name(i) for i, s in sources.items() if s.default is not None)}.",
            coordinate,
            sources.values(),
        )
    elif len(given) == len(sources):
        merged.default = given[0]
    else:
        merge.hint(
            "INCONSISTENT_DEFAULT_VALUE_PRESENCE",
            f"{coordinate} has a default value in only "
            f"{quoted(merge.name(i) for i, s in sources.items() if s.default is not None)}: "
            "it is left out of the graph.",
            coordinate,
            sources.values(),
        )


def is_required(value: InputValue) -> bool:
    return value.type.non_null and value.default is None
