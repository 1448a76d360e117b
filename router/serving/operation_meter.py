"""Counts operations by name, kind and outcome, and records them for the request log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import NamedTuple

from prometheus_client import Counter, Histogram

from trellis.router.answer import Answer
from trellis.router.cache import Cache
from trellis.router.operation.parse import ParsedOperation
from trellis.router.operation.request import GraphQLRequest
from trellis.router.web.request_record import current_record
from trellis.schema.errors import TrellisError
from trellis.schema.metrics import ServiceMetrics
from trellis.schema.request import RequestContext

Parse = Callable[[str, str | None], ParsedOperation]

# A series for each name has these, so there are fewer of them than elsewhere.
_SECONDS = (0.005, 0.025, 0.1, 0.5, 2.5, 10)
_HASH_DIGITS = 12
_KNOWN_BYTES = 4_000_000  # texts of documents; their series are kept anyway
_NAMES = 200
# Codes of our own are a few dozen; subgraphs of others may invent any number.
_CODES = 100

_METRICS = ServiceMetrics("router")
_OPERATIONS = _METRICS.counters(
    "graphql_operations_total",
    "Operations by the hash of their name.",
    "kind",
    "operation",
    "outcome",
)
_DURATIONS = _METRICS.histograms(
    "graphql_operation_duration_seconds",
    "Time of queries and mutations by the hash of their name.",
    "kind",
    "operation",
    buckets=_SECONDS,
)
_ERRORS = _METRICS.counters(
    "graphql_errors_total",
    "Errors in responses: rejected, denied and limited operations, and failures of subgraphs.",
    "code",
)
_DENIED = _METRICS.counter("denied_values_total", "Values that policies about objects denied.")
_SUBSCRIPTIONS = _METRICS.gauge("subscriptions_active", "Subscriptions that run.")
_EVENTS = _METRICS.counter("subscription_events_total", "Events sent to subscribers.")


class OperationSeries(NamedTuple):
    """The series of one operation. ``name`` is None for one without a name, or that is invalid."""

    name: str | None
    hash: str | None
    kind: str
    begun: Counter
    ok: Counter
    with_errors: Counter
    refused: Counter
    seconds: Histogram


class _Labels:
    """The first ``most`` texts are labels of their own, later ones are ``other`` together."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[str] = set()

    def of(self, text: str) -> str:
        if text not in self._known:
            if len(self._known) >= self._most:
                return "other"
            self._known.add(text)
        return text


class OperationMeter:
    """The series of the operations of one process, whatever supergraph they run on.

    Names are text of clients: so that these cannot make any number of series, the first ``names``
    names have one each, and later ones are ``other`` together.
    """

    def __init__(self, names: int = _NAMES) -> None:
        self._hashes = _Labels(names)
        self._codes = _Labels(_CODES)
        self._known: Cache[tuple[str, str | None], OperationSeries] = Cache(
            _KNOWN_BYTES, "operation_names"
        )

    def series_of(self, request: GraphQLRequest, parse: Parse) -> OperationSeries:
        """The series of an operation. ``parse`` is called for one that is new."""
        key = request.document, request.operation_name
        series = self._known.get(key)
        if series is None:
            series = self._make(request, parse)
            self._known.put(key, series, 500 + len(request.document))
        return series

    def begin(self, series: OperationSeries, context: RequestContext) -> None:
        """Record for the request log who runs which operation."""
        record = current_record.get()
        if record is not None:
            record.operation = series.name
            record.operation_hash = series.hash
            if context.identity.is_authenticated:
                record.caller = context.identity.id

    def count(self, series: OperationSeries, answer: Answer, seconds: float) -> None:
        """Count a query or mutation that was answered, or an operation that was refused."""
        if not answer.executed:
            series.refused.inc()
        elif answer.errors:
            series.with_errors.inc()
        else:
            series.ok.inc()
        series.seconds.observe(seconds)
        if answer.errors:
            self._count_errors(answer)

    @contextmanager
    def lasting(self, series: OperationSeries) -> Iterator[None]:
        """Count a subscription while it lasts, and no other operation. One that is then refused is
        counted as such, too."""
        if series.kind != "subscription":
            yield
            return
        series.begun.inc()
        with _SUBSCRIPTIONS.track_inprogress():
            yield

    def count_event(self, answer: Answer) -> None:
        """Count an event of a subscription."""
        _EVENTS.inc()
        if answer.errors:
            self._count_errors(answer)

    def _make(self, request: GraphQLRequest, parse: Parse) -> OperationSeries:
        name = hashed = None
        try:
            parsed = parse(request.document, request.operation_name)
        except TrellisError:
            kind, label = "unknown", "invalid"
        else:
            kind, label = parsed.kind, "unnamed"
            if parsed.operation.name:
                name = parsed.operation.name.value
                hashed = hash_of_name(name)
                label = self._hashes.of(hashed)
        return OperationSeries(
            name,
            hashed,
            kind,
            _OPERATIONS(kind, label, "begun"),
            _OPERATIONS(kind, label, "ok"),
            _OPERATIONS(kind, label, "errors"),
            _OPERATIONS(kind, label, "refused"),
            _DURATIONS(kind, label),
        )

    def _count_errors(self, answer: Answer) -> None:
        for error in answer.errors:
            code = error.get("extensions", {}).get("code")
            _ERRORS(self._codes.of(code if isinstance(code, str) else "none")).inc()
        if answer.denied_values:
            _DENIED.inc(len(answer.denied_values))


def hash_of_name(name: str) -> str:
    """The label of an operation; the request log has it beside the name."""
    return sha256(name.encode()).hexdigest()[:_HASH_DIGITS]
