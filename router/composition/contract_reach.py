"""The types of a schema that operations can reach."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from trellis.router.composition.model import Element, InputValue, Schema, TypeDefinition, TypeKind


def reachable_types(
    schema: Schema, entries: Iterable[str], is_hidden: Callable[[Element], bool]
) -> frozenset[str]:
    """The names of types that can be reached from the types ``entries`` through visible elements.

    An interface that is the type of a field leads to its implementations. An implementation leads
    to its other interfaces, but these do not lead to theirs: no value can be one of those.
    """
    implementations: dict[str, list[str]] = {}
    for definition in schema.types.values():
        for interface in definition.interfaces:
            implementations.setdefault(interface, []).append(definition.name)
    reached: set[tuple[str, bool]] = set()
    waiting = [(name, True) for name in entries]
    while waiting:
        name, is_value = waiting.pop()
        definition = schema.types.get(name)
        if definition is None or (name, is_value) in reached or is_hidden(definition):
            continue
        reached.add((name, is_value))
        waiting += ((found, True) for found in _parts(definition, is_hidden))
        waiting += ((interface, False) for interface in definition.interfaces)
        if is_value and definition.kind is TypeKind.INTERFACE:
            waiting += ((found, True) for found in implementations.get(name, ()))
    return frozenset(name for name, _ in reached)


def _parts(definition: TypeDefinition, is_hidden: Callable[[Element], bool]) -> Iterator[str]:
    yield from definition.members
    for field in definition.fields.values():
        if not is_hidden(field):
            yield field.type.base
            yield from _types_of(field.arguments.values(), is_hidden)
    yield from _types_of(definition.input_fields.values(), is_hidden)


def _types_of(values: Iterable[InputValue], is_hidden: Callable[[Element], bool]) -> Iterator[str]:
    return (value.type.base for value in values if not is_hidden(value))
