"""A bounded memory of things that are costly to make."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cache(Generic[K, V]):
    """Keeps what was used last, up to ``capacity`` in weight. What weighs more is not kept.

    Making a value is synchronous here, so equal requests never make it twice at a time.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.weight = 0
        self.hits = 0
        self.misses = 0
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The value kept under ``key``, now the one used last; None when there is none."""
        entry = self._entries.get(key)
        if entry is None:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Keep ``value``, forgetting what was not used for longest until it fits."""
        old = self._entries.pop(key, None)
        if old is not None:
            self.weight -= old[1]
        if weight > self.capacity:
            return
        self._entries[key] = (value, weight)
        self.weight += weight
        while self.weight > self.capacity:
            _, (_, freed) = self._entries.popitem(last=False)
            self.weight -= freed

    def find(self, key: K, make: Callable[[], V], weigh: Callable[[V], int] = lambda _: 1) -> V:
        """The value under ``key``, made and kept when missing. What ``make`` raises is not kept."""
        value = self.get(key)
        if value is None:
            value = make()
            self.put(key, value, weigh(value))
        return value
