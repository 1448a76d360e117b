"""The labels of progressive ``@override``: which of them are on for one request."""

import random
from collections.abc import Callable

DrawLabels = Callable[[], frozenset[str]]


class Labels:
    """Those of one supergraph: each ``percent(x)`` is on by chance, x times of 100."""

    def __init__(self, labels: frozenset[str]) -> None:
        self._labels = labels

    def draw(self) -> frozenset[str]:
        """The labels that are on for one request."""
        labels = self._labels
        if not labels:
            return labels
        drawn = random.random() * 100
        return frozenset(label for label in labels if _is_drawn(label, drawn))


def _is_drawn(label: str, drawn: float) -> bool:
    """Labels other than ``percent(x)`` are off unless someone sets them."""
    if not label.startswith("percent("):
        return False
    return drawn < float(label.removeprefix("percent(").removesuffix(")"))
