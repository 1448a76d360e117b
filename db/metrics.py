"""What the databases and outboxes of subgraphs count; the service of each series is the subgraph.

Statements and connections are counted for whatever a subgraph does with its ``Database``.
"""

from time import perf_counter
from typing import Any
from weakref import WeakSet

from prometheus_client import Gauge, Histogram
from sqlalchemy import event
from sqlalchemy.engine import Connection, ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine

from trellis.schema.metrics import ServiceMetrics, before_exposition

_BEGAN = "trellis.began"
_KINDS = ("select", "insert", "update", "delete")


class QueryMetrics:
    """Times the statements of one engine, by the kind of statement, and counts its connections."""

    def __init__(self, service: str, engine: AsyncEngine) -> None:
        self.engine = engine
        metrics = ServiceMetrics(service)
        self.active = metrics.gauge(
            "database_connections_active", "Connections to the database that are in use."
        )
        seconds = metrics.histograms(
            "database_queries_duration_seconds",
            "Time of statements, from sending them until the database has executed them.",
            "statement",
        )
        self._seconds: dict[str, Histogram] = {kind: seconds(kind) for kind in _KINDS}
        self._other = seconds("other")
        target = engine.sync_engine
        event.listen(target, "before_cursor_execute", _begin)
        event.listen(target, "after_cursor_execute", self._end)
        event.listen(target, "handle_error", self._fail)
        _observed.add(self)

    @property
    def connections(self) -> int:
        """How many are in use; a pool of one that is shared cannot say so."""
        count = getattr(self.engine.pool, "checkedout", None)
        return 0 if count is None else count()

    def _end(self, connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        began = connection.info.pop(_BEGAN, None)
        if began is not None:
            seconds = self._seconds.get(statement[:6].lower(), self._other)
            seconds.observe(perf_counter() - began)

    def _fail(self, failure: ExceptionContext) -> None:
        """A statement that failed took its time, too: most of all one that waited for a lock."""
        if failure.connection is not None and not failure.connection.invalidated:
            self._end(failure.connection, None, failure.statement or "")


def _begin(connection: Connection, *_: Any) -> None:
    connection.info[_BEGAN] = perf_counter()


_observed: WeakSet[QueryMetrics] = WeakSet()


@before_exposition
def _count_connections() -> None:
    active: dict[Gauge, int] = {}
    for one in _observed:
        active[one.active] = active.get(one.active, 0) + one.connections
    for gauge, connections in active.items():
        gauge.set(connections)


class OutboxMetrics:
    """Counts the events that one outbox publishes, by topic, and how long they have waited."""

    def __init__(self, service: str) -> None:
        metrics = ServiceMetrics(service)
        self._published = metrics.counters(
            "events_published_total", "Events that the bus has taken from the outbox.", "topic"
        )
        self.parked = metrics.counter(
            "events_parked_total", "Events that could not be published, after several tries."
        )
        self.oldest_seconds = metrics.gauge(
            "outbox_oldest_event_seconds",
            "Age of the oldest unpublished event; 0 if there is none.",
            merge="livemax",
        )

    def has_published(self, topic: str) -> None:
        self._published(topic).inc()
