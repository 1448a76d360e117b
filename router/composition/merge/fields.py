"""Fields of objects and interfaces: presence, type, arguments, and ``@join__field``."""

from __future__ import annotations

from collections.abc import Mapping

from trellis.router.composition.merge.arguments import merge_arguments
from trellis.router.composition.merge.context import context_arguments
from trellis.router.composition.merge.external import check_external, owners_only
from trellis.router.composition.merge.interface_object import check_interface_sources
from trellis.router.composition.merge.override import OverrideOutcome, resolve_overrides
from trellis.router.composition.merge.references import merge_references
from trellis.router.composition.merge.sharing import check_sharing
from trellis.router.composition.merge.state import Merge, differences, quoted
from trellis.router.composition.merge.types import merge_description
from trellis.router.composition.model import (
    AppliedDirective,
    FieldDefinition,
    TypeDefinition,
    TypeKind,
)
from trellis.router.composition.values import boolean, enum_value, list_of, string

FieldSources = Mapping[int, FieldDefinition]


def merge_fields(merge: Merge, definition: TypeDefinition) -> None:
    """Fill in the fields of a merged object or interface: whatever any subgraph has.

    Errors are those of the single steps: external, override, sharing, types and arguments.
    """
    sources = merge.sources[definition.name]
    is_interface = definition.kind is TypeKind.INTERFACE
    if is_interface:
        has_key = check_interface_sources(merge, definition)
    else:
        has_key = _hint_inconsistent_entity(merge, definition)
    is_root = definition.name in merge.merged.roots.values()
    for name, fields in _fields_by_name(sources).items():
        field = FieldDefinition(name, next(iter(fields.values())).type)
        definition.fields[name] = field
        coordinate = f"{definition.name}.{name}"
        if not has_key and not is_root:
            _hint_partial_field(merge, definition, coordinate, fields)
        outcome = resolve_overrides(merge, definition, name, fields)
        _merge_field(merge, definition, field, fields, outcome)
        if not is_interface:
            check_sharing(merge, definition, name, fields, outcome.overridden)


def _fields_by_name(
    sources: Mapping[int, TypeDefinition],
) -> dict[str, dict[int, FieldDefinition]]:
    """For each field the subgraphs that have it, in the order of the subgraphs."""
    found: dict[str, dict[int, FieldDefinition]] = {}
    for index, source in sources.items():
        for name, field in source.fields.items():
            found.setdefault(name, {})[index] = field
    return found


def _hint_inconsistent_entity(merge: Merge, definition: TypeDefinition) -> bool:
    """Whether the type has a key anywhere."""
    sources = merge.sources[definition.name]
    keyed = [i for i, t in sources.items() if merge.subgraphs[i].has(t, "key")]
    if keyed and len(keyed) < len(sources):
        others = [i for i in sources if i not in keyed]
        merge.hint(
            "INCONSISTENT_ENTITY",
            f'Type "{definition.name}" has a key in {quoted(map(merge.name, keyed))} and none in '
            f"{quoted(map(merge.name, others))}.",
            definition.name,
            sources.values(),
        )
    return bool(keyed)


def _hint_partial_field(
    merge: Merge, definition: TypeDefinition, coordinate: str, fields: FieldSources
) -> None:
    sources = merge.sources[definition.name]
    if len(fields) == len(sources):
        return
    missing = [
        i
        for i, source in sources.items()
        if i not in fields and not _all_external(merge, i, source)
    ]
    if not missing:
        return
    code = (
        "INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD"
        if definition.kind is TypeKind.INTERFACE
        else "INCONSISTENT_OBJECT_VALUE_TYPE_FIELD"
    )
    merge.hint(
        code,
        f"{coordinate} is missing in {quoted(map(merge.name, missing))}: a value that comes from "
        "there cannot have it.",
        coordinate,
        fields.values(),
    )


def _all_external(merge: Merge, index: int, source: TypeDefinition) -> bool:
    subgraph = merge.subgraphs[index]
    return all(subgraph.is_external(source, field) for field in source.fields.values())


def _merge_field(
    merge: Merge,
    parent: TypeDefinition,
    field: FieldDefinition,
    fields: FieldSources,
    outcome: OverrideOutcome,
) -> None:
    coordinate = f"{parent.name}.{field.name}"
    owners = owners_only(merge, parent, field.name, fields)
    if owners is None:
        return
    merge_description(merge, coordinate, field, owners)
    merge.postpone_directives(coordinate, field, owners)
    merge_arguments(merge, coordinate, field, owners)
    same = _merge_type(merge, coordinate, field, owners or fields)
    check_external(merge, parent, field, fields, same_types=same)
    _add_join_fields(merge, parent, field, fields, outcome, same)


def _merge_type(
    merge: Merge, coordinate: str, field: FieldDefinition, fields: FieldSources
) -> bool:
    types = {i: f.type for i, f in fields.items()}
    merged = merge_references(merge.merged, types.values(), is_input=False)
    field.type = merged.type
    merge.note_enum_use(merged.type, coordinate, is_input=False)
    if not merged.compatible:
        merge.error(
            "FIELD_TYPE_MISMATCH",
            f"Type of {coordinate} differs: {differences(merge, types)}. No type fits all: "
            "return the same type (or an interface or union over them) everywhere.",
            coordinate,
            fields.values(),
        )
    elif not merged.same:
        merge.hint(
            "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE",
            f'Type of {coordinate} differs: {differences(merge, types)}; "{merged.type}" is used.',
            coordinate,
            fields.values(),
        )
    return merged.same


def _add_join_fields(
    merge: Merge,
    parent: TypeDefinition,
    field: FieldDefinition,
    fields: FieldSources,
    outcome: OverrideOutcome,
    same_types: bool,
) -> None:
    if not _needs_join_field(merge, parent, fields, outcome, same_types):
        return
    for index, source in fields.items():
        if index not in outcome.dropped:
            join = _join_field(merge, parent.name, index, source, outcome, same_types)
            field.applied.append(join)


def _needs_join_field(
    merge: Merge,
    parent: TypeDefinition,
    fields: FieldSources,
    outcome: OverrideOutcome,
    same_types: bool,
) -> bool:
    """Without ``@join__field``, every subgraph of the type resolves the field in the plain way."""
    if not same_types or outcome.kept or outcome.labels:
        return True
    if outcome.dropped or len(fields) < len(merge.sources[parent.name]):
        return True
    for index, source in fields.items():
        subgraph = merge.subgraphs[index]
        if subgraph.is_external(merge.sources[parent.name][index], source):
            return True
        if any(subgraph.has(source, name) for name in ("requires", "provides")):
            return True
        if any(subgraph.has(argument, "fromContext") for argument in source.arguments.values()):
            return True
    return False


def _join_field(
    merge: Merge,
    parent: str,
    index: int,
    source: FieldDefinition,
    outcome: OverrideOutcome,
    same_types: bool,
) -> AppliedDirective:
    subgraph = merge.subgraphs[index]
    arguments = {"graph": enum_value(merge.graphs[index])}
    for name in ("requires", "provides"):
        for applied in subgraph.applied(source, name):
            arguments[name] = applied.arguments["fields"]
    if not same_types:
        arguments["type"] = string(str(source.type))
    if subgraph.is_external(merge.sources[parent][index], source):
        arguments["external"] = boolean(True)
    for applied in subgraph.applied(source, "override"):
        arguments["override"] = applied.arguments["from"]
    if index in outcome.kept:
        arguments["usedOverridden"] = boolean(True)
    if index in outcome.labels:
        arguments["overrideLabel"] = string(outcome.labels[index])
    contexts = context_arguments(subgraph, source)
    if contexts:
        arguments["contextArguments"] = list_of(contexts)
    return AppliedDirective("join__field", arguments)
