"""Merged types have all fields of their interfaces. Whether these are compatible is checked with
the other rules of GraphQL (see ``validity``)."""

from __future__ import annotations

from collections.abc import Iterator

from trellis.router.composition.merge.state import Merge, quoted
from trellis.router.composition.model import FieldDefinition, TypeDefinition, TypeKind


def check_interface_fields(merge: Merge) -> None:
    """``INTERFACE_FIELD_NO_IMPLEM``: a subgraph declares a field of the interface that an
    implementation of another subgraph does not have."""
    for definition, interface in _implementations(merge):
        for field in interface.fields.values():
            if field.name not in definition.fields:
                _report_missing(merge, definition, interface, field)


def _implementations(merge: Merge) -> Iterator[tuple[TypeDefinition, TypeDefinition]]:
    for definition in merge.of_kind(TypeKind.OBJECT, TypeKind.INTERFACE):
        for name in definition.interfaces:
            yield definition, merge.merged.types[name]


def _report_missing(
    merge: Merge, definition: TypeDefinition, interface: TypeDefinition, field: FieldDefinition
) -> None:
    declaring = [i for i, t in merge.sources[interface.name].items() if field.name in t.fields]
    implementing = merge.sources[definition.name]
    lacking = [i for i, t in implementing.items() if interface.name in t.interfaces]
    if not lacking:
        # Already reported for an interface between the two, which lacks the field as well.
        return
    merge.error(
        "INTERFACE_FIELD_NO_IMPLEM",
        f"Interface field {interface.name}.{field.name} is declared in "
        f'{quoted(map(merge.name, declaring))}, but type "{definition.name}", which implements '
        f'"{interface.name}" in {quoted(map(merge.name, lacking))}, has it in no subgraph.',
        f"{definition.name}.{field.name}",
        implementing.values(),
    )
