"""Calls to subgraphs in other processes that fail: circuit breakers and retries."""

from pydantic import Field

from trellis.router.config.section import Section


class Traffic(Section):
    """Circuit breakers and retries of calls to subgraphs in other processes (docs/traffic.md)."""

    breaker_failures: int = Field(
        default=5, gt=0, description="failed calls in a row after which a subgraph is not called"
    )
    breaker_seconds: float = Field(
        default=30, gt=0, description="for how long it is not called before a probe"
    )
    breaker_successes: int = Field(
        default=3, gt=0, description="successful probes after which it is called as usual"
    )
    retry_percent: float = Field(
        default=10,
        ge=0,
        le=100,
        description="retries of a subgraph, in percent of its requests; 0 disables retries",
    )
    names: dict[str, str] = Field(
        default_factory=dict,
        description="subgraph = its name in `/api/circuit-breaker/status`, in snake case; by "
        "default its own name",
    )
