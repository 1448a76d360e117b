"""The order of response keys, where it depends on the runtime type."""

from collections.abc import Mapping, Sequence

from trellis.router.operation.model import TypeOrder
from trellis.router.operation.normalize.collect import Entry

_Collected = Mapping[str, Sequence[Entry]]


def type_orders(collected: _Collected, possible: frozenset[str]) -> tuple[TypeOrder, ...]:
    """The runtime types whose response keys have another order than in ``collected``.

    CollectFields runs for the type of one object, so a field in a fragment on another type does
    not affect its order. ``collected`` has each key at its first occurrence for any type.
    """
    if len(possible) == 1:
        return ()
    late = frozenset[str]().union(*(_late(found, possible) for found in collected.values()))
    orders: dict[tuple[str, ...], list[str]] = {}
    for names in _alike(late, collected):
        keys = _keys_met(collected, names[0])
        if keys is not None:
            orders.setdefault(keys, []).extend(names)
    return tuple(TypeOrder(frozenset(names), keys) for keys, names in orders.items())


def _late(entries: Sequence[Entry], possible: frozenset[str]) -> frozenset[str]:
    """The types to which the first occurrence of the field does not apply."""
    first = entries[0].types
    if first is None or len(entries) == 1:
        return frozenset()
    applies_to = [possible if entry.types is None else entry.types for entry in entries]
    return frozenset[str]().union(*applies_to) - first


def _alike(types: frozenset[str], collected: _Collected) -> list[list[str]]:
    """Group the types by the entries that apply to them."""
    if not types:
        return []
    conditions = {entry.types for entries in collected.values() for entry in entries} - {None}
    groups: dict[tuple[bool, ...], list[str]] = {}
    for name in sorted(types):
        met = tuple(name in condition for condition in conditions if condition is not None)
        groups.setdefault(met, []).append(name)
    return list(groups.values())


def _keys_met(collected: _Collected, name: str) -> tuple[str, ...] | None:
    """The response keys in the order for objects of this type; None if it is their order in
    ``collected``."""
    places: list[tuple[int, str]] = []
    for key, entries in collected.items():
        met = (entry.place for entry in entries if entry.types is None or name in entry.types)
        place = next(met, None)
        if place is not None:
            places.append((place, key))
    ordered = sorted(places)
    return None if ordered == places else tuple(key for _, key in ordered)
