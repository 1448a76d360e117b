"""The states of a circuit breaker (document 004, section 2.3)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.strategies import sampled_from

from trellis.schema.circuit_breaker import BreakerState, BreakerStatus, CircuitBreaker

START = datetime(2024, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def states() -> list[BreakerState]:
    return []


@pytest.fixture
def breaker(clock: Clock, states: list[BreakerState]) -> CircuitBreaker:
    return CircuitBreaker(clock=clock, now=clock.now, on_change=states.append)


def fail(breaker: CircuitBreaker, times: int = 1) -> None:
    for _ in range(times):
        breaker.fail(entered(breaker))


def entered(breaker: CircuitBreaker) -> int:
    ticket = breaker.enter()
    assert ticket is not None
    return ticket


def test_five_failures_in_a_row_open_it(breaker: CircuitBreaker):
    fail(breaker, 4)
    assert breaker.status() == BreakerStatus(BreakerState.CLOSED, 4, START)
    assert (breaker.is_closed, breaker.retry_after()) == (True, 0)

    fail(breaker)

    assert (breaker.is_closed, breaker.retry_after()) == (False, 30)
    assert breaker.status() == BreakerStatus(BreakerState.OPEN, 5, START)
    assert breaker.enter() is None


def test_a_success_clears_the_failure_count(breaker: CircuitBreaker):
    fail(breaker, 4)
    breaker.succeed(entered(breaker))
    fail(breaker, 4)

    assert breaker.status().state is BreakerState.CLOSED


def test_it_admits_one_probe_at_a_time_after_thirty_seconds(breaker: CircuitBreaker, clock: Clock):
    fail(breaker, 5)
    clock.seconds = 29.9
    assert breaker.enter() is None
    assert breaker.retry_after() == pytest.approx(0.1)

    clock.seconds = 30.0
    assert breaker.status().state is BreakerState.HALF_OPEN
    probe = entered(breaker)

    assert breaker.enter() is None
    assert breaker.retry_after() == 1.0
    breaker.succeed(probe)
    assert breaker.enter() is not None


def test_three_successful_probes_close_it(
    breaker: CircuitBreaker, clock: Clock, states: list[BreakerState]
):
    fail(breaker, 5)
    clock.seconds = 30.0
    for _ in range(3):
        assert breaker.status().state is BreakerState.HALF_OPEN
        breaker.succeed(entered(breaker))

    assert breaker.status() == BreakerStatus(BreakerState.CLOSED, 0, START)
    assert states == [BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED]


def test_a_probe_that_fails_opens_it_for_another_thirty_seconds(
    breaker: CircuitBreaker, clock: Clock
):
    fail(breaker, 5)
    clock.seconds = 31.0
    breaker.succeed(entered(breaker))
    breaker.succeed(entered(breaker))
    fail(breaker)

    assert breaker.enter() is None
    assert breaker.retry_after() == 30.0
    clock.seconds = 61.0
    for _ in range(2):
        breaker.succeed(entered(breaker))
    assert breaker.status().state is BreakerState.HALF_OPEN  # successes before do not count


def test_calls_from_before_a_change_are_ignored(breaker: CircuitBreaker, clock: Clock):
    early = [entered(breaker) for _ in range(6)]
    for ticket in early[:5]:
        breaker.fail(ticket)
    clock.seconds = 30.0
    probe = entered(breaker)

    breaker.fail(early[5])
    breaker.succeed(early[5])
    breaker.abandon(early[5])

    assert breaker.status().state is BreakerState.HALF_OPEN
    assert breaker.enter() is None  # the probe is still the only one
    breaker.succeed(probe)


def test_a_cancelled_probe_makes_room_for_another(breaker: CircuitBreaker, clock: Clock):
    fail(breaker, 5)
    clock.seconds = 30.0
    breaker.abandon(entered(breaker))

    assert breaker.enter() is not None


def test_a_probe_without_an_outcome_blocks_others_for_thirty_seconds(
    breaker: CircuitBreaker, clock: Clock
):
    fail(breaker, 5)
    clock.seconds = 30.0
    entered(breaker)
    clock.seconds = 59.9
    assert breaker.enter() is None

    clock.seconds = 60.0
    assert breaker.enter() is not None


class AnyCalls(RuleBasedStateMachine):
    """Calls begin, end and are cancelled in any order; the machine states what must hold then."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.breaker = CircuitBreaker(clock=self.clock, now=self.clock.now)
        self.running: list[int] = []

    @rule()
    def begin(self) -> None:
        before = self.breaker.status().state
        ticket = self.breaker.enter()
        if ticket is None:
            assert before is not BreakerState.CLOSED
            assert self.breaker.retry_after() > 0
            return
        assert before is not BreakerState.OPEN
        self.running.append(ticket)

    @precondition(lambda self: self.running)
    @rule(outcome=sampled_from(["succeed", "fail", "abandon"]))
    def end(self, outcome: str) -> None:
        getattr(self.breaker, outcome)(self.running.pop(0))

    @rule(seconds=sampled_from([0.5, 10.0, 30.0]))
    def wait(self, seconds: float) -> None:
        self.clock.seconds += seconds

    @invariant()
    def it_recovers(self) -> None:
        """However it came to its state, it admits a call within the time that it states."""
        wait = self.breaker.retry_after()
        assert 0 <= wait <= 30

    @invariant()
    def an_open_one_has_failed(self) -> None:
        status = self.breaker.status()
        if status.state is BreakerState.OPEN:
            assert status.failures >= 1
            assert status.last_failure is not None


TestAnyCalls = AnyCalls.TestCase
TestAnyCalls.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
