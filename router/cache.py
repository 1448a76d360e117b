"""A bounded cache for values that are expensive to compute."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import WeakSet

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class CacheFigures(NamedTuple):
    """How full caches are and what they are good for; ``weight`` is bytes, for most of them."""

    entries: int
    weight: int
    capacity: int
    hits: int
    misses: int
    evictions: int


NO_FIGURES = CacheFigures(0, 0, 0, 0, 0, 0)


class Cache(Generic[K, V]):
    """A least-recently-used cache with a total weight of at most ``capacity``. A value that
    exceeds it alone is not stored.

    Values are computed synchronously, so none is computed twice at the same time.
    """

    def __init__(self, capacity: int, name: str = "") -> None:
        """Those with a ``name`` are among ``cache_figures``."""
        self.name = name
        self.capacity = capacity
        self.weight = 0
        self.hits = 0
        self.misses = 0
        self.evictions = 0
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        if name:
            _named.add(self)

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
        self.remove(key)
        if weight > self.capacity:
            return
        self._entries[key] = (value, weight)
        self.weight += weight
        while self.weight > self.capacity:
            _, (_, freed) = self._entries.popitem(last=False)
            self.weight -= freed
            self.evictions += 1

    def remove(self, key: K) -> None:
        """Remove the value of ``key``, if there is one."""
        old = self._entries.pop(key, None)
        if old is not None:
            self.weight -= old[1]

    def find(self, key: K, make: Callable[[], V], weigh: Callable[[V], int] = lambda _: 1) -> V:
        """The value of ``key``, computed by ``make`` if it is missing. Exceptions of ``make`` are
        not cached."""
        value = self.get(key)
        if value is None:
            value = make()
            self.put(key, value, weigh(value))
        return value


AnyCache = Cache[Any, Any]
_named: WeakSet[AnyCache] = WeakSet()


def named_caches() -> Sequence[AnyCache]:
    """The caches of this process that have a name, in the order of their names."""
    return sorted(_named, key=lambda one: one.name)


def cache_figures() -> Mapping[str, CacheFigures]:
    """The figures of this process by name. Caches of one name, such as those of several snapshots
    or subgraphs, are added up."""
    found: dict[str, CacheFigures] = {}
    for cache in named_caches():
        uses = cache.hits, cache.misses, cache.evictions
        own = (len(cache), cache.weight, cache.capacity, *uses)
        known = found.get(cache.name, NO_FIGURES)
        found[cache.name] = CacheFigures(*map(sum, zip(known, own, strict=True)))
    return found
