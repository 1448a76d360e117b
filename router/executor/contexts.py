"""Entities asked for together with values of the objects around them (``@fromContext``).

One entity below two shops with different locales is two questions with, perhaps, two answers: it
is asked once in each surrounding, and its places in the data are taken apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from trellis.router.exact_json import dumps
from trellis.router.executor.entities import ALONE, Asked
from trellis.router.executor.merge import copy_tree
from trellis.router.executor.represent import UNKNOWN, Tree, represent
from trellis.router.planner.plan import EntityCall, EntityTarget, Need

Values = dict[str, Any]


@dataclass(slots=True)
class Surrounding:
    """One combination of context values and what is asked in it."""

    values: Values
    asked: Asked = field(default_factory=Asked)


def ask_in_contexts(call: EntityCall, data: Tree) -> list[Surrounding]:
    """What ``call`` asks for in the merged ``data``, one entry per combination of values. Objects
    without a key, or without a value for a context, are left out."""
    walk = _Walk(call)
    for target in call.targets:
        walk.visit(target, data, 0, {}, b"")
    return list(walk.found.values())


class _Walk:
    """Goes down to the targets and remembers what surrounds each object met on the way."""

    def __init__(self, call: EntityCall) -> None:
        self.call = call
        self.found: dict[bytes, Surrounding] = {}
        self._surrounded: dict[int, tuple[bytes, Any]] = {}

    def visit(
        self, target: EntityTarget, entity: Tree, depth: int, values: Values, mark: bytes
    ) -> None:
        for context in target.contexts:
            if context.depth == depth:
                value = _value(entity, context.source)
                if value is UNKNOWN:
                    return
                values = {**values, context.variable: value}
                mark = dumps(dict(sorted(values.items())), repr)
        if depth == len(target.path):
            self._pose(target, entity, values, mark)
            return
        segment = target.path[depth]
        if segment.types is None or entity.get("__typename") in segment.types:
            inner = entity.get(segment.key)
            if type(inner) is dict or type(inner) is list:
                entity[segment.key] = self._enter(target, inner, depth + 1, values, mark)

    def _enter(
        self, target: EntityTarget, inner: Any, depth: int, values: Values, mark: bytes
    ) -> Any:
        """Go on below; returns the object for this surrounding, a copy when it is another's."""
        owner, _ = self._surrounded.setdefault(id(inner), (mark, inner))
        if owner != mark:
            inner = copy_tree(inner)
            self._surrounded[id(inner)] = (mark, inner)
        if type(inner) is dict:
            self.visit(target, inner, depth, values, mark)
            return inner
        for index, item in enumerate(inner):
            if type(item) is dict or type(item) is list:
                inner[index] = self._enter(target, item, depth, values, mark)
        return inner

    def _pose(self, target: EntityTarget, entity: Tree, values: Values, mark: bytes) -> None:
        representation = represent(entity, target)
        if representation is None:
            return
        asked = self.found.setdefault(mark, Surrounding(values)).asked
        if representation is UNKNOWN:
            asked.incomplete.append(entity)
            return
        identity = dumps(representation, repr)
        position = asked.positions.get(identity)
        if position is None:
            asked.positions[identity] = len(asked.representations)
            asked.representations.append(representation)
            asked.holders.append([(entity, ALONE)])
        elif all(holder is not entity for holder, _ in asked.holders[position]):
            asked.holders[position].append((entity, ALONE))


def _value(entity: Tree, source: tuple[Need, ...]) -> Any:
    """The leaf that ``source`` describes. An object missing on the way makes it null."""
    own_type = entity.get("__typename")
    for need in source:
        if need.source == "__typename" or (need.types is not None and own_type not in need.types):
            continue
        value = entity.get(need.source, UNKNOWN)
        if need.selection and type(value) is dict:
            return _value(value, need.selection)
        return value
    return UNKNOWN
