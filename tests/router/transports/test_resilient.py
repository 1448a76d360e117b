"""Retries and the circuit breaker around calls, on a clock of the test."""

import asyncio
import gc
import weakref
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import Any

import pytest

from tests.support.resilient_calls import (
    BROKEN,
    BUSY,
    LATE,
    NO_GRAPHQL,
    OK,
    REFUSED,
    RESET,
    Calls,
    Outcome,
    Scripted,
    open_after,
)
from trellis.router.errors import (
    SubgraphCircuitOpen,
    SubgraphError,
    SubgraphStreamEnded,
    SubgraphTimeout,
    SubgraphUnavailable,
)
from trellis.router.transports.base import OperationKind, SubgraphRequest, SubgraphResponse
from trellis.router.transports.resilient import ResilientTransport
from trellis.router.transports.retries import RetryBudget, Writes
from trellis.schema.circuit_breaker import BreakerState, CircuitBreaker
from trellis.schema.request import RequestContext


def busy(retry_after: int) -> SubgraphError:
    return SubgraphUnavailable("a", "HTTP 503", status=503, retry_after=retry_after)


async def test_a_read_is_tried_three_times_more():
    calls = Calls(BUSY)

    assert await calls.send() is BUSY
    assert calls.below.calls == 4
    assert calls.slept == [0.1, 0.2, 0.4]


async def test_the_first_success_ends_the_retries():
    calls = Calls(BUSY, RESET, OK)

    assert await calls.send() is OK
    assert calls.below.calls == 3


@pytest.mark.parametrize("failure", [BROKEN, REFUSED, NO_GRAPHQL], ids=["500", "refused", "404"])
async def test_other_failures_are_not_repeated(failure: SubgraphError):
    calls = Calls(failure)

    assert await calls.send() is failure
    assert calls.below.calls == 1


KEY = RequestContext(headers={"idempotency-key": "k"})


@pytest.mark.parametrize(
    ("writes", "context", "outcome", "slept"),
    [
        ("plain", KEY, BUSY, []),
        ("idempotent", RequestContext(), BUSY, []),
        ("idempotent", KEY, BUSY, [0.2, 0.4, 0.8]),
        ("idempotent", KEY, RESET, []),
        ("critical", RequestContext(), BUSY, [1.0]),
        ("critical", RequestContext(), RESET, []),
    ],
    ids=range(6),
)
async def test_a_write_is_repeated_by_its_class(
    writes: Writes, context: RequestContext, outcome: Outcome, slept: list[float]
):
    calls = Calls(outcome, writes=writes)

    assert await calls.send("mutation", context=context) is outcome
    assert calls.slept == slept
    assert calls.below.calls == 1 + len(slept)


async def test_a_response_with_the_errors_of_a_busy_service_is_repeated_too():
    unavailable = SubgraphResponse(errors=[{"message": "Busy."}], failure=BUSY)

    assert await Calls(unavailable, OK).send() is OK
    assert await Calls(unavailable).send() is unavailable


async def test_retry_after_is_honoured():
    calls = Calls(busy(2), busy(0), OK)

    assert await calls.send() is OK
    assert calls.slept == [2, 0.2]


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
async def test_delays_vary_at_random(chance: float):
    calls = Calls(BUSY, OK, chance=lambda: chance)

    await calls.send()
    assert calls.slept == pytest.approx([0.1 + 0.03 * chance])


@pytest.mark.parametrize(
    ("retry_after", "deadline"), [(5, None), (60, None), (2, 1.5)], ids=["limit", "long", "request"]
)
async def test_nothing_is_repeated_after_the_time_limit(retry_after: int, deadline: float | None):
    calls = Calls(busy(retry_after))

    failure = await calls.send(context=RequestContext(deadline=deadline))

    assert isinstance(failure, SubgraphUnavailable)
    assert failure.extensions["retry_after"] == retry_after  # for the client to honour
    assert (calls.below.calls, calls.slept) == (1, [])


async def test_retries_have_a_budget_of_ten_percent():
    calls = Calls(BUSY)
    for _ in range(10):  # uses up what is saved; a success in between keeps the breaker closed
        await calls.send()
        calls.breaker.succeed(calls.breaker.enter() or 0)
    used_up = calls.below.calls
    calls.below.outcomes = [BUSY, OK]
    for _ in range(100):
        await calls.send()
        calls.below.outcomes = [BUSY, OK]
        calls.breaker.succeed(calls.breaker.enter() or 0)

    assert used_up <= 10 + 11
    assert calls.below.calls - used_up == pytest.approx(100 + 10, abs=1)


async def test_an_open_breaker_answers_without_a_call():
    calls = Calls(REFUSED)
    for _ in range(5):
        assert await calls.send() is REFUSED

    began = asyncio.get_running_loop().time()
    refusal = await calls.send()

    assert asyncio.get_running_loop().time() - began < 0.01
    assert isinstance(refusal, SubgraphCircuitOpen)
    assert refusal.extensions == {
        "code": "SUBGRAPH_UNAVAILABLE",
        "service": "a",
        "retry_after": 30,
        "reason": "CIRCUIT_OPEN",
    }
    assert calls.below.calls == 5


async def test_a_breaker_that_opens_ends_the_retries():
    calls = Calls(BUSY)

    assert await calls.send() is BUSY  # four calls
    assert await calls.send() is BUSY  # the fifth opens it
    assert calls.below.calls == 5


async def test_it_recovers_by_probes():
    calls = Calls(REFUSED)
    for _ in range(5):
        await calls.send()
    calls.now = 30.0
    calls.below.outcomes = [OK]
    for _ in range(3):
        assert calls.breaker.status().state is BreakerState.HALF_OPEN
        assert await calls.send() is OK

    assert calls.breaker.status().state is BreakerState.CLOSED


async def test_errors_of_graphql_and_of_clients_do_not_count():
    graphql = SubgraphResponse(errors=[{"message": "No."}])
    for outcome in (graphql, NO_GRAPHQL):
        calls = Calls(outcome)
        for _ in range(20):
            assert await calls.send() is outcome
        assert calls.breaker.status().failures == 0


@pytest.mark.parametrize("kind", ["query", "subscription"])
async def test_an_error_leaves_no_reference_cycle(kind: OperationKind):
    """Cycles wait for a full collection, with all that the frames of the error hold."""

    class Failing(Scripted):
        async def send(self, request: SubgraphRequest) -> SubgraphResponse:
            raise SubgraphUnavailable("a", "HTTP 503", status=503)

    async def fail(transport: ResilientTransport) -> weakref.ref[SubgraphError]:
        try:
            if kind == "query":
                await transport.send(SubgraphRequest("a", "{ a }"))
            else:
                await anext(transport.subscribe(SubgraphRequest("a", "subscription { a }")))
        except SubgraphError as failure:
            return weakref.ref(failure)
        raise AssertionError("nothing was raised")

    calls = Calls()
    if kind == "subscription":
        await open_after(calls)
        calls.now = 30.0
    transport = ResilientTransport(
        Failing(), calls.breaker, RetryBudget(0.1), timeout=5, sleep=calls.sleep
    )
    gc.disable()
    try:
        assert (await fail(transport))() is None
    finally:
        gc.enable()


async def test_a_cancelled_call_counts_neither_way():
    calls = Calls(REFUSED)
    for _ in range(4):
        await calls.send()
    calls.below.outcomes = [asyncio.CancelledError()]
    with pytest.raises(asyncio.CancelledError):
        await calls.send()

    assert calls.breaker.status().failures == 4


async def test_a_cancelled_probe_makes_room_for_another():
    calls = Calls(OK)
    await open_after(calls)
    calls.now = 30.0
    calls.below.outcomes = [asyncio.CancelledError()]
    with pytest.raises(asyncio.CancelledError):
        await calls.send()
    calls.below.outcomes = [OK]

    assert await calls.send() is OK


async def test_a_try_that_hangs_ends_with_the_time_limit_of_its_request():
    """The first try takes most of the time; the second gets the rest."""

    class Hanging(Scripted):
        async def send(self, request: SubgraphRequest) -> SubgraphResponse:
            if self.calls:
                self.calls += 1
                await asyncio.sleep(60)
            return await super().send(request)

    breaker = CircuitBreaker()
    below = Hanging(BUSY)
    transport = ResilientTransport(below, breaker, RetryBudget(0.1), timeout=0.15)
    with pytest.raises(SubgraphTimeout):
        await transport.send(SubgraphRequest("a", "{ a }"))

    assert (below.calls, breaker.status().failures) == (2, 2)


# -- subscriptions ---------------------------------------------------------------------------------


async def listen(calls: Calls, most: int = 10) -> Sequence[Any]:
    request = SubgraphRequest("a", "subscription { a }", kind="subscription")
    events: list[Any] = []
    try:
        async with aclosing(calls.transport.subscribe(request)) as stream:
            async for event in stream:
                events.append(event)
                if len(events) == most:
                    break
    except SubgraphError as failure:
        events.append(failure)
    return events


async def test_a_subscription_that_cannot_begin_counts_as_a_failure():
    calls = Calls(REFUSED)
    for _ in range(5):
        assert await listen(calls) == [REFUSED]

    [refusal] = await listen(calls)
    assert isinstance(refusal, SubgraphCircuitOpen)
    assert calls.below.calls == 5


@pytest.mark.parametrize("stream", [[OK, LATE], []], ids=["first event", "end"])
async def test_a_subscription_that_begins_or_ends_clears_the_failure_count(stream: list[Outcome]):
    class Events(Scripted):
        async def subscribe(
            self, request: SubgraphRequest
        ) -> AsyncGenerator[SubgraphResponse, None]:
            for event in stream:
                if isinstance(event, BaseException):
                    raise event
                yield event

    breaker = CircuitBreaker()
    breaker.fail(breaker.enter() or 0)
    transport = ResilientTransport(Events(), breaker, RetryBudget(0.1), timeout=5)
    request = SubgraphRequest("a", "subscription { a }", kind="subscription")
    with suppress(SubgraphTimeout):
        async for _ in transport.subscribe(request):
            assert breaker.status().failures == 0

    assert breaker.status().failures == 0


@pytest.mark.parametrize("first", [[OK], []], ids=["after an event", "before one"])
async def test_an_established_subscription_that_breaks_is_no_failure(first: list[Outcome]):
    calls = Calls(*first, SubgraphStreamEnded("a", "ended"))
    for _ in range(6):
        await listen(calls)

    assert calls.breaker.status().failures == 0


async def test_subscriptions_are_preceded_by_a_probe_until_the_breaker_is_closed():
    """One that has no event for long would keep all other calls waiting."""
    calls = Calls(OK)
    await open_after(calls)
    calls.now = 30.0
    for _ in range(3):
        assert calls.breaker.status().state is BreakerState.HALF_OPEN
        assert await listen(calls, most=1) == [OK]
    assert calls.breaker.status().state is BreakerState.CLOSED
    assert calls.below.calls == 6

    assert await listen(calls, most=1) == [OK]
    assert calls.below.calls == 7


@pytest.mark.parametrize("failure", [REFUSED, LATE], ids=["refused", "late"])
async def test_a_probe_that_fails_ends_the_subscription(failure: SubgraphError):
    calls = Calls(failure)
    await open_after(calls)
    calls.now = 30.0

    assert await listen(calls) == [failure]
    [refusal] = await listen(calls)
    assert isinstance(refusal, SubgraphCircuitOpen)
    assert calls.below.calls == 1


async def test_a_subscription_closed_before_its_first_event_counts_neither_way():
    calls = Calls(REFUSED)
    await listen(calls)
    request = SubgraphRequest("a", "subscription { a }", kind="subscription")
    calls.below.outcomes = [asyncio.CancelledError()]
    with pytest.raises(asyncio.CancelledError):
        await anext(calls.transport.subscribe(request))

    assert calls.breaker.status().failures == 1
