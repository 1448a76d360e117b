"""Entity calls: which representations are asked for, and which objects each answer completes."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from trellis.router.exact_json import dumps
from trellis.router.executor.merge import copy_tree, merge_into
from trellis.router.executor.represent import UNKNOWN, Represent, Tree, make_represent
from trellis.router.planner.plan import EntityTarget, FetchStep

ALONE = -1
"""The sharing group of a target whose objects must not share what they receive."""

REPRESENTATIONS_PER_REQUEST = 10_000
"""More entities than this are asked for in several requests, so that no subgraph has to read or
answer an unbounded one."""


Rows = list[list[tuple[Tree, int]]]
"""For each representation the objects that it stands for, each with its sharing group."""


@dataclass(slots=True)
class Asked:
    """The representations of one call; ``holders`` are completed by its answers. ``incomplete``
    are objects that could not be asked for, because their type or a member is not known.
    ``has_unified``: some objects have become one."""

    representations: list[Tree] = field(default_factory=list)
    holders: Rows = field(default_factory=list)
    positions: dict[Any, int] = field(default_factory=dict)
    incomplete: list[Tree] = field(default_factory=list)
    has_unified: bool = False


def in_portions(
    asked: tuple[Asked, ...], size: int = REPRESENTATIONS_PER_REQUEST
) -> list[tuple[Asked, ...]]:
    """The representations of all calls of a step in requests of at most ``size``, in order; none
    when there is nothing to ask."""
    total = sum(len(one.representations) for one in asked)
    if total <= size:
        return [asked] if total else []
    portions: list[tuple[Asked, ...]] = []
    for first in range(0, total, size):
        portion: list[Asked] = []
        start = first
        for one in asked:
            count = len(one.representations)
            part = slice(max(start, 0), max(start + size, 0))
            portion.append(Asked(one.representations[part], one.holders[part]))
            start -= count
        portions.append(tuple(portion))
    return portions


@dataclass(frozen=True, slots=True)
class _Question:
    """A target made ready: which call of the step it belongs to, its sharing group, and whether
    equal objects of it may become one object.

    ``key`` is the only member of the representation, if it has just one: it tells objects apart
    without building representations that only repeat others.
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
                self._node_at(target).questions.append(_question(number, target, group))

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

    def ask(self, data: Tree) -> tuple[Asked, ...]:
        """One ``Asked`` for each call of the step, from the merged ``data``."""
        asked = tuple(Asked() for _ in range(self._count))
        for question in self._root.questions:
            _pose(question, [data], asked[question.call])
        _descend(self._root, [data], asked)
        return asked


def _question(call: int, target: EntityTarget, group: int) -> _Question:
    needs = target.needs
    has_key_only = len(needs) == 1 and needs[0].is_key
    is_flat = all(not need.selection and need.types is None for need in needs)
    return _Question(
        call=call,
        group=group,
        unifies=group != ALONE,
        represent=make_represent(target),
        types=target.types,
        typename=target.typename,
        key=needs[0].source if has_key_only and is_flat else None,
    )


# -- asking ---------------------------------------------------------------------------------------


def _descend(node: _Node, level: list[Tree], asked: tuple[Asked, ...]) -> None:
    for child in node.children:
        key, types, questions = child.key, child.types, child.questions
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
                for question in questions:
                    _pose(question, value, asked[question.call])
                _collect(child, value, seen, found, asked)
        if singles and questions:
            for question in questions:
                _pose(question, singles, asked[question.call])
            for owner, chosen in zip(owners, singles, strict=True):
                owner[key] = chosen
        if goes_on:
            for item in singles:
                if id(item) not in seen:
                    seen.add(id(item))
                    found.append(item)
            if found:
                _descend(child, found, asked)


def _collect(
    node: _Node, items: list[Any], seen: set[int], found: list[Tree], asked: tuple[Asked, ...]
) -> None:
    """Add the objects to go on from to ``found``; lists within the list are asked for, too."""
    for item in items:
        if type(item) is dict:
            if node.children and id(item) not in seen:
                seen.add(id(item))
                found.append(item)
        elif type(item) is list and id(item) not in seen:
            seen.add(id(item))
            for question in node.questions:
                _pose(question, item, asked[question.call])
            _collect(node, item, seen, found, asked)


def _pose(question: _Question, items: list[Any], asked: Asked) -> None:
    # The loop of the executor that runs most: everything it needs is local.
    represent, key, group = question.represent, question.key, question.group
    types, typename, unifies = question.types, question.typename, question.unifies
    positions, holders = asked.positions, asked.holders
    for index, entity in enumerate(items):
        if type(entity) is not dict:
            continue
        representation = identity = None
        if key is not None:
            value = entity.get(key)
            # Python thinks 1, 1.0 and True equal: only texts identify themselves.
            if type(value) is str:
                own_type = entity.get("__typename")
                if types is None or own_type in types:
                    identity = (typename or own_type, value)
        if identity is None or identity not in positions:
            representation = represent(entity)
            if representation is None:
                continue
            if representation is UNKNOWN:
                asked.incomplete.append(entity)
                continue
            if identity is None:
                identity = dumps(representation, repr)
        position = positions.get(identity)
        if position is None:
            positions[identity] = len(holders)
            asked.representations.append(representation)  # type: ignore[arg-type]
            holders.append([(entity, group)])
            continue
        same = holders[position]
        first, first_group = same[0]
        if first is entity:
            continue
        if unifies and first_group == group and first == entity:
            items[index] = first
            asked.has_unified = True
        else:
            same.append((entity, group))


# -- settling -------------------------------------------------------------------------------------


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
