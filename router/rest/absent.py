"""Whether a null in place of a resource means that it is not there, or that it was denied."""

from collections.abc import Mapping, Sequence
from typing import Any

from router.rest.shape import Items, Record, Shape, Unwrapped

Path = Sequence[str | int]


def explain_null(errors: Sequence[Mapping[str, Any]], root: Path, shape: Shape) -> bool:
    """Whether one of these refusals may be why the data at ``root``, of this shape, is null.

    A null goes up to the next place that may be null (GraphQL specification, section 6.4.4): a
    member that was denied explains it only if nothing on the way up may be null.
    """
    return any(_goes_up(error.get("path") or (), root, shape) for error in errors)


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
