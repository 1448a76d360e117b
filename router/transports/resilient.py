"""Calls to a subgraph in another process that fail in part: retries, a circuit breaker, and earlier
responses in place of those that cannot be had (docs/traffic.md).

Each try is a call for the breaker. All tries of one request share its time limit, so a subgraph
that hangs costs that time once.
"""

import asyncio
import math
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from trellis.router.errors import (
    SubgraphCircuitOpen,
    SubgraphError,
    SubgraphInvalidResponse,
    SubgraphStreamEnded,
    SubgraphTimeout,
    SubgraphUnavailable,
)
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse, Transport
from trellis.router.transports.kept_responses import KeptResponses
from trellis.router.transports.metered import count_retry
from trellis.router.transports.retries import RetryBudget, Writes, policy_for
from trellis.schema.circuit_breaker import CircuitBreaker

_Outcome = SubgraphResponse | SubgraphError
_PROBE = "query TrellisProbesTheSubgraph { __typename }"


class ResilientTransport:
    """Fills ``Transport`` over another one. ``timeout`` is the time limit of a request with all its
    tries, in seconds. ``writes`` is the class of the subgraph's mutations. ``kept`` has responses
    that may stand in while the breaker is open; None if there are to be none."""

    def __init__(
        self,
        transport: Transport,
        breaker: CircuitBreaker,
        budget: RetryBudget,
        *,
        timeout: float,
        writes: Writes = "plain",
        kept: KeptResponses | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._transport = transport
        self._breaker = breaker
        self._budget = budget
        self.timeout = timeout
        self._writes: Writes = writes
        self._kept = kept
        self._clock = clock
        self._sleep = sleep
        self._chance = chance

    @property
    def is_in_process(self) -> bool:
        return self._transport.is_in_process

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Raises SubgraphCircuitOpen without a call if the breaker is open, otherwise what the last
        try raised."""
        until = self._clock() + self.timeout
        outcome = await self._try(request)
        if not isinstance(outcome, SubgraphCircuitOpen):
            self._budget.earn()
        if _failure_of(outcome) is not None:
            outcome = await self._retry(request, outcome, until)
        if self._kept is not None and request.accepts_stale:
            outcome = self._kept_or(self._kept, request, outcome)
        try:
            return _response_of(outcome)
        finally:
            del outcome  # the traceback of an error refers to this frame

    async def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        """A subscription is one call, which has succeeded with its first event. One that breaks
        later is no failure: all those of a subgraph that restarts do."""
        breaker = self._breaker
        ticket = breaker.enter() if breaker.is_closed else None
        if ticket is None:
            await self._probe(request)
        report = breaker.abandon
        try:
            async with aclosing(self._transport.subscribe(request)) as events:
                async for event in events:
                    if ticket is not None:
                        breaker.succeed(ticket)
                        ticket = None
                    yield event
            report = breaker.succeed
        except (SubgraphStreamEnded, SubgraphInvalidResponse):
            report = breaker.succeed
            raise
        except SubgraphError:
            report = breaker.fail
            raise
        finally:
            if ticket is not None:
                report(ticket)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _probe(self, request: SubgraphRequest) -> None:
        """A query in place of a subscription, which would keep other probes waiting for as long as
        it has no event. Raises SubgraphUnavailable and SubgraphTimeout."""
        probe = SubgraphRequest(request.subgraph, _PROBE, context=request.context)
        outcome = await self._try(probe)
        try:
            if isinstance(outcome, SubgraphUnavailable | SubgraphTimeout):
                raise outcome
        finally:
            del outcome

    async def _try(self, request: SubgraphRequest, seconds: float | None = None) -> _Outcome:
        """One call, if the breaker admits it. ``seconds`` is what is left of the time limit, None
        at the first try, which the transport itself limits."""
        breaker = self._breaker
        ticket = breaker.enter()
        if ticket is None:
            return self._refusal(request)
        try:
            if seconds is None:
                response = await self._transport.send(request)
            else:
                async with asyncio.timeout(seconds):
                    response = await self._transport.send(request)
        except (SubgraphUnavailable, SubgraphTimeout) as failure:
            breaker.fail(ticket)
            return failure
        except SubgraphError as failure:
            breaker.succeed(ticket)  # it has answered, though not with GraphQL
            return failure
        except TimeoutError:
            breaker.fail(ticket)
            return SubgraphTimeout(request.subgraph, "The subgraph did not respond in time.")
        except BaseException:
            breaker.abandon(ticket)
            raise
        if response.failure is None:
            breaker.succeed(ticket)
        else:
            breaker.fail(ticket)
        return response

    async def _retry(self, request: SubgraphRequest, outcome: _Outcome, until: float) -> _Outcome:
        """The outcome of the last of further tries, or the given one if there are none."""
        policy = policy_for(request, self._writes)
        if request.context.deadline is not None:
            until = min(until, request.context.deadline)
        for retry in range(policy.retries):
            failure = _failure_of(outcome)
            if failure is None or not policy.applies_to(failure):
                break
            delay = max(policy.delay(retry, self._chance()), failure.retry_after or 0)
            if self._clock() + delay >= until or not self._budget.spend():
                break
            count_retry(request.subgraph)
            await self._sleep(delay)
            again = await self._try(request, until - self._clock())
            if isinstance(again, SubgraphCircuitOpen):
                break  # what opened it says more
            outcome = again
        return outcome

    def _refusal(self, request: SubgraphRequest) -> SubgraphCircuitOpen:
        seconds = math.ceil(self._breaker.retry_after())
        return SubgraphCircuitOpen(request.subgraph, max(1, seconds))

    def _kept_or(
        self, kept: KeptResponses, request: SubgraphRequest, outcome: _Outcome
    ) -> _Outcome:
        """Keeps a response; in place of a refused call, an earlier one if there is any."""
        if isinstance(outcome, SubgraphCircuitOpen):
            return kept.find(request) or outcome
        if isinstance(outcome, SubgraphResponse) and outcome.failure is None:
            kept.keep(request, outcome)
        return outcome


def _failure_of(outcome: _Outcome) -> SubgraphError | None:
    return outcome if isinstance(outcome, SubgraphError) else outcome.failure


def _response_of(outcome: _Outcome) -> SubgraphResponse:
    """The response, or the error raised."""
    if isinstance(outcome, SubgraphError):
        try:
            raise outcome
        finally:
            del outcome
    return outcome
