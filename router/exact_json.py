"""JSON that preserves integers of any size.

orjson reads integers beyond 64 bits as floats, which silently changes them, and does not write
them. They are rare, so orjson is tried first and the standard library only if necessary.
"""

import json
import math
from collections.abc import Callable
from typing import Any

import orjson

# Translates digits and signs to "0" and everything else to a space. Searching the result for twenty
# zeros takes a fraction of the time of parsing; a regular expression takes ten times as long.
_DIGITS = bytes(48 if chr(code) in "-0123456789" else 32 for code in range(256))
_LONG_NUMBER = b"0" * 20


def loads(text: bytes | str) -> Any:
    """Parse a JSON text. Raises ``orjson.JSONDecodeError``, also for integers with thousands of
    digits."""
    value = orjson.loads(text)
    raw = text.encode() if isinstance(text, str) else text
    if _LONG_NUMBER not in raw.translate(_DIGITS):
        return value
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise orjson.JSONDecodeError("a number is too long", "", 0) from None


def loads_surrogates(text: bytes | str) -> Any:
    """Parse a text that is JSON except for strings that are not Unicode text: escaped lone
    surrogates are kept, and each byte that is not UTF-8 becomes one (PEP 383). Raises
    ValueError."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except RecursionError:
        raise ValueError("the text is nested too deeply") from None


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a number in JSON")
    return value


def dumps(value: Any, default: Callable[[Any], Any] = str) -> bytes:
    """Serialize ``value``. ``default`` converts values of other types."""
    try:
        return orjson.dumps(value, default=default)
    except TypeError:
        # Integers beyond 64 bits and lone surrogates, which in-process subgraphs may return.
        return json.dumps(value, default=default, separators=(",", ":")).encode()
