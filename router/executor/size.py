"""The size of a tree with shared parts when it is serialized."""

from typing import Any

_FIXED = 12
"""Bytes assumed for each member or item in addition to its string value: name, punctuation,
numbers."""


def expanded_size(value: dict[str, Any]) -> int:
    """The approximate size of ``value`` as JSON, with shared parts counted at each occurrence.

    Each shared object is measured once, so a small graph that would expand to gigabytes is
    detected in time linear in its distinct objects.
    """
    return _size(value, {})


def _size(value: dict[str, Any] | list[Any], known: dict[int, int]) -> int:
    # One loop without a call per leaf, because it runs on every response with shared objects.
    size = known.get(id(value))
    if size is not None:
        return size
    size = _FIXED * (len(value) + 1)
    for item in value.values() if isinstance(value, dict) else value:
        kind = type(item)
        if kind is str:
            size += len(item)
        elif kind is dict or kind is list:
            size += _size(item, known)
    known[id(value)] = size
    return size
