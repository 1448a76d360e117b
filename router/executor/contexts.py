"""Entities requested together with values of their ancestors (``@fromContext``).

One entity below two shops with different locales may have two results. It is requested once per
combination of context values, and its occurrences in the data are separated by copying.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from trellis.router.exact_json import dumps
from trellis.router.executor.entities import ALONE, EntityBatch
from trellis.router.executor.merge import copy_tree
from trellis.router.executor.represent import UNKNOWN, Tree, represent
from trellis.router.planner.plan import EntityCall, EntityTarget, Need

Values = dict[str, Any]


@dataclass(slots=True)
class ContextGroup:
    """One combination of context values and the entities requested with it."""

    values: Values
    batch: EntityBatch = field(default_factory=EntityBatch)


def collect_in_contexts(call: EntityCall, data: Tree) -> list[ContextGroup]:
    """The entities that ``call`` requests for the merged ``data``, one group per combination of
    context values. Objects without a key or without a context value are left out."""
    walk = _Walk(call)
    for target in call.targets:
        walk.visit(target, data, 0, {}, b"")
    return list(walk.found.values())


class _Walk:
    """Walks down to the targets and remembers the context values of each object on the way."""

    def __init__(self, call: EntityCall) -> None:
        self.call = call
        self.found: dict[bytes, ContextGroup] = {}
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
            self._add(target, entity, values, mark)
            return
        segment = target.path[depth]
        if segment.types is None or entity.get("__typename") in segment.types:
            inner = entity.get(segment.key)
            if type(inner) is dict or type(inner) is list:
                entity[segment.key] = self._enter(target, inner, depth + 1, values, mark)

    def _enter(
        self, target: EntityTarget, inner: Any, depth: int, values: Values, mark: bytes
    ) -> Any:
        """Visit what is below. Returns the object to use with these context values: a copy if the
        original already belongs to others."""
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

    def _add(self, target: EntityTarget, entity: Tree, values: Values, mark: bytes) -> None:
        representation = represent(entity, target)
        if representation is None:
            return
        batch = self.found.setdefault(mark, ContextGroup(values)).batch
        if representation is UNKNOWN:
            batch.incomplete.append(entity)
            return
        identity = dumps(representation, repr)
        position = batch.positions.get(identity)
        if position is None:
            batch.positions[identity] = len(batch.representations)
            batch.representations.append(representation)
            batch.holders.append([(entity, ALONE)])
        elif all(holder is not entity for holder, _ in batch.holders[position]):
            batch.holders[position].append((entity, ALONE))


def _value(entity: Tree, source: tuple[Need, ...]) -> Any:
    """The leaf described by ``source``; None if an object on the way is null."""
    own_type = entity.get("__typename")
    for need in source:
        if need.source == "__typename" or (need.types is not None and own_type not in need.types):
            continue
        value = entity.get(need.source, UNKNOWN)
        if need.selection and type(value) is dict:
            return _value(value, need.selection)
        return value
    return UNKNOWN
