"""Merged types must still implement their interfaces."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.merge.references import is_strict_subtype
from router.composition.merge.state import Merge, quoted
from router.composition.model import FieldDefinition, Kind, TypeDefinition


def check_interface_fields(merge: Merge) -> None:
    """``INTERFACE_FIELD_NO_IMPLEM``: a subgraph gave the interface a field that an implementation
    of another subgraph does not have."""
    for definition, interface in _implementations(merge):
        for field in interface.fields.values():
            if field.name not in definition.fields:
                _report_missing(merge, definition, interface, field)


def check_implementations(merge: Merge) -> None:
    """``INVALID_GRAPHQL``: merging made types or arguments of a field and of the interface field
    that it implements disagree (GraphQL spec, 3.6.1)."""
    for definition, interface in _implementations(merge):
        for wanted in interface.fields.values():
            _check_field(merge, definition, interface, definition.fields[wanted.name], wanted)


def _implementations(merge: Merge) -> Iterator[tuple[TypeDefinition, TypeDefinition]]:
    for definition in merge.of_kind(Kind.OBJECT, Kind.INTERFACE):
        for name in definition.interfaces:
            yield definition, merge.merged.types[name]


def _report_missing(
    merge: Merge, definition: TypeDefinition, interface: TypeDefinition, field: FieldDefinition
) -> None:
    declaring = [i for i, t in merge.sources[interface.name].items() if field.name in t.fields]
    implementing = merge.sources[definition.name]
    lacking = [i for i, t in implementing.items() if interface.name in t.interfaces]
    merge.error(
        "INTERFACE_FIELD_NO_IMPLEM",
        f"Interface field {interface.name}.{field.name} is declared in "
        f'{quoted(map(merge.name, declaring))}, but type "{definition.name}", which implements '
        f'"{interface.name}" in {quoted(map(merge.name, lacking))}, has it in no subgraph.',
        f"{definition.name}.{field.name}",
        implementing.values(),
    )


def _check_field(
    merge: Merge,
    definition: TypeDefinition,
    interface: TypeDefinition,
    field: FieldDefinition,
    wanted: FieldDefinition,
) -> None:
    coordinate = f"{definition.name}.{field.name}"
    told = f"Once merged, {coordinate} no longer implements {interface.name}.{field.name}"
    if field.type != wanted.type and not is_strict_subtype(merge.merged, wanted.type, field.type):
        merge.error(
            "INVALID_GRAPHQL",
            f'{told}: its type is "{field.type}", the interface says "{wanted.type}".',
            coordinate,
            merge.sources[definition.name].values(),
        )
    for name, argument in wanted.arguments.items():
        own = field.arguments.get(name)
        if own is None or own.type != argument.type:
            merge.error(
                "INVALID_GRAPHQL",
                f'{told}: argument "{name}" of type "{argument.type}" is '
                + ("missing." if own is None else f'of type "{own.type}".'),
                f"{coordinate}({name}:)",
                merge.sources[definition.name].values(),
            )
    for name, argument in field.arguments.items():
        if name not in wanted.arguments and argument.type.non_null and argument.default is None:
            merge.error(
                "INVALID_GRAPHQL",
                f'{told}: it has the required argument "{name}", which the interface lacks.',
                f"{coordinate}({name}:)",
                merge.sources[definition.name].values(),
            )
