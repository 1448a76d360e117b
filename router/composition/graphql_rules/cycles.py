"""Cycles among elements that refer to one another."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def cycles(graph: Mapping[Node, Sequence[Node]]) -> Iterator[list[Node]]:
    """One cycle of each part of the graph that has any; targets that are not nodes are ignored.

    A cycle that shares a node with one already found may be omitted.
    """
    remaining = dict(graph)
    while ends := [n for n, targets in remaining.items() if remaining.keys().isdisjoint(targets)]:
        for end in ends:
            del remaining[end]
    seen: set[Node] = set()
    for start in remaining:
        path: list[Node] = []
        at = start
        while at not in seen:
            seen.add(at)
            path.append(at)
            # Remove nodes without a target among the remaining nodes until only cycles are left.
            at = next(target for target in remaining[at] if target in remaining)
        if at in path:
            yield path[path.index(at) :]
