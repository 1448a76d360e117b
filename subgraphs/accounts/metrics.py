"""What accounts count."""

from trellis.schema.metrics import ServiceMetrics

_METRICS = ServiceMetrics("accounts")

REGISTRATIONS = _METRICS.counter("user_registrations_total", "Accounts that were created.")
VERIFICATIONS = _METRICS.counter(
    "user_verifications_total", "Accounts whose e-mail address was confirmed for the first time."
)
