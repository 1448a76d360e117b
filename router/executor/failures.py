"""Rewrites subgraph errors to paths of the client's response.

A subgraph reports paths of the operation it received, such as ``["_entities", 3, "price"]``. The
client knows neither that list nor, perhaps, that key. Each error is moved to every place of the
response that it concerns. If the client did not select the failing field (a key, a required
field), the error is located at the object that needed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from trellis.router.executor.complete import MAX_ERRORS
from trellis.router.executor.entities import EntityBatch, Rows
from trellis.router.executor.places import Place, follow, missing_fields, places_at
from trellis.router.executor.response_keys import response_keys
from trellis.router.executor.walk import ClientPath, Tree
from trellis.router.planner.plan import FetchStep, Selection
from trellis.router.transports.masking import PRESENTABLE

DEFAULT_CODE = "DOWNSTREAM_SERVICE_ERROR"
# Extensions of subgraphs that describe their internals.
_PRIVATE = frozenset(
    {"exception", "stacktrace", "stackTrace", "debugMessage", "trace", PRESENTABLE}
)


@dataclass(frozen=True, slots=True)
class Failure:
    """The failure of one step. ``errors`` are the GraphQL errors of the subgraph, or one made for a
    failed call. ``batches`` are the entities that each call of the step requested.
    ``has_no_data``: the step returned no data at all."""

    step: FetchStep
    errors: Sequence[Tree]
    batches: Sequence[EntityBatch] = field(default_factory=tuple)
    has_no_data: bool = False


def client_errors(failures: Iterable[Failure], output: Selection, data: Tree) -> list[Tree]:
    """The response's ``errors`` for these failures, each message once per path."""
    errors: list[Tree] = []
    seen: set[tuple[str, ClientPath | None]] = set()
    root = Place((), data, output)
    for failure in failures:
        for error, path in _located(failure, root):
            identity = (str(error.get("message")), path)
            if identity in seen:
                continue
            seen.add(identity)
            errors.append(_client_error(error, path, failure.step.service))
            if len(errors) == MAX_ERRORS:
                return errors
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


def _located(failure: Failure, root: Place) -> Iterator[tuple[Tree, ClientPath | None]]:
    locator = _Locator(failure, root)
    reported: set[tuple[str, str]] = set()
    for error in failure.errors:
        # A subgraph may repeat an error many times, and locating each of them is expensive.
        same = str(error.get("message")), str(error.get("path"))
        if same in reported:
            continue
        reported.add(same)
        found = False
        for place in locator.places(error):
            found = True
            yield error, place.path or None
        if not found:
            yield error, None


class _Locator:
    """Finds the places of the response that the errors of one failure concern. The places of the
    step's objects are found once, since there may be thousands of errors and objects."""

    def __init__(self, failure: Failure, root: Place) -> None:
        self._failure = failure
        self._root = root
        self._of_call: dict[int, dict[int, list[tuple[int, Place]]]] = {}

    def places(self, error: Tree) -> Iterator[Place]:
        path = error.get("path")
        if isinstance(path, list) and path:
            for start, rest in self._starts(path):
                yield from follow(start, rest)
        elif self._failure.has_no_data:
            yield from self._missing_fields()

    def _starts(self, path: list[Any]) -> Iterator[tuple[Place, list[Any]]]:
        """The places of the response at which a subgraph path starts, each with the rest of the
        path."""
        step = self._failure.step
        if not step.entities:
            for place in places_at(self._root, step.path):
                yield place, path
            return
        for number, call in enumerate(step.entities[: len(self._failure.batches)]):
            if call.alias != path[0]:
                continue
            rows = self._failure.batches[number].holders
            if len(path) > 1 and type(path[1]) is int:
                rows = rows[path[1] : path[1] + 1] if path[1] >= 0 else []
            for place in self._places_of(number, rows):
                yield place, path[2:]

    def _missing_fields(self) -> Iterator[Place]:
        """Every field of the response that the step would have provided."""
        step = self._failure.step
        keys = response_keys(step)
        if not step.entities:
            for place in places_at(self._root, step.path):
                yield from missing_fields(place, keys.get(None, frozenset()))
            return
        for number, call in enumerate(step.entities[: len(self._failure.batches)]):
            for place in self._places_of(number, self._failure.batches[number].holders):
                yield from missing_fields(place, keys.get(call.alias, frozenset()))

    def _places_of(self, number: int, rows: Rows) -> list[Place]:
        """The places of the objects of some rows of an entity call, in response order."""
        known = self._of_call.get(number)
        if known is None:
            known = self._of_call[number] = self._find_places(number)
        objects = {id(holder) for row in rows for holder, _ in row}
        found = [each for key in objects for each in known.get(key, ())]
        return [place for _, place in sorted(found, key=lambda each: each[0])]

    def _find_places(self, number: int) -> dict[int, list[tuple[int, Place]]]:
        found: dict[int, list[tuple[int, Place]]] = {}
        targets = self._failure.step.entities[number].targets
        places = (place for t in targets for place in places_at(self._root, t.path))
        for order, place in enumerate(places):
            found.setdefault(id(place.value), []).append((order, place))
        return found
