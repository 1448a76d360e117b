"""The paths for those who run a process: they are the same in every process of ours, and below the
prefix of each dialect."""

HEALTH_PATH = "/health"
READY_PATH = "/ready"
METRICS_PATH = "/metrics"
BREAKERS_PATH = "/api/circuit-breaker/status"

OPS_PATHS = (HEALTH_PATH, READY_PATH, METRICS_PATH, BREAKERS_PATH)
