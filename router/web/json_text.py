"""JSON in and out: every malformed text is the caller's error, whatever makes it malformed."""

import json
from typing import Any

import orjson

from trellis.router.exact_json import loads
from trellis.schema.errors import BadRequest


def load_json(text: bytes | str, *, max_depth: int, what: str = "The body") -> Any:
    """Parse JSON (RFC 8259): UTF-8 only, no NaN, nested at most ``max_depth`` deep.

    Raises BadRequest with the position of the first problem.
    """
    try:
        value = loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{what} is not valid JSON: {error}.") from None
    marks = (b"{", b"[") if isinstance(text, bytes) else ("{", "[")
    # Counting brackets takes microseconds and settles the ordinary case.
    if sum(text.count(mark) for mark in marks) > max_depth and _is_deeper(value, max_depth):  # pyright: ignore[reportArgumentType]
        raise BadRequest(f"{what} is nested more than {max_depth} levels deep.")
    return value


def dump_json(value: Any) -> bytes:
    """Write JSON. Values of foreign types (identifiers, dates) are written as text."""
    try:
        return orjson.dumps(value, default=str)
    except TypeError:  # a key that is no string, which takes twice the time to allow
        return _dump_leniently(value)


def _dump_leniently(value: Any) -> bytes:
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # an integer of more than 64 bits, which orjson does not write
        return json.dumps(value, default=str, separators=(",", ":"), ensure_ascii=False).encode()


def _is_deeper(value: Any, depth: int) -> bool:
    """Iterative, level by level: the input may be as deep as the parser allows."""
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
