"""Entity calls: which representations are asked for, and which objects each answer completes."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import orjson

from router.executor.merge import copy_tree, merge_into
from router.planner.plan import EntityTarget, FetchStep, Need

Tree = dict[str, Any]

UNKNOWN: Any = object()
"""Stands for a value that was not fetched or whose fetch failed."""

ALONE = -1
"""The sharing group of a target whose objects must not share what they receive."""


@dataclass(slots=True)
class Asked:
    """The representations of one call. ``holders[i]`` are the objects completed by answer ``i``,
    each with its sharing group. ``incomplete`` are objects that could not be asked for, because
    their type or a member is not known. ``has_unified``: some objects have become one."""

    representations: list[Tree] = field(default_factory=list)
    holders: list[list[tuple[Tree, int]]] = field(default_factory=list)
    positions: dict[Any, int] = field(default_factory=dict)
    incomplete: list[Tree] = field(default_factory=list)
    has_unified: bool = False


# -- what stands for an object ------------------------------------------------------------------


def represent(entity: Tree, target: EntityTarget) -> Any:
    """What stands for ``entity`` in ``_entities(representations:)``; None when the target does
    not mean objects of its type, UNKNOWN when its type or a member is not known."""
    own_type = entity.get("__typename")
    if target.types is not None and own_type not in target.types:
        return UNKNOWN if own_type is None else None
    typename = target.typename or own_type
    if typename is None:
        return UNKNOWN
    members = _members(entity, target.needs, own_type)
    return UNKNOWN if members is UNKNOWN else {"__typename": typename, **members}


def _members(entity: Tree, needs: tuple[Need, ...], own_type: Any) -> Any:
    members: Tree = {}
    for need in needs:
        if need.types is not None and own_type not in need.types:
            continue
        value = entity.get(need.source, UNKNOWN)
        if need.selection and value is not UNKNOWN:
            value = _composite(value, need.selection)
        # A required field that was never answered is not null but unknown: asking with a made-up
        # null would give a wrong answer instead of an error.
        if value is UNKNOWN or (need.is_key and value is None):
            return UNKNOWN
        members[need.name] = value
    return members


def _composite(value: Any, selection: tuple[Need, ...]) -> Any:
    if type(value) is dict:
        return _members(value, selection, value.get("__typename"))
    if type(value) is list:
        items = [_composite(item, selection) for item in value]
        return UNKNOWN if any(item is UNKNOWN for item in items) else items
    return value


Identify = Callable[[Tree], Any]


def make_identify(target: EntityTarget) -> Identify:
    """A function that tells objects with equal representations by equal values; like ``represent``
    it gives None or UNKNOWN for the others. Most objects repeat others, and knowing that much is
    cheaper than representing them."""
    if any(need.selection or need.types is not None for need in target.needs):
        return _identify_by_representation(target)
    if len(target.needs) == 1 and target.needs[0].is_key:
        return _identify_by_key(target)
    return _identify_by_members(target)


def _identify_by_representation(target: EntityTarget) -> Identify:
    def identify(entity: Tree) -> Any:
        representation = represent(entity, target)
        if representation is None or representation is UNKNOWN:
            return representation
        return orjson.dumps(representation, default=repr)

    return identify


def _identify_by_key(target: EntityTarget) -> Identify:
    types, typename, source = target.types, target.typename, target.needs[0].source

    def identify(entity: Tree) -> Any:
        own_type = entity.get("__typename")
        if types is not None and own_type not in types:
            return UNKNOWN if own_type is None else None
        value = entity.get(source)
        name = typename or own_type
        if value is None or name is None:
            return UNKNOWN
        # Python thinks 1, 1.0 and True equal, and cannot tell lists apart at all.
        return (name, value) if type(value) is str else orjson.dumps((name, value), default=repr)

    return identify


def _identify_by_members(target: EntityTarget) -> Identify:
    types, typename = target.types, target.typename
    needs = tuple((need.source, need.is_key) for need in target.needs)

    def identify(entity: Tree) -> Any:
        own_type = entity.get("__typename")
        if types is not None and own_type not in types:
            return UNKNOWN if own_type is None else None
        values = [typename or own_type]
        if values[0] is None:
            return UNKNOWN
        for source, is_key in needs:
            value = entity.get(source, UNKNOWN)
            if value is UNKNOWN or (is_key and value is None):
                return UNKNOWN
            values.append(value)
        return orjson.dumps(values, default=repr)

    return identify


# -- asking -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Question:
    """A target made ready: which call of the step it belongs to, its sharing group, and whether
    equal objects of it may become one object."""

    call: int
    target: EntityTarget
    group: int
    unifies: bool
    identify: Identify


@dataclass(slots=True)
class _Node:
    """All paths of a step as one tree, so that common beginnings are walked once."""

    key: str = ""
    types: Set[str] | None = None
    children: list[_Node] = field(default_factory=list)
    questions: list[_Question] = field(default_factory=list)


class Asker:
    """Collects the representations for all calls of one step; made once per plan.

    Equal representations are asked for once. Objects whose key is incomplete are left out: their
    fields stay absent and are answered as null. Where the plan allows it, objects that are equal
    and stand for one entity are replaced by one object, so that whatever comes later (this
    answer, further steps, the projection) has that much less to visit.
    """

    def __init__(self, step: FetchStep, groups: Sequence[Sequence[int]]) -> None:
        self._count = len(step.entities)
        self._root = _Node()
        for number, (call, row) in enumerate(zip(step.entities, groups, strict=True)):
            for target, group in zip(call.targets, row, strict=True):
                self._add(number, target, group)
        for node in _all_nodes(self._root):
            if len(node.questions) > 1:
                node.questions = [
                    _Question(q.call, q.target, q.group, False, q.identify) for q in node.questions
                ]

    def _add(self, call: int, target: EntityTarget, group: int) -> None:
        node = self._root
        for segment in target.path:
            found = next(
                (c for c in node.children if (c.key, c.types) == (segment.key, segment.types)), None
            )
            if found is None:
                found = _Node(segment.key, segment.types)
                node.children.append(found)
            node = found
        node.questions.append(_Question(call, target, group, group != ALONE, make_identify(target)))

    def ask(self, data: Tree) -> tuple[Asked, ...]:
        """One ``Asked`` for each call of the step, from the merged ``data``."""
        asked = tuple(Asked() for _ in range(self._count))
        for question in self._root.questions:
            _pose(question, data, asked[question.call])
        self._descend(self._root, [data], asked)
        return asked

    def _descend(self, node: _Node, level: list[Tree], asked: tuple[Asked, ...]) -> None:
        for child in node.children:
            key, types = child.key, child.types
            seen: set[int] = set()
            found: list[Tree] = []
            for parent in level:
                if types is not None and parent.get("__typename") not in types:
                    continue
                value = parent.get(key)
                if type(value) is dict:
                    chosen = _visit(child, value, seen, found, asked)
                    if chosen is not value:
                        parent[key] = chosen
                elif type(value) is list:
                    _visit_list(child, value, seen, found, asked)
            if found and child.children:
                self._descend(child, found, asked)


def _visit_list(
    node: _Node, items: list[Any], seen: set[int], found: list[Tree], asked: tuple[Asked, ...]
) -> None:
    if id(items) in seen:
        return
    seen.add(id(items))
    for index, item in enumerate(items):
        if type(item) is dict:
            chosen = _visit(node, item, seen, found, asked)
            if chosen is not item:
                items[index] = chosen
        elif type(item) is list:
            _visit_list(node, item, seen, found, asked)


def _visit(
    node: _Node, entity: Tree, seen: set[int], found: list[Tree], asked: tuple[Asked, ...]
) -> Tree:
    """Ask for ``entity``; returns the object that takes its place."""
    if id(entity) in seen:
        return entity
    for question in node.questions:
        chosen = _pose(question, entity, asked[question.call])
        if chosen is not entity:
            return chosen
    seen.add(id(entity))
    found.append(entity)
    return entity


def _pose(question: _Question, entity: Tree, asked: Asked) -> Tree:
    identity = question.identify(entity)
    if identity is None:
        return entity
    if identity is UNKNOWN:
        asked.incomplete.append(entity)
        return entity
    position = asked.positions.get(identity)
    if position is None:
        asked.positions[identity] = len(asked.representations)
        asked.representations.append(represent(entity, question.target))
        asked.holders.append([(entity, question.group)])
        return entity
    holders = asked.holders[position]
    first, group = holders[0]
    if question.unifies and group == question.group and first == entity:
        asked.has_unified = True
        return first
    if first is not entity:
        holders.append((entity, question.group))
    return entity


def _all_nodes(node: _Node) -> list[_Node]:
    nodes = [node]
    for child in node.children:
        nodes += _all_nodes(child)
    return nodes


def settle(asked: Asked, position: int, entity: Tree, abstract: Set[str]) -> bool:
    """Merge one answered entity into every object that stands for it. Returns whether objects
    share parts of it now.

    Objects of one group share the entity's parts; each further group gets its own copy, because
    a later step may add different values under equal names there.
    """
    holders = asked.holders[position]
    if len(holders) == 1:
        merge_into(holders[0][0], entity, abstract)
        return False
    if not any(type(value) is dict or type(value) is list for value in entity.values()):
        for holder, _ in holders:
            merge_into(holder, entity, abstract)
        return False
    copies: dict[int, Tree] = {}
    for holder, group in holders:
        part = copies.get(group)
        if part is None:
            part = copy_tree(entity)
            if group != ALONE:
                copies[group] = part
        merge_into(holder, part, abstract)
    return True
