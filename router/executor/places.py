"""Places of the client's response (response keys and list indexes), found from internal keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trellis.router.executor.walk import ClientPath, Tree
from trellis.router.planner.plan import OutputField, Path, Selection


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the response: its path, value and selection. With None as its selection the
    client did not select it, and ``path`` is the nearest place that it did select."""

    path: ClientPath
    value: Any
    selection: Selection | None


def places_at(place: Place, path: Path) -> Iterator[Place]:
    """All places of the response that hold the objects at ``path``, with list indexes."""
    if not path:
        yield place
        return
    segment, rest = path[0], path[1:]
    if type(place.value) is not dict:
        return
    typename = place.value.get("__typename")
    if segment.types is not None and typename not in segment.types:
        return
    value = place.value.get(segment.key)
    fields: list[OutputField] = []
    if place.selection is not None:
        fields = [
            f for f in place.selection.fields if f.source == segment.key and _applies(f, typename)
        ]
    if not fields:
        for item, _ in _items(value, ()):
            yield from places_at(Place(place.path, item, None), rest)
        return
    for output_field in fields:
        for item, indexes in _items(value, ()):
            here = (*place.path, output_field.key, *indexes)
            yield from places_at(Place(here, item, output_field.selection), rest)


def follow(place: Place, path: list[Any]) -> Iterator[Place]:
    """Where the path of a subgraph error, in internal keys, leads to from ``place``."""
    if not path or place.selection is None:
        yield place
        return
    head, rest = path[0], path[1:]
    if type(head) is int:
        value = place.value
        if type(value) is list and 0 <= head < len(value):
            value = value[head]
        else:
            value = None
        yield from follow(Place((*place.path, head), value, place.selection), rest)
        return
    typename = place.value.get("__typename") if type(place.value) is dict else None
    fields = [f for f in place.selection.fields if f.source == head and _applies(f, typename)]
    if not fields:
        yield Place(place.path, place.value, None)
        return
    value = place.value.get(head) if type(place.value) is dict else None
    for output_field in fields:
        path_here = (*place.path, output_field.key)
        if output_field.selection is None and not (rest and type(rest[0]) is int):
            yield Place(path_here, value, None)
        elif output_field.selection is None:
            indexes = [part for part in rest if type(part) is int]
            yield Place((*path_here, *indexes), value, None)
        else:
            yield from follow(Place(path_here, value, output_field.selection), rest)


def missing_fields(place: Place, keys: frozenset[str]) -> Iterator[Place]:
    """The fields of an object that would have been read from these internal keys."""
    if place.selection is None:
        yield place
        return
    typename = place.value.get("__typename") if type(place.value) is dict else None
    fields = [f for f in place.selection.fields if f.source in keys and _applies(f, typename)]
    for output_field in fields:
        yield Place((*place.path, output_field.key), None, None)
    if not fields:
        yield Place(place.path, place.value, None)


def _applies(output_field: OutputField, typename: Any) -> bool:
    # If the runtime type is unknown because its object was not returned, it may be any of them.
    types = output_field.types
    return not output_field.denied and (types is None or typename is None or typename in types)


def _items(value: Any, indexes: tuple[int, ...]) -> Iterator[tuple[Tree, tuple[int, ...]]]:
    if type(value) is dict:
        yield value, indexes
    elif type(value) is list:
        for index, item in enumerate(value):
            yield from _items(item, (*indexes, index))
