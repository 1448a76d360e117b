"""How large a shared tree becomes when it is written out."""

from typing import Any

_FIXED = 8
"""Bytes counted for a number, a boolean, null or a member's punctuation."""


def expanded_size(value: Any) -> int:
    """Roughly the bytes of ``value`` as JSON, every shared part counted as often as it occurs.

    Shared objects are measured once, so a small graph that would expand to gigabytes is found out
    in the time its distinct objects take.
    """
    return _size(value, {})


def _size(value: Any, known: dict[int, int]) -> int:
    kind = type(value)
    if kind is str:
        return len(value) + 2
    if kind is not dict and kind is not list:
        return _FIXED
    size = known.get(id(value))
    if size is None:
        if kind is dict:
            size = 2 + sum(len(key) + 4 + _size(item, known) for key, item in value.items())
        else:
            size = 2 + sum(1 + _size(item, known) for item in value)
        known[id(value)] = size
    return size
