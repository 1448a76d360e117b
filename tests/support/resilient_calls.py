"""Calls of a subgraph whose outcomes are scripted, through retries, breaker and kept responses."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

from trellis.router.errors import (
    SubgraphError,
    SubgraphInvalidResponse,
    SubgraphTimeout,
    SubgraphUnavailable,
)
from trellis.router.transports.base import OperationKind, SubgraphRequest, SubgraphResponse
from trellis.router.transports.kept_responses import KeptResponses
from trellis.router.transports.resilient import ResilientTransport
from trellis.router.transports.retries import RetryBudget
from trellis.schema.circuit_breaker import CircuitBreaker

Outcome = SubgraphResponse | BaseException

OK = SubgraphResponse({"a": 1}, body=b'{"data":{"a":1}}')
BUSY = SubgraphUnavailable("a", "HTTP 503", status=503)
RESET = SubgraphUnavailable("a", "reset", is_reset=True)
REFUSED = SubgraphUnavailable("a", "refused")
BROKEN = SubgraphUnavailable("a", "HTTP 500", status=500)
LATE = SubgraphTimeout("a", "late")
NO_GRAPHQL = SubgraphInvalidResponse("a", "HTTP 404", status=404)


class Scripted:
    """A transport whose calls have these outcomes, the last of them again and again."""

    is_in_process = False

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes: list[Any] = list(outcomes)
        self.calls = 0

    def _next(self) -> Outcome:
        self.calls += 1
        return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        outcome = self._next()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        for event in [self._next(), *self.outcomes]:
            if isinstance(event, BaseException):
                raise event
            yield event

    async def aclose(self) -> None:
        pass


class Calls:
    """A ``ResilientTransport`` over a script, with a clock that only sleeping and tests move."""

    def __init__(self, *outcomes: Outcome, **options: Any) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.below = Scripted(*outcomes)
        self.breaker = CircuitBreaker(clock=self.clock)
        given: dict[str, Any] = {"timeout": 5.0, "budget": RetryBudget(0.1), "chance": lambda: 0.0}
        given |= options
        self.transport = ResilientTransport(
            self.below,
            self.breaker,
            given.pop("budget"),
            clock=self.clock,
            sleep=self.sleep,
            kept=KeptResponses(given.pop("stale_seconds", 60), clock=self.clock),
            **given,
        )

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def send(self, kind: OperationKind = "query", **changes: Any) -> Outcome:
        request = replace(SubgraphRequest("a", "{ a }", kind=kind), **changes)
        try:
            return await self.transport.send(request)
        except SubgraphError as failure:
            return failure


async def open_after(calls: Calls, *requests: SubgraphRequest) -> None:
    """Send requests, which succeed, and then open the breaker."""
    for request in requests:
        await calls.transport.send(request)
    while (ticket := calls.breaker.enter()) is not None:
        calls.breaker.fail(ticket)
