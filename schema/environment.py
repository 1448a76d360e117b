"""Reads settings of subgraphs from the environment."""

from collections.abc import Mapping
from typing import TypeVar

Usual = TypeVar("Usual", int, None)


def whole_number(
    environ: Mapping[str, str], name: str, usual: Usual, *, least: int = 0, most: int
) -> int | Usual:
    """The number in the variable ``name``; ``usual`` if it is absent or empty. Raises
    ``ValueError`` for what is no whole number from ``least`` to ``most``, both included."""
    given = environ.get(name)
    if not given:
        return usual
    # Longer ones are above any limit, and int() refuses those of thousands of digits.
    if not given.isdecimal() or len(given) > 18 or not least <= int(given) <= most:
        raise ValueError(f"{name} must be a whole number from {least} to {most}, not {given!r}")
    return int(given)
