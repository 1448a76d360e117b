"""``@external`` copies of a field: excluded from merging, checked against the merged field."""

from __future__ import annotations

from collections.abc import Mapping

from trellis.router.composition.merge.directives import is_merged_always
from trellis.router.composition.merge.interface_object import abstracting_fields
from trellis.router.composition.merge.references import is_strict_subtype
from trellis.router.composition.merge.state import Merge, quoted
from trellis.router.composition.model import FieldDefinition, TypeDefinition
from trellis.router.composition.values import same_value

FieldSources = Mapping[int, FieldDefinition]


def owners_only(
    merge: Merge, parent: TypeDefinition, name: str, fields: FieldSources
) -> FieldSources | None:
    """The sources that are not external: empty when only interface objects resolve the field,
    None when no subgraph does.

    Errors: ``EXTERNAL_MISSING_ON_BASE`` no subgraph resolves the field;
    ``MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL`` an external copy carries a directive that would
    have to be merged.
    """
    coordinate = f"{parent.name}.{name}"
    external = {i: f for i, f in fields.items() if merge.is_external(i, parent.name, f)}
    if not external:
        return fields
    if len(external) == len(fields) and not _is_abstracted(merge, parent, name):
        merge.error(
            "EXTERNAL_MISSING_ON_BASE",
            f"{coordinate} is @external in {quoted(map(merge.name, external))} and no subgraph "
            "resolves it: define it without @external in one.",
            coordinate,
            external.values(),
        )
        return None
    for index, source in external.items():
        _refuse_merged_directives(merge, index, coordinate, source)
    return {i: f for i, f in fields.items() if i not in external}


def _is_abstracted(merge: Merge, parent: TypeDefinition, name: str) -> bool:
    return any(
        not merge.is_external(copy.index, copy.parent.name, copy.field)
        for copy in abstracting_fields(merge, parent, name)
    )


def _refuse_merged_directives(
    merge: Merge, index: int, coordinate: str, source: FieldDefinition
) -> None:
    elements = {coordinate: source.applied}
    elements |= {f"{coordinate}({a.name}:)": a.applied for a in source.arguments.values()}
    for place, applied in elements.items():
        for directive in applied:
            if is_merged_always(directive):
                merge.error(
                    "MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL",
                    f'@{directive.name} on {place} in subgraph "{merge.name(index)}" has no '
                    "effect, as the field is @external there: move it to where the field is "
                    "resolved.",
                    place,
                    [source],
                )


def check_external(
    merge: Merge,
    parent: TypeDefinition,
    field: FieldDefinition,
    fields: FieldSources,
    *,
    same_types: bool,
) -> None:
    """Check that external copies match the merged field.

    Errors: ``EXTERNAL_TYPE_MISMATCH``, ``EXTERNAL_ARGUMENT_MISSING``,
    ``EXTERNAL_ARGUMENT_TYPE_MISMATCH``, ``EXTERNAL_ARGUMENT_DEFAULT_MISMATCH``.
    """
    for index, source in fields.items():
        if not merge.is_external(index, parent.name, source):
            continue
        fits = source.type == field.type or (
            not same_types and is_strict_subtype(merge.merged, field.type, source.type)
        )
        coordinate = f"{parent.name}.{field.name}"
        if not fits:
            merge.error(
                "EXTERNAL_TYPE_MISMATCH",
                f'{coordinate} is @external in subgraph "{merge.name(index)}" with type '
                f'"{source.type}", and resolved with type "{field.type}": make them equal.',
                coordinate,
                fields.values(),
            )
        _check_arguments(merge, index, coordinate, field, source)


def _check_arguments(
    merge: Merge, index: int, coordinate: str, field: FieldDefinition, source: FieldDefinition
) -> None:
    for argument in field.arguments.values():
        place = f"{coordinate}({argument.name}:)"
        here = f'@external {coordinate} in subgraph "{merge.name(index)}"'
        own = source.arguments.get(argument.name)
        if own is None:
            merge.error(
                "EXTERNAL_ARGUMENT_MISSING",
                f'{here} lacks argument "{argument.name}" of the resolved field.',
                place,
                [source, argument],
            )
            continue
        if own.type != argument.type and not is_strict_subtype(
            merge.merged, own.type, argument.type
        ):
            merge.error(
                "EXTERNAL_ARGUMENT_TYPE_MISMATCH",
                f'{here} has argument "{argument.name}" of type "{own.type}", the resolved field '
                f'of type "{argument.type}".',
                place,
                [own, argument],
            )
        if not same_value(own.default, argument.default):
            merge.error(
                "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH",
                f'{here} has another default for argument "{argument.name}" than the resolved '
                "field.",
                place,
                [own, argument],
            )
