"""Random choices for generated tests: from a seeded generator, or from hypothesis so that a
failing example shrinks."""

import random
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Chance(Protocol):
    def number(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        ...


class Seeded:
    """The same choices for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def number(self, low: int, high: int) -> int:
        return self._random.randint(low, high)


class Drawn:
    """Choices drawn from hypothesis; smaller numbers are simpler examples."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self._draw = draw

    def number(self, low: int, high: int) -> int:
        return int(self._draw(st.integers(low, high)))


def pick(chance: Chance, options: Sequence[T]) -> T:
    return options[chance.number(0, len(options) - 1)]


def happens(chance: Chance, percent: int) -> bool:
    return chance.number(0, 99) >= 100 - percent


def some(chance: Chance, options: Sequence[T], at_least: int, at_most: int) -> list[T]:
    """Between ``at_least`` and ``at_most`` different options, in their order."""
    count = min(chance.number(at_least, at_most), len(options))
    left = list(options)
    chosen = [left.pop(chance.number(0, len(left) - 1)) for _ in range(count)]
    return [option for option in options if option in chosen]
