"""Input objects: the fields that every subgraph with the type has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from trellis.router.composition.graphql_rules.one_of import has_null_default, is_one_of
from trellis.router.composition.merge.arguments import INPUT_FIELD, is_required, merge_input_value
from trellis.router.composition.merge.state import Merge, quoted
from trellis.router.composition.model import AppliedDirective, InputValue, TypeDefinition
from trellis.router.composition.values import enum_value, string


def merge_input_object(merge: Merge, definition: TypeDefinition) -> None:
    """Fill in the fields of a merged input object.

    Errors: ``REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH``, ``EMPTY_MERGED_INPUT_TYPE``,
    ``FIELD_TYPE_MISMATCH``, ``INPUT_FIELD_DEFAULT_MISMATCH``.
    """
    holders = merge.sources[definition.name]
    names = dict.fromkeys(name for t in holders.values() for name in t.input_fields)
    one_of = any(is_one_of(t) for t in holders.values())
    if one_of:
        _hint_null_defaults(merge, definition.name, holders)
    for name in names:
        coordinate = f"{definition.name}.{name}"
        sources = {i: t.input_fields.get(name) for i, t in holders.items()}
        if one_of:
            sources = {i: _without_null_default(source) for i, source in sources.items()}
        given = {i: source for i, source in sources.items() if source is not None}
        merged = merge_input_value(merge, coordinate, given, INPUT_FIELD)
        # Input objects hidden from clients may be incomplete: clients cannot send them.
        if not merge.is_inaccessible(given) and _is_partial(merge, coordinate, sources):
            continue
        definition.input_fields[name] = merged
        _add_join_fields(merge, merged, sources)
    if not definition.input_fields:
        merge.error(
            "EMPTY_MERGED_INPUT_TYPE",
            f'Input type "{definition.name}" has no field that all of '
            f"{quoted(map(merge.name, holders))} have.",
            definition.name,
            holders.values(),
        )


def _without_null_default(source: InputValue | None) -> InputValue | None:
    if source is None or not has_null_default(source):
        return source
    return replace(source, default=None)


def _hint_null_defaults(merge: Merge, name: str, holders: Mapping[int, TypeDefinition]) -> None:
    fields = {
        i: [field for field in t.input_fields.values() if has_null_default(field)]
        for i, t in holders.items()
    }
    saying = [i for i, found in fields.items() if found]
    if not saying:
        return
    named = dict.fromkeys(f"{name}.{field.name}" for found in fields.values() for field in found)
    merge.hint(
        "NULL_DEFAULT_IN_ONE_OF_INPUT",
        f"Fields of @oneOf inputs have no default value: null is left out as the one of "
        f"{', '.join(named)} in {quoted(map(merge.name, saying))}. Remove it there.",
        name,
        (field for found in fields.values() for field in found),
    )


def _is_partial(merge: Merge, coordinate: str, sources: Mapping[int, InputValue | None]) -> bool:
    missing = [i for i, source in sources.items() if source is None]
    if not missing:
        return False
    required = [i for i, source in sources.items() if source is not None and is_required(source)]
    if required:
        merge.error(
            "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH",
            f"Input field {coordinate} is required in {quoted(map(merge.name, required))} and "
            f"missing in {quoted(map(merge.name, missing))}: make it optional or add it.",
            coordinate,
            sources.values(),
        )
    else:
        merge.hint(
            "INCONSISTENT_INPUT_OBJECT_FIELD",
            f"Input field {coordinate} is missing in {quoted(map(merge.name, missing))}: "
            "it is left out of the graph.",
            coordinate,
            sources.values(),
        )
    return True


def _add_join_fields(
    merge: Merge, merged: InputValue, sources: Mapping[int, InputValue | None]
) -> None:
    given = {i: source for i, source in sources.items() if source is not None}
    same_types = all(source.type == merged.type for source in given.values())
    if same_types and len(given) == len(sources):
        return
    for index, source in given.items():
        arguments = {"graph": enum_value(merge.graphs[index])}
        if not same_types:
            arguments["type"] = string(str(source.type))
        merged.applied.append(AppliedDirective("join__field", arguments))
