"""Metrics in the form of Prometheus: what the router, subgraphs and their databases count.

A metric belongs to a service and is created once, when its module is loaded; the server of the
process exposes all of them. Increment them on the event loop.

With several worker processes, each writes its values into a file of its own below
``PROMETHEUS_MULTIPROC_DIR``, which has to be set before this module is loaded, and any of them
exposes the sums (``docs/decisions/0109``).
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from math import nan
from pathlib import Path
from typing import Literal, TypeVar

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.samples import Sample

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Read by ``prometheus_client``, when it is imported."""

# A millisecond is what a query to a local database takes, half a minute the longest request.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

# Each counter would have a second series with the time of its creation, which nobody reads.
disable_created_metrics()

SeriesT = TypeVar("SeriesT", Counter, Gauge, Histogram)

Merge = Literal["livesum", "livemax"]
"""How the gauges of workers become one: a quantity is added up, of states the worst one counts."""


class ServiceMetrics:
    """The metrics of one service; each series has its name as the label ``service``. Several
    services may have a metric of one name, with the same labels."""

    def __init__(self, service: str) -> None:
        self.service = service

    def counter(self, name: str, meaning: str) -> Counter:
        """A counter without further labels. ``name`` ends with ``_total``."""
        return self.counters(name, meaning)()

    def counters(self, name: str, meaning: str, *labels: str) -> Callable[..., Counter]:
        """A function from values of the labels to their counter. The values have to be of a small
        set that clients cannot extend: each one is kept until the process ends."""
        return _found_once(_counter(name, meaning, labels).labels, self.service)

    def gauge(self, name: str, meaning: str, merge: Merge = "livesum") -> Gauge:
        """A gauge without further labels."""
        return self.gauges(name, meaning, merge=merge)()

    def gauges(
        self, name: str, meaning: str, *labels: str, merge: Merge = "livesum"
    ) -> Callable[..., Gauge]:
        """A function from values of the labels to their gauge; see ``counters``."""
        return _found_once(_gauge(name, meaning, labels, merge).labels, self.service)

    def histogram(self, name: str, meaning: str, buckets: tuple[float, ...] = SECONDS) -> Histogram:
        """A histogram without further labels, by default of durations in seconds."""
        return self.histograms(name, meaning, buckets=buckets)()

    def histograms(
        self, name: str, meaning: str, *labels: str, buckets: tuple[float, ...] = SECONDS
    ) -> Callable[..., Histogram]:
        """A function from values of the labels to their histogram; see ``counters``."""
        return _found_once(_histogram(name, meaning, labels, buckets).labels, self.service)

    def ratio(self, name: str, meaning: str, *, of: str, label: str, value: str) -> None:
        """Expose as ``name`` which share of the counter ``of`` has this ``value`` of a label;
        not a number while nothing is counted. It is computed from the sums of all workers."""
        _derived.append(
            _Ratio(name, meaning, of.removesuffix("_total"), self.service, label, value)
        )

    def alias(self, name: str, meaning: str, *, of: str) -> None:
        """Expose the series of ``of`` that this service has under a second name."""
        _derived.append(_Alias(name, meaning, of, self.service))


def _found_once(labels: Callable[..., SeriesT], service: str) -> Callable[..., SeriesT]:
    """The library takes longer to find a series than to increment it, and keeps each one anyway."""
    return cache(partial(labels, service))


@cache
def _counter(name: str, meaning: str, labels: tuple[str, ...]) -> Counter:
    return Counter(name, meaning, ("service", *labels))


@cache
def _gauge(name: str, meaning: str, labels: tuple[str, ...], merge: Merge) -> Gauge:
    return Gauge(name, meaning, ("service", *labels), multiprocess_mode=merge)


@cache
def _histogram(
    name: str, meaning: str, labels: tuple[str, ...], buckets: tuple[float, ...]
) -> Histogram:
    return Histogram(name, meaning, ("service", *labels), buckets=buckets)


# -- exposition -----------------------------------------------------------------------------------

_refreshing: list[Callable[[], None]] = []


def before_exposition(refresh: Callable[[], None]) -> Callable[[], None]:
    """Call ``refresh`` before values are exposed, for those that are read where they are kept
    rather than counted. With several workers it is called every few seconds, too."""
    _refreshing.append(refresh)
    return refresh


def refresh_values() -> None:
    """Call what ``before_exposition`` has registered; on the event loop."""
    for refresh in _refreshing:
        refresh()


def exposition() -> bytes:
    """All metrics in the text format, version 0.0.4, after ``refresh_values``. It may run on a
    thread, since it takes as many milliseconds as there are hundreds of series."""
    return generate_latest(_Everything())  # pyright: ignore[reportArgumentType]  has ``collect``


class _Everything:
    """The metrics of this process, or the sums of all workers, and what is derived from them."""

    def collect(self) -> Iterator[Metric]:
        metrics = {metric.name: metric for metric in _source().collect()}
        yield from metrics.values()
        for one in _derived:
            yield one.of_all(metrics)


def _source() -> CollectorRegistry:
    directory = os.environ.get(DIRECTORY_VARIABLE)
    if not directory:
        return REGISTRY
    _forget_gauges_of_dead_workers(Path(directory))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, directory)
    return registry


def _forget_gauges_of_dead_workers(directory: Path) -> None:
    """What a worker counted stays in the sums; how many connections it had open does not."""
    for file in directory.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            with suppress(FileNotFoundError):  # another worker has just done it
                mark_process_dead(pid, str(directory))
        except PermissionError:  # somebody else's process: the number is used again
            continue


@dataclass(frozen=True, slots=True)
class _Ratio:
    name: str
    meaning: str
    of: str
    service: str
    label: str
    value: str

    def of_all(self, metrics: Mapping[str, Metric]) -> Metric:
        counted = [
            sample
            for sample in _samples(metrics, self.of, self.service)
            if sample.name.endswith("_total")
        ]
        part = sum(one.value for one in counted if one.labels[self.label] == self.value)
        whole = sum(one.value for one in counted)
        found = Metric(self.name, self.meaning, "gauge")
        found.add_sample(self.name, {"service": self.service}, part / whole if whole else nan)
        return found


@dataclass(frozen=True, slots=True)
class _Alias:
    name: str
    meaning: str
    of: str
    service: str

    def of_all(self, metrics: Mapping[str, Metric]) -> Metric:
        kind = metrics[self.of].type if self.of in metrics else "untyped"
        found = Metric(self.name, self.meaning, kind)
        for sample in _samples(metrics, self.of, self.service):
            name = self.name + sample.name.removeprefix(self.of)
            found.samples.append(sample._replace(name=name))
        return found


_derived: list[_Ratio | _Alias] = []


def _samples(metrics: Mapping[str, Metric], name: str, service: str) -> Iterable[Sample]:
    samples = metrics[name].samples if name in metrics else ()
    return [one for one in samples if one.labels.get("service") == service]
