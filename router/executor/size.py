"""How large a shared tree becomes when it is written out."""

from typing import Any

_FIXED = 12
"""Bytes counted for each member or item beside its text: name, punctuation, numbers."""


def expanded_size(value: dict[str, Any]) -> int:
    """Roughly the bytes of ``value`` as JSON, every shared part counted as often as it occurs.

    Shared objects are measured once, so a small graph that would expand to gigabytes is found out
    in the time its distinct objects take.
    """
    return _size(value, {})


def _size(value: dict[str, Any] | list[Any], known: dict[int, int]) -> int:
    # One loop for members and items, without a call for each leaf: it runs on every answer that
    # shares objects.
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
