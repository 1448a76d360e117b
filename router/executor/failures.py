"""Telling clients what failed, in their own terms: response keys and list positions.

A subgraph speaks of the operation it was sent: ``["_entities", 3, "price"]``. The client knows
neither that list nor, perhaps, that key. Each error is moved to every place of the client's answer
that it concerns; where the client did not ask for the failing field itself (a key, a required
field) the error stands at the object that needed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from router.executor.answered import answered_keys
from router.executor.complete import MAX_ERRORS
from router.executor.entities import Asked
from router.executor.walk import ClientPath, Tree
from router.planner.plan import FetchStep, OutputField, Path, Selection

DEFAULT_CODE = "DOWNSTREAM_SERVICE_ERROR"
_PRIVATE = frozenset({"exception", "stacktrace", "stackTrace", "debugMessage", "trace"})


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong in one step. ``errors`` are GraphQL errors as the subgraph wrote them (or
    one made for a failed way); ``asked`` has what each entity call of the step asked for.
    ``is_lost``: the step gave no data at all."""

    step: FetchStep
    errors: Sequence[Tree]
    asked: Sequence[Asked] = field(default_factory=tuple)
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """Somewhere in the answer: its path, and how it is shaped (None: the client did not ask for
    it, and ``path`` names the nearest place that it did ask for)."""

    path: ClientPath
    value: Any
    selection: Selection | None


def client_errors(failures: Iterable[Failure], output: Selection, data: Tree) -> list[Tree]:
    """The ``errors`` of the response for these failures, each place told once."""
    errors: list[Tree] = []
    seen: set[tuple[str, ClientPath | None]] = set()
    root = _Place((), data, output)
    for failure in failures:
        for error, path in _located(failure, root):
            identity = (str(error.get("message")), path)
            if identity in seen or len(errors) >= MAX_ERRORS:
                continue
            seen.add(identity)
            errors.append(_client_error(error, path, failure.step.service))
    return errors


def _client_error(error: Tree, path: ClientPath | None, service: str) -> Tree:
    given = error.get("extensions")
    extensions = {"code": DEFAULT_CODE, "service": service}
    if isinstance(given, dict):
        extensions |= {key: value for key, value in given.items() if key not in _PRIVATE}
    message = error.get("message")
    result: Tree = {
        "message": message if isinstance(message, str) else "The subgraph reported an error."
    }
    if path is not None:
        result["path"] = list(path)
    result["extensions"] = extensions
    return result


def _located(failure: Failure, root: _Place) -> Iterator[tuple[Tree, ClientPath | None]]:
    for error in failure.errors:
        path = error.get("path")
        if isinstance(path, list) and path:
            places = _places_of_path(failure, path, root)
        elif failure.is_lost:
            places = _places_of_lost_fields(failure, root)
        else:
            places = iter(())
        found = False
        for place in places:
            found = True
            yield error, place.path or None
        if not found:
            yield error, None


# -- an error with a path ------------------------------------------------------------


def _places_of_path(failure: Failure, path: list[Any], root: _Place) -> Iterator[_Place]:
    for start, rest in _starts(failure, path, root):
        yield from _follow(start, rest)


def _starts(failure: Failure, path: list[Any], root: _Place) -> Iterator[tuple[_Place, list[Any]]]:
    """The places where a subgraph path begins in the answer, and what of it is left."""
    step = failure.step
    if not step.entities:
        for place in _places_at(root, step.path):
            yield place, path
        return
    for call, asked in zip(step.entities, failure.asked, strict=False):
        if call.alias != path[0]:
            continue
        index = path[1] if len(path) > 1 and type(path[1]) is int else None
        if index is None:
            rows = asked.holders
        else:
            rows = asked.holders[index : index + 1] if index >= 0 else []
        holders = {id(holder) for row in rows for holder, _ in row}
        for target in call.targets:
            for place in _places_at(root, target.path):
                if id(place.value) in holders:
                    yield place, path[2:]


def _follow(place: _Place, path: list[Any]) -> Iterator[_Place]:
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
        yield from _follow(_Place((*place.path, head), value, place.selection), rest)
        return
    typename = place.value.get("__typename") if type(place.value) is dict else None
    fields = [f for f in place.selection.fields if f.source == head and _applies(f, typename)]
    if not fields:
        yield _Place(place.path, place.value, None)
        return
    value = place.value.get(head) if type(place.value) is dict else None
    for output_field in fields:
        path_here = (*place.path, output_field.key)
        if output_field.selection is None and not (rest and type(rest[0]) is int):
            yield _Place(path_here, value, None)
        elif output_field.selection is None:
            indexes = [part for part in rest if type(part) is int]
            yield _Place((*path_here, *indexes), value, None)
        else:
            yield from _follow(_Place(path_here, value, output_field.selection), rest)


def _applies(output_field: OutputField, typename: Any) -> bool:
    # An unknown runtime type (its object never came) may be any of them.
    types = output_field.types
    return not output_field.denied and (types is None or typename is None or typename in types)


# -- a step without an answer ------------------------------------------------------------


def _places_of_lost_fields(failure: Failure, root: _Place) -> Iterator[_Place]:
    """Every field of the answer that the step would have given."""
    step = failure.step
    keys = answered_keys(step)
    if not step.entities:
        for place in _places_at(root, step.path):
            yield from _lost_fields(place, keys.get(None, frozenset()))
        return
    for call, asked in zip(step.entities, failure.asked, strict=False):
        holders = {id(holder) for row in asked.holders for holder, _ in row}
        for target in call.targets:
            for place in _places_at(root, target.path):
                if id(place.value) in holders:
                    yield from _lost_fields(place, keys.get(call.alias, frozenset()))


def _lost_fields(place: _Place, keys: frozenset[str]) -> Iterator[_Place]:
    if place.selection is None:
        yield place
        return
    typename = place.value.get("__typename") if type(place.value) is dict else None
    lost = [f for f in place.selection.fields if f.source in keys and _applies(f, typename)]
    for output_field in lost:
        yield _Place((*place.path, output_field.key), None, None)
    if not lost:
        yield _Place(place.path, place.value, None)


# -- from a plan's path to places ------------------------------------------------------------


def _places_at(place: _Place, path: Path) -> Iterator[_Place]:
    """All places of the answer that hold the objects at ``path``, with their list positions."""
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
            yield from _places_at(_Place(place.path, item, None), rest)
        return
    for output_field in fields:
        for item, indexes in _items(value, ()):
            here = (*place.path, output_field.key, *indexes)
            yield from _places_at(_Place(here, item, output_field.selection), rest)


def _items(value: Any, indexes: tuple[int, ...]) -> Iterator[tuple[Tree, tuple[int, ...]]]:
    if type(value) is dict:
        yield value, indexes
    elif type(value) is list:
        for index, item in enumerate(value):
            yield from _items(item, (*indexes, index))
