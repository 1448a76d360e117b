"""Labels of progressive ``@override``: which are active for one request."""

import random
from collections.abc import Callable, Mapping

DrawLabels = Callable[[], frozenset[str]]


class Labels:
    """The labels of one supergraph. ``percent(x)`` is active for x percent of requests, another
    label for the percentage in ``shares``, by default 0."""

    def __init__(self, labels: frozenset[str], shares: Mapping[str, float] | None = None) -> None:
        self._shares = {label: _percent(label, shares or {}) for label in labels}

    def draw(self) -> frozenset[str]:
        """The labels that are active for one request."""
        if not self._shares:
            return frozenset()
        # One draw for all labels, so that overrides with the same percentage switch together.
        drawn = random.random() * 100
        return frozenset(label for label, share in self._shares.items() if drawn < share)


def _percent(label: str, shares: Mapping[str, float]) -> float:
    if label.startswith("percent("):
        return float(label.removeprefix("percent(").removesuffix(")"))
    return shares.get(label, 0.0)
