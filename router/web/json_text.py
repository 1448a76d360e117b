"""Reads and writes JSON. Malformed input is always an error of the caller."""

import json
from typing import Any

import orjson

from trellis.router.exact_json import loads
from trellis.schema.errors import BadRequest


def load_json(text: bytes | str, *, max_depth: int, what: str = "The body") -> Any:
    """Parse JSON (RFC 8259): UTF-8 only, without NaN, nested at most ``max_depth`` levels deep.

    Raises BadRequest with the position of the first problem.
    """
    try:
        value = loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{what} is not valid JSON: {error}.") from None
    marks = (b"{", b"[") if isinstance(text, bytes) else ("{", "[")
    # Counting brackets takes microseconds and is sufficient in most cases.
    if sum(text.count(mark) for mark in marks) > max_depth and _is_deeper(value, max_depth):  # pyright: ignore[reportArgumentType]
        raise BadRequest(f"{what} is nested more than {max_depth} levels deep.")
    return value


def dump_json(value: Any) -> bytes:
    """Write JSON. Values of other types (ids, dates) are written as strings."""
    try:
        return orjson.dumps(value, default=str)
    except TypeError:  # a key that is not a string; allowing those takes twice the time
        return _dump_leniently(value)


def _dump_leniently(value: Any) -> bytes:
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # an integer of more than 64 bits, which orjson cannot write
        return json.dumps(value, default=str, separators=(",", ":"), ensure_ascii=False).encode()


def _is_deeper(value: Any, depth: int) -> bool:
    """Iterative, because the input may be as deep as the parser allows."""
    level = [value]
    for _ in range(depth):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True
