"""Finds objects in the merged data along a path."""

from typing import Any

from trellis.router.planner.plan import Path

Tree = dict[str, Any]
ClientPath = tuple[str | int, ...]


def objects_at(root: Tree, path: Path) -> list[Tree]:
    """All objects at ``path`` below ``root``, each once, in the order of the data.

    Merged data shares equal entities, so one object may be reached by many paths. It is visited
    once per level, which keeps the walk linear in distinct objects.
    """
    level = [root]
    for segment in path:
        key, types = segment.key, segment.types
        seen: set[int] = set()
        found: list[Tree] = []
        for parent in level:
            if types is not None and parent.get("__typename") not in types:
                continue
            value = parent.get(key)
            if type(value) is dict:
                if id(value) not in seen:
                    seen.add(id(value))
                    found.append(value)
            elif type(value) is list:
                _collect(value, seen, found)
        level = found
    return level


def _collect(items: list[Any], seen: set[int], found: list[Tree]) -> None:
    for item in items:
        if type(item) is dict:
            if id(item) not in seen:
                seen.add(id(item))
                found.append(item)
        elif type(item) is list:
            _collect(item, seen, found)
