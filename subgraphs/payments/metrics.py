"""What payments count."""

from trellis.schema.metrics import ServiceMetrics

_METRICS = ServiceMetrics("payments")
_PROCESSED = _METRICS.counters(
    "payments_processed_total", "Payments that completed or failed.", "status"
)

COMPLETED = _PROCESSED("completed")
FAILED = _PROCESSED("failed")
REFUNDS_GIVEN_UP = _METRICS.counter(
    "payments_refunds_given_up_total",
    "Payments of cancelled orders whose refunds the provider has declined for good.",
)

_METRICS.ratio(
    "payment_success_rate",
    "The share of completed payments among the processed ones, since the start.",
    of="payments_processed_total",
    label="status",
    value="completed",
)
