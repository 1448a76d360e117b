"""``@interfaceObject``: a subgraph that adds fields to an interface without its implementations."""

from __future__ import annotations

from dataclasses import dataclass

from trellis.router.composition.merge.state import Merge, quoted
from trellis.router.composition.model import (
    AppliedDirective,
    FieldDefinition,
    InputValue,
    TypeDefinition,
    TypeKind,
)


@dataclass(frozen=True, slots=True)
class AbstractingField:
    """``field`` of the interface object ``parent``, which resolves it for implementations."""

    index: int
    parent: TypeDefinition
    field: FieldDefinition


def abstracting_fields(
    merge: Merge, definition: TypeDefinition, name: str
) -> list[AbstractingField]:
    """The fields of interface objects that resolve a field of an object, in the subgraphs that do
    not have the object itself."""
    holders = merge.sources[definition.name]
    found = [
        AbstractingField(index, source, source.fields[name])
        for interface in definition.interfaces
        for index in merge.interface_objects.get(interface, ())
        if index not in holders and name in (source := merge.sources[interface][index]).fields
    ]
    return sorted(found, key=lambda a: a.index) if len(found) > 1 else found


def check_interface_sources(merge: Merge, interface: TypeDefinition) -> bool:
    """Check keyed interfaces and interface objects; whether the interface has a key anywhere.

    Errors: ``INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE`` a subgraph resolves the interface by a
    key and does not know all implementations; ``INTERFACE_OBJECT_USAGE_ERROR`` a subgraph has the
    interface object and an implementation.
    """
    implementations = merge.merged.runtime_types(interface.name)
    has_key = False
    for index, source in merge.sources[interface.name].items():
        subgraph = merge.subgraphs[index]
        keys = subgraph.keys(source)
        has_key = has_key or bool(keys)
        if subgraph.is_interface_object(source):
            _check_implementations_absent(merge, index, source, implementations)
        elif any(key.resolvable for key in keys):
            _check_implementations_complete(merge, index, source, implementations)
    return has_key


def _check_implementations_absent(
    merge: Merge, index: int, source: TypeDefinition, implementations: frozenset[str]
) -> None:
    defined = sorted(implementations & merge.subgraphs[index].schema.types.keys())
    if defined:
        merge.error(
            "INTERFACE_OBJECT_USAGE_ERROR",
            f'Interface "{source.name}" is an @interfaceObject in {quoted([merge.name(index)])}, '
            f"which also defines its implementations {', '.join(defined)}: a subgraph can have "
            "one or the other.",
            source.name,
            [source],
        )


def _check_implementations_complete(
    merge: Merge, index: int, source: TypeDefinition, implementations: frozenset[str]
) -> None:
    known = set(merge.subgraphs[index].schema.runtime_types(source.name))
    for name in list(known):
        # An interface object represents all implementations.
        if index in merge.interface_objects.get(name, ()):
            known |= merge.merged.runtime_types(name)
    missing = sorted(implementations - known)
    if missing:
        merge.error(
            "INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE",
            f'Interface "{source.name}" has a resolvable key in {quoted([merge.name(index)])}, '
            f"which must then define all its implementations; missing: {', '.join(missing)}.",
            source.name,
            [source],
        )


def add_contributed_fields(merge: Merge) -> list[tuple[TypeDefinition, FieldDefinition]]:
    """Add interface fields that only an interface object resolves to the implementations.

    Returns what was added. They get a ``@join__field`` without arguments: no subgraph has them on
    the object itself.
    """
    added = []
    for definition in merge.of_kind(TypeKind.OBJECT):
        for interface in definition.interfaces:
            for field in merge.merged.types[interface].fields.values():
                if field.name in definition.fields or not _is_contributed(
                    merge, interface, field.name
                ):
                    continue
                copy = _copy(field)
                definition.fields[field.name] = copy
                added.append((definition, copy))
    return added


def _is_contributed(merge: Merge, interface: str, name: str) -> bool:
    return any(
        field is not None and not merge.is_external(index, interface, field)
        for index in merge.interface_objects.get(interface, ())
        for field in [merge.sources[interface][index].fields.get(name)]
    )


def _copy(field: FieldDefinition) -> FieldDefinition:
    arguments = {
        name: InputValue(name, a.type, a.default, a.description, _plain(a.applied))
        for name, a in field.arguments.items()
    }
    applied = [*_plain(field.applied), AppliedDirective("join__field")]
    return FieldDefinition(field.name, field.type, arguments, field.description, applied)


def _plain(applied: list[AppliedDirective]) -> list[AppliedDirective]:
    return [d for d in applied if not d.name.startswith("join__")]
