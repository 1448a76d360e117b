"""Whether a null in place of a resource means that it is not there, or that it was denied."""

from collections.abc import Mapping, Sequence
from typing import Any

from trellis.router.rest.shape import Items, Record, Shape, Unwrapped

Path = Sequence[str | int]


def explain_null(errors: Sequence[Mapping[str, Any]], root: Path, shape: Shape) -> bool:
    """Whether one of these refusals may be why the data at ``root``, of this shape, is null.

    A null goes up to the next place that may be null (GraphQL specification, section 6.4.4): a
    member that was denied explains it only if nothing on the way up may be null. Where every
    member was denied, nothing was fetched, and nobody knows whether the resource is there.
    """
    paths = [tuple(error.get("path") or ()) for error in errors]
    return any(_goes_up(path, root, shape) for path in paths) or _is_nothing_left(
        frozenset(paths), tuple(root), shape
    )


def _is_nothing_left(
    denied: frozenset[tuple[str | int, ...]], path: tuple[str | int, ...], shape: Shape
) -> bool:
    if path in denied:
        return True
    if isinstance(shape, Items):
        return _is_nothing_left(denied, path, shape.item)
    if isinstance(shape, Unwrapped):
        return _is_nothing_left(denied, (*path, shape.key), shape.inner)
    if not isinstance(shape, Record):
        return False
    asked = [(member.key, member.shape) for member in shape.members if member.key is not None]
    return bool(asked) and all(
        _is_nothing_left(denied, (*path, key), below) for key, below in asked
    )


def _goes_up(path: Path, root: Path, shape: Shape) -> bool:
    if list(path[: len(root)]) != list(root):
        return True
    for step in path[len(root) :]:
        if isinstance(shape, Items) and not isinstance(step, int):
            shape = shape.item  # refusals made before anything is fetched have no indexes
            if shape.is_nullable:
                return False
        below = _below(shape, step)
        if below is None:  # hidden: nothing is known of it
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
