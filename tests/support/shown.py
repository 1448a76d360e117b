"""Outputs that documentation shows, compared with those that one gets."""

import json
from typing import Any


def is_shown(shown: str, output: str) -> bool:
    """Whether a page shows what a command has written: JSON by value, where "…" stands for
    anything, other text word by word."""
    if not shown.startswith("{"):
        return shown.split() == output.split()
    wanted, given = _json_values(shown), _json_values(output)
    # Two clients at once write in any order.
    return len(wanted) == len(given) and all(any(_equal(w, g) for g in given) for w in wanted)


def _json_values(text: str) -> list[Any]:
    decoder, values, rest = json.JSONDecoder(), [], text.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        values.append(value)
        rest = rest[end:].strip()
    return values


def _equal(shown: Any, given: Any) -> bool:
    if shown == "…":
        return True
    if isinstance(shown, dict) and isinstance(given, dict):
        return shown.keys() == given.keys() and all(_equal(shown[k], given[k]) for k in shown)
    if isinstance(shown, list) and isinstance(given, list):
        return len(shown) == len(given) and all(map(_equal, shown, given))
    return bool(shown == given)
