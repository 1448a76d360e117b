"""Distinguishes resources that do not exist from those that were denied, when both are null."""

from collections.abc import Mapping, Sequence
from typing import Any

from trellis.router.rest.shape import Items, Record, Shape, Unwrapped

Path = Sequence[str | int]


def explain_null(errors: Sequence[Mapping[str, Any]], root: Path, shape: Shape) -> bool:
    """Whether one of these errors may be the reason why the data at ``root`` is null.

    A null propagates to the next nullable parent (GraphQL specification, section 6.4.4), so a
    denied member is the reason only if there is no nullable position in between. If all members
    were denied, nothing was fetched, and it is unknown whether the resource exists.
    """
    paths = [tuple(error.get("path") or ()) for error in errors]
    return any(_propagates(path, root, shape) for path in paths) or _is_all_denied(
        frozenset(paths), tuple(root), shape
    )


def _is_all_denied(
    denied: frozenset[tuple[str | int, ...]], path: tuple[str | int, ...], shape: Shape
) -> bool:
    if path in denied:
        return True
    if isinstance(shape, Items):
        return _is_all_denied(denied, path, shape.item)
    if isinstance(shape, Unwrapped):
        return _is_all_denied(denied, (*path, shape.key), shape.inner)
    if not isinstance(shape, Record):
        return False
    selected = [(member.key, member.shape) for member in shape.members if member.key is not None]
    return bool(selected) and all(
        _is_all_denied(denied, (*path, key), below) for key, below in selected
    )


def _propagates(path: Path, root: Path, shape: Shape) -> bool:
    if list(path[: len(root)]) != list(root):
        return True
    for step in path[len(root) :]:
        if isinstance(shape, Items) and not isinstance(step, int):
            shape = shape.item  # errors of authorization before fetching have no indexes
            if shape.is_nullable:
                return False
        below = _below(shape, step)
        if below is None:  # hidden, so its nullability is unknown
            return True
        if below.is_nullable:
            return False
        shape = below
    return True


def _below(shape: Shape, step: str | int) -> Shape | None:
    if isinstance(shape, Items):
        return shape.item
    if isinstance(shape, Unwrapped):
        return shape.inner if shape.key == step else None
    members = shape.members if isinstance(shape, Record) else ()
    return next((member.shape for member in members if member.key == step), None)
