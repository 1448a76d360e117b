"""A bounded cache for values that are expensive to compute."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cache(Generic[K, V]):
    """A least-recently-used cache with a total weight of at most ``capacity``. A value that
    exceeds it alone is not stored.

    Values are computed synchronously, so none is computed twice at the same time.
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
        """The value of ``key``, or None. Counts as a use."""
        entry = self._entries.get(key)
        if entry is None:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Store ``value``, evicting the least recently used entries until it fits."""
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
        """The value of ``key``, computed by ``make`` if it is missing. Exceptions of ``make`` are
        not cached."""
        value = self.get(key)
        if value is None:
            value = make()
            self.put(key, value, weigh(value))
        return value
