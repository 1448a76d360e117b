"""Entity calls: the representations to request, and the objects that each result completes."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from trellis.router.exact_json import dumps
from trellis.router.executor.merge import copy_tree, merge_into
from trellis.router.executor.represent import UNKNOWN, Represent, Tree, make_represent
from trellis.router.planner.plan import EntityTarget, FetchStep

ALONE = -1
"""The sharing group of a target whose objects must not share results."""

REPRESENTATIONS_PER_REQUEST = 10_000
"""More entities are split over several requests, so that no subgraph has to read or answer an
unbounded one."""


Rows = list[list[tuple[Tree, int]]]
"""For each representation, the objects that it stands for, each with its sharing group."""


@dataclass(slots=True)
class EntityBatch:
    """The representations of one entity call and the objects (``holders``) that its results
    complete. ``incomplete`` are objects that cannot be requested because their type or a required
    value is unknown. ``has_unified``: equal objects have been replaced by one."""

    representations: list[Tree] = field(default_factory=list)
    holders: Rows = field(default_factory=list)
    positions: dict[Any, int] = field(default_factory=dict)
    incomplete: list[Tree] = field(default_factory=list)
    has_unified: bool = False


def split_batches(
    batches: tuple[EntityBatch, ...], size: int = REPRESENTATIONS_PER_REQUEST
) -> list[tuple[EntityBatch, ...]]:
    """Split the representations of all calls of a step, in order, into requests of at most
    ``size``. Empty if there is nothing to request."""
    total = sum(len(one.representations) for one in batches)
    if total <= size:
        return [batches] if total else []
    portions: list[tuple[EntityBatch, ...]] = []
    for first in range(0, total, size):
        portion: list[EntityBatch] = []
        start = first
        for one in batches:
            count = len(one.representations)
            part = slice(max(start, 0), max(start + size, 0))
            portion.append(EntityBatch(one.representations[part], one.holders[part]))
            start -= count
        portions.append(tuple(portion))
    return portions


@dataclass(frozen=True, slots=True)
class _Target:
    """A target prepared for execution: its call within the step, its sharing group, and whether
    equal objects may be replaced by one.

    ``key`` is the only member of the representation, if it has just one. It identifies objects
    without building representations that are already known.
    """

    call: int
    group: int
    unifies: bool
    represent: Represent
    types: Set[str] | None
    typename: str | None
    key: str | None


@dataclass(slots=True)
class _Node:
    """All paths of a step as one tree, so that common prefixes are walked once."""

    key: str = ""
    types: Set[str] | None = None
    children: list[_Node] = field(default_factory=list)
    targets: list[_Target] = field(default_factory=list)


class EntityCollector:
    """Collects the representations for all calls of one step; made once per plan.

    Equal representations are requested once. Objects with an incomplete key are left out: their
    fields stay absent and become null. Where the plan allows it, equal objects that stand for one
    entity are replaced by a single object, so that merging, later steps and projection have less
    to visit.
    """

    def __init__(self, step: FetchStep, groups: Sequence[Sequence[int]]) -> None:
        self._count = len(step.entities)
        self._root = _Node()
        for number, (call, row) in enumerate(zip(step.entities, groups, strict=True)):
            for target, group in zip(call.targets, row, strict=True):
                self._node_at(target).targets.append(_prepare(number, target, group))

    def _node_at(self, target: EntityTarget) -> _Node:
        node = self._root
        for segment in target.path:
            found = next(
                (c for c in node.children if (c.key, c.types) == (segment.key, segment.types)), None
            )
            if found is None:
                found = _Node(segment.key, segment.types)
                node.children.append(found)
            node = found
        return node

    def collect(self, data: Tree) -> tuple[EntityBatch, ...]:
        """One batch for each call of the step, from the merged ``data``."""
        batches = tuple(EntityBatch() for _ in range(self._count))
        for target in self._root.targets:
            _add(target, [data], batches[target.call])
        _descend(self._root, [data], batches)
        return batches


def _prepare(call: int, target: EntityTarget, group: int) -> _Target:
    needs = target.needs
    has_key_only = len(needs) == 1 and needs[0].is_key
    is_flat = all(not need.selection and need.types is None for need in needs)
    return _Target(
        call=call,
        group=group,
        unifies=group != ALONE,
        represent=make_represent(target),
        types=target.types,
        typename=target.typename,
        key=needs[0].source if has_key_only and is_flat else None,
    )


# -- collecting -----------------------------------------------------------------------------------


def _descend(node: _Node, level: list[Tree], batches: tuple[EntityBatch, ...]) -> None:
    for child in node.children:
        key, types, targets = child.key, child.types, child.targets
        goes_on = bool(child.children)
        seen: set[int] = set()
        found: list[Tree] = []
        owners: list[Tree] = []
        singles: list[Any] = []
        for parent in level:
            if types is not None and parent.get("__typename") not in types:
                continue
            value = parent.get(key)
            if type(value) is dict:
                owners.append(parent)
                singles.append(value)
            elif type(value) is list and id(value) not in seen:
                seen.add(id(value))
                for target in targets:
                    _add(target, value, batches[target.call])
                _collect(child, value, seen, found, batches)
        if singles and targets:
            for target in targets:
                _add(target, singles, batches[target.call])
            for owner, chosen in zip(owners, singles, strict=True):
                owner[key] = chosen
        if goes_on:
            for item in singles:
                if id(item) not in seen:
                    seen.add(id(item))
                    found.append(item)
            if found:
                _descend(child, found, batches)


def _collect(
    node: _Node,
    items: list[Any],
    seen: set[int],
    found: list[Tree],
    batches: tuple[EntityBatch, ...],
) -> None:
    """Add the objects of a list, including nested lists, to ``found`` for the next level."""
    for item in items:
        if type(item) is dict:
            if node.children and id(item) not in seen:
                seen.add(id(item))
                found.append(item)
        elif type(item) is list and id(item) not in seen:
            seen.add(id(item))
            for target in node.targets:
                _add(target, item, batches[target.call])
            _collect(node, item, seen, found, batches)


def _add(target: _Target, items: list[Any], batch: EntityBatch) -> None:
    # The hottest loop of the executor, hence the local names.
    represent, key, group = target.represent, target.key, target.group
    types, typename, unifies = target.types, target.typename, target.unifies
    positions, holders = batch.positions, batch.holders
    for index, entity in enumerate(items):
        if type(entity) is not dict:
            continue
        representation = identity = None
        if key is not None:
            value = entity.get(key)
            # 1, 1.0 and True are equal in Python, so only strings identify an object directly.
            if type(value) is str:
                own_type = entity.get("__typename")
                if types is None or own_type in types:
                    identity = (typename or own_type, value)
        if identity is None or identity not in positions:
            representation = represent(entity)
            if representation is None:
                continue
            if representation is UNKNOWN:
                batch.incomplete.append(entity)
                continue
            if identity is None:
                identity = dumps(representation, repr)
        position = positions.get(identity)
        if position is None:
            positions[identity] = len(holders)
            batch.representations.append(representation)  # type: ignore[arg-type]
            holders.append([(entity, group)])
            continue
        same = holders[position]
        first, first_group = same[0]
        if first is entity:
            continue
        if unifies and first_group == group and first == entity:
            items[index] = first
            batch.has_unified = True
        else:
            same.append((entity, group))


# -- merging results ------------------------------------------------------------------------------


def merge_entity(batch: EntityBatch, position: int, entity: Tree, abstract: Set[str]) -> bool:
    """Merge one returned entity into every object that stands for it. Returns whether objects now
    share parts of it.

    Objects of one group share the entity's parts. Each group gets its own copy, because a later
    step may write different values under equal keys there.
    """
    holders = batch.holders[position]
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
