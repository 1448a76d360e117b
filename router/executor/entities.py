"""Entity calls: which representations are asked for, and which objects each answer completes."""

from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any

import orjson

from router.executor.merge import copy_tree, merge_into
from router.executor.walk import Tree, objects_at
from router.planner.plan import EntityCall, EntityTarget, Need

UNKNOWN: Any = object()
"""Stands for a value that was not fetched or whose fetch failed."""

ALONE = -1
"""The sharing group of a target whose objects must not share what they receive."""


@dataclass(slots=True)
class Asked:
    """The representations of one call. ``holders[i]`` are the objects completed by answer ``i``,
    each with its sharing group."""

    representations: list[Tree] = field(default_factory=list)
    holders: list[list[tuple[Tree, int]]] = field(default_factory=list)


def ask(call: EntityCall, data: Tree, groups: tuple[int, ...]) -> Asked:
    """Collect the representations for ``call`` from the merged data, equal ones once.

    ``groups`` gives each target's sharing group. Objects whose key is incomplete are left out:
    their fields stay absent and are answered as null.
    """
    asked = Asked()
    positions: dict[Any, int] = {}
    for target, group in zip(call.targets, groups, strict=True):
        for entity in objects_at(data, target.path):
            representation = represent(entity, target)
            if representation is None:
                continue
            identity = orjson.dumps(representation, default=repr)
            position = positions.get(identity)
            if position is None:
                positions[identity] = len(asked.representations)
                asked.representations.append(representation)
                asked.holders.append([(entity, group)])
            else:
                asked.holders[position].append((entity, group))
    return asked


def represent(entity: Tree, target: EntityTarget) -> Tree | None:
    """What stands for ``entity`` in ``_entities(representations:)``; None when it cannot be
    asked for (another type, or a key without a value)."""
    own_type = entity.get("__typename")
    if target.types is not None and own_type not in target.types:
        return None
    typename = target.typename or own_type
    if typename is None:
        return None
    members = _members(entity, target.needs, own_type)
    if members is None:
        return None
    return {"__typename": typename, **members}


def _members(entity: Tree, needs: tuple[Need, ...], own_type: Any) -> Tree | None:
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
            return None
        members[need.name] = value
    return members


def _composite(value: Any, selection: tuple[Need, ...]) -> Any:
    if type(value) is dict:
        members = _members(value, selection, value.get("__typename"))
        return UNKNOWN if members is None else members
    if type(value) is list:
        items = [_composite(item, selection) for item in value]
        return UNKNOWN if any(item is UNKNOWN for item in items) else items
    return value


def settle(asked: Asked, position: int, entity: Tree, abstract: Set[str]) -> None:
    """Merge one answered entity into every object that stands for it.

    Objects of one group share the entity's parts; each further group gets its own copy, because
    a later step may add different values under equal names there.
    """
    holders = asked.holders[position]
    if len(holders) == 1:
        merge_into(holders[0][0], entity, abstract)
        return
    copies: dict[int, Tree] = {}
    for holder, group in holders:
        part = copies.get(group)
        if part is None:
            part = copy_tree(entity)
            if group != ALONE:
                copies[group] = part
        merge_into(holder, part, abstract)
