"""A field may be deprecated only if the interface fields that it implements are."""

from __future__ import annotations

from trellis.router.composition.merge.state import Merge, quoted
from trellis.router.composition.model import FieldDefinition, TypeDefinition, TypeKind


def drop_deprecations(merge: Merge) -> None:
    """Remove ``@deprecated`` from fields that implement a field without it (GraphQL specification,
    September 2025, 3.6.1), with the hint ``DEPRECATED_IMPLEMENTATION_OF_INTERFACE_FIELD``.

    Unlike other rules this is not an error: earlier editions allowed it, and existing schemas that
    use it must continue to compose.
    """
    types = merge.merged.types
    for definition in merge.of_kind(TypeKind.OBJECT, TypeKind.INTERFACE):
        for field in definition.fields.values() if definition.interfaces else ():
            if not field.applied or not _is_deprecated(field):
                continue
            for interface in (types[name] for name in definition.interfaces):
                wanted = interface.fields.get(field.name)
                if wanted is not None and not _is_deprecated(wanted):
                    _drop(merge, definition, field, interface)
                    break


def _is_deprecated(field: FieldDefinition) -> bool:
    return any(applied.name == "deprecated" for applied in field.applied)


def _drop(
    merge: Merge, definition: TypeDefinition, field: FieldDefinition, interface: TypeDefinition
) -> None:
    field.applied = [applied for applied in field.applied if applied.name != "deprecated"]
    coordinate = f"{definition.name}.{field.name}"
    saying = {
        i: source.fields[field.name]
        for i, source in merge.sources[definition.name].items()
        if field.name in source.fields and _is_deprecated(source.fields[field.name])
    }
    merge.hint(
        "DEPRECATED_IMPLEMENTATION_OF_INTERFACE_FIELD",
        f"{coordinate} is @deprecated in {quoted(map(merge.name, saying))}, but"
        f" {interface.name}.{field.name}, which it implements, is not: clients are not warned."
        " Deprecate both.",
        coordinate,
        saying.values(),
    )
