"""The circuit breakers and retry budgets of this process, one of each for every subgraph in another
process."""

from collections.abc import Mapping
from functools import partial

import structlog

from trellis.router.config import Traffic
from trellis.router.transports.retries import RetryBudget
from trellis.schema.circuit_breaker import BreakerState, BreakerStatus, CircuitBreaker
from trellis.schema.metrics import ServiceMetrics

log = structlog.get_logger(__name__)

_FIGURES = {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}
_STATES = ServiceMetrics("router").gauges(
    "circuit_breaker_state", "0 closed, 1 half-open, 2 open.", "target", merge="livemax"
)


class CircuitBreakers:
    """Breakers and retry budgets by subgraph, created on first use. They outlive the supergraphs
    that use them: a subgraph does not recover because another schema is loaded."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._breakers: dict[str, CircuitBreaker] = {}
        self._budgets: dict[str, RetryBudget] = {}

    def of(self, subgraph: str) -> CircuitBreaker:
        """The breaker of a subgraph."""
        found = self._breakers.get(subgraph)
        if found is None:
            _STATES(subgraph).set(_FIGURES[BreakerState.CLOSED])
            found = self._breakers[subgraph] = CircuitBreaker(
                failures=self._traffic.breaker_failures,
                open_seconds=self._traffic.breaker_seconds,
                successes=self._traffic.breaker_successes,
                on_change=partial(_publish, subgraph),
            )
        return found

    def budget_of(self, subgraph: str) -> RetryBudget:
        """The budget for retries of calls to a subgraph."""
        found = self._budgets.get(subgraph)
        if found is None:
            share = self._traffic.retry_percent / 100
            found = self._budgets[subgraph] = RetryBudget(share)
        return found

    def statuses(self) -> Mapping[str, BreakerStatus]:
        """The status of each breaker by subgraph."""
        return {name: breaker.status() for name, breaker in self._breakers.items()}


def _publish(subgraph: str, state: BreakerState) -> None:
    _STATES(subgraph).set(_FIGURES[state])
    level = log.warning if state is BreakerState.OPEN else log.info
    level("circuit_breaker", subgraph=subgraph, state=state.value)
