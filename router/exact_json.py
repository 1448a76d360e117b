"""JSON without loss: integers of any size stay what they are.

orjson reads integers beyond 64 bits as floats, which changes them silently, and does not write
them. They are rare, so the fast way comes first and the exact one only where it is needed.
"""

import json
import math
from collections.abc import Callable
from typing import Any

import orjson

# One byte per byte: digits and signs as "0", all else as a blank. Searching the result for twenty
# zeros takes a fraction of parsing, a regular expression ten times as long.
_DIGITS = bytes(48 if chr(code) in "-0123456789" else 32 for code in range(256))
_LONG_NUMBER = b"0" * 20


def loads(text: bytes | str) -> Any:
    """The value of a JSON text. Raises ``orjson.JSONDecodeError``, also for integers of thousands
    of digits."""
    value = orjson.loads(text)
    raw = text.encode() if isinstance(text, str) else text
    if _LONG_NUMBER not in raw.translate(_DIGITS):
        return value
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise orjson.JSONDecodeError("a number is too long", "", 0) from None


def loads_broken(text: bytes | str) -> Any:
    """The value of a text that is JSON but for strings that are not Unicode text: escapes of lone
    surrogates stay such, each byte that is not UTF-8 becomes one (PEP 383). Raises ValueError."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except RecursionError:
        raise ValueError("the text is nested too deep") from None


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a number in JSON")
    return value


def dumps(value: Any, default: Callable[[Any], Any] = str) -> bytes:
    """``value`` as JSON; ``default`` makes something that can be written of foreign types."""
    try:
        return orjson.dumps(value, default=default)
    except TypeError:
        # Integers beyond 64 bits and lone surrogates, which in-process subgraphs may answer.
        return json.dumps(value, default=default, separators=(",", ":")).encode()
