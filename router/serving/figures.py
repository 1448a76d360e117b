"""How full the caches are and what they are good for: in the log and in metrics."""

from typing import NamedTuple
from weakref import WeakKeyDictionary

import structlog

from trellis.router.cache import NO_FIGURES, AnyCache, cache_figures, named_caches
from trellis.router.delivery.queue import BACKLOG
from trellis.router.serving.periodic import Periodic
from trellis.schema.metrics import ServiceMetrics, before_exposition, refresh_values

log = structlog.get_logger(__name__)

EVERY_SECONDS = 300.0
# Another worker may be asked for the metrics of this one; Prometheus asks every 15 seconds.
REFRESH_SECONDS = 5.0

_METRICS = ServiceMetrics("router")
_BACKLOG = _METRICS.gauge(
    "delivery_backlog_bytes", "Bytes of messages queued for clients that have not read them."
)


class FiguresLog(Periodic):
    """Writes the event ``caches`` every five minutes, one member for each cache that was asked."""

    def __init__(self, seconds: float = EVERY_SECONDS) -> None:
        super().__init__(seconds)

    async def work(self) -> None:
        asked = {name: one for name, one in cache_figures().items() if one.hits + one.misses}
        if asked:
            log.info("caches", **{name: one._asdict() for name, one in asked.items()})


class FreshMetrics(Periodic):
    """Refreshes the metrics of this worker for the others, which expose them."""

    def __init__(self, seconds: float = REFRESH_SECONDS) -> None:
        super().__init__(seconds)

    async def work(self) -> None:
        refresh_values()


class _Uses(NamedTuple):
    hits: int = 0
    misses: int = 0
    evictions: int = 0


_ENTRIES = _METRICS.gauges("cache_entries", "Entries of caches.", "cache")
_WEIGHT = _METRICS.gauges(
    "cache_bytes", "What caches hold; of caches that count entries, their number.", "cache"
)
_CAPACITY = _METRICS.gauges("cache_capacity_bytes", "What caches may hold.", "cache")
_HITS = _METRICS.counters("cache_hits_total", "Values that were found in caches.", "cache")
_MISSES = _METRICS.counters("cache_misses_total", "Values that were not there.", "cache")
_EVICTIONS = _METRICS.counters(
    "cache_evictions_total", "Values that caches have given up to make room.", "cache"
)

# Also of caches that have ended with their snapshots.
_names: set[str] = set()
_counted: WeakKeyDictionary[AnyCache, _Uses] = WeakKeyDictionary()


@before_exposition
def _refresh() -> None:
    _BACKLOG.set(BACKLOG.bytes)
    for cache in named_caches():
        _count_uses(cache)
    figures = cache_figures()
    for name in _names:
        one = figures.get(name, NO_FIGURES)
        _ENTRIES(name).set(one.entries)
        _WEIGHT(name).set(one.weight)
        _CAPACITY(name).set(one.capacity)


def _count_uses(cache: AnyCache) -> None:
    """Add what was not counted yet: a cache ends with its snapshot, its counts go on."""
    name = cache.name
    _names.add(name)
    before = _counted.get(cache, _Uses())
    uses = _counted[cache] = _Uses(cache.hits, cache.misses, cache.evictions)
    _HITS(name).inc(uses.hits - before.hits)
    _MISSES(name).inc(uses.misses - before.misses)
    _EVICTIONS(name).inc(uses.evictions - before.evictions)
