"""The domains of ``trellis.toml``, with what each brings to these tests: ``meanings.py``,
``planting.py`` and ``protected.py`` in its folder of ``tests/subgraphs``."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from tests.subgraphs.tenants.meaning import Meanings
from tests.support.product import SUBGRAPHS as NAMES

MEANINGS: Mapping[str, Meanings] = {
    name: import_module(f"tests.subgraphs.{name}.meanings").MEANINGS for name in NAMES
}


def merged(member: str) -> dict[Any, Any]:
    """What all domains tell in a mapping; raises AssertionError where two tell the same."""
    found: dict[Any, Any] = {}
    for name, meanings in MEANINGS.items():
        told = getattr(meanings, member)
        again = {key for key in told if key in found and found[key] != told[key]}
        assert not again, f"{name} tells anew what {sorted(again)} are"
        found |= told
    return found
