"""What orders count."""

from trellis.schema.currencies import DEFAULT_CURRENCY
from trellis.schema.metrics import ServiceMetrics

# From a poster to a year of courses for a team.
_AMOUNTS = (10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000)

_METRICS = ServiceMetrics("orders")

CREATED = _METRICS.counter("orders_created_total", "Orders that were created.")
VALUES = _METRICS.histograms(
    "order_value_histogram", "Totals of created orders by currency.", "currency", buckets=_AMOUNTS
)
VALUES(DEFAULT_CURRENCY)  # so that it is there before the first order

# Document 002 names it after its database; see C-55 of the requirements.
_METRICS.alias(
    "mongo_operations_duration_seconds",
    "Time of statements on the database of orders.",
    of="database_queries_duration_seconds",
)
