"""Labels of progressive ``@override``: which are active for one request."""

import random
from collections.abc import Callable

DrawLabels = Callable[[], frozenset[str]]


class Labels:
    """The labels of one supergraph. ``percent(x)`` is active for x percent of requests."""

    def __init__(self, labels: frozenset[str]) -> None:
        self._labels = labels

    def draw(self) -> frozenset[str]:
        """The labels that are active for one request."""
        labels = self._labels
        if not labels:
            return labels
        # One draw for all labels, so that overrides with the same percentage switch together.
        drawn = random.random() * 100
        return frozenset(label for label in labels if _is_drawn(label, drawn))


def _is_drawn(label: str, drawn: float) -> bool:
    """Whether one label is active; only ``percent(x)`` labels are by themselves."""
    if not label.startswith("percent("):
        return False
    return drawn < float(label.removeprefix("percent(").removesuffix(")"))
