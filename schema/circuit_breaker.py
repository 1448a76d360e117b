"""A circuit breaker: a service that keeps failing is not called for a while.

    closed ── 5 failures in a row ──> open ── 30 seconds ──> half-open ── 3 successes ──> closed
                                       ^                         │
                                       └──────── a failure ──────┘

A closed breaker admits every call, an open one none, and a half-open one call at a time (a probe).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class BreakerState(StrEnum):
    CLOSED = "closed"
    HALF_OPEN = "half-open"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class BreakerStatus:
    """``failures`` is the number of failed calls since the last successful one, ``last_failure``
    the time of the latest failure."""

    state: BreakerState
    failures: int
    last_failure: datetime | None


NEVER_CALLED = BreakerStatus(BreakerState.CLOSED, 0, None)

OnChange = Callable[[BreakerState], None]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _ignore(_state: BreakerState) -> None:
    pass


class CircuitBreaker:
    """Not thread-safe: one breaker belongs to one event loop.

    The caller of a service calls ``enter`` before each call and, if it returned a ticket, one of
    ``succeed``, ``fail`` and ``abandon`` after it. Each change of the state makes earlier tickets
    invalid, so a call that began before the breaker opened can neither close it nor keep it open.
    """

    def __init__(
        self,
        *,
        failures: int = 5,
        open_seconds: float = 30.0,
        successes: int = 3,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _utc_now,
        on_change: OnChange = _ignore,
    ) -> None:
        """``failures`` in a row open the breaker for ``open_seconds``; ``successes`` of probes
        close it. ``clock`` measures seconds, ``now`` dates failures. ``on_change`` is called with
        each new state."""
        self._max_failures = failures
        self._open_seconds = open_seconds
        self._needed_successes = successes
        self._clock = clock
        self._now = now
        self._on_change = on_change
        self._state = BreakerState.CLOSED
        self._ticket = 0
        self._failures = 0
        self._last_failure: datetime | None = None
        self._successes = 0
        self._opened = 0.0
        self._probe_began: float | None = None

    @property
    def is_closed(self) -> bool:
        """Whether every call is admitted."""
        return self._state is BreakerState.CLOSED

    def enter(self) -> int | None:
        """A ticket for one call; None if the service must not be called now."""
        if self._state is BreakerState.CLOSED:
            return self._ticket
        now = self._clock()
        if self._state is BreakerState.OPEN:
            if now < self._opened + self._open_seconds:
                return None
            self._successes = 0
            self._change(BreakerState.HALF_OPEN)
        # A probe whose outcome is never reported must not keep the breaker half-open forever.
        elif self._probe_began is not None and now < self._probe_began + self._open_seconds:
            return None
        self._probe_began = now
        return self._ticket

    def succeed(self, ticket: int) -> None:
        """The service has answered."""
        if ticket != self._ticket:
            return
        self._failures = 0
        if self._state is BreakerState.HALF_OPEN:
            self._probe_began = None
            self._successes += 1
            if self._successes >= self._needed_successes:
                self._change(BreakerState.CLOSED)

    def fail(self, ticket: int) -> None:
        """The service has not answered, or with an error of its own."""
        if ticket != self._ticket:
            return
        self._failures += 1
        self._last_failure = self._now()
        if self._state is BreakerState.HALF_OPEN or self._failures >= self._max_failures:
            self._opened = self._clock()
            self._change(BreakerState.OPEN)

    def abandon(self, ticket: int) -> None:
        """The call was cancelled, which says nothing about the service."""
        if ticket == self._ticket:
            self._probe_began = None

    def retry_after(self) -> float:
        """In how many seconds ``enter`` may return a ticket: 0 if it does now, 1 while a probe is
        running, since nobody knows when it ends."""
        if self._state is BreakerState.OPEN:
            return max(0.0, self._opened + self._open_seconds - self._clock())
        return 0.0 if self._probe_began is None else 1.0

    def status(self) -> BreakerStatus:
        state = self._state
        if state is BreakerState.OPEN and not self.retry_after():
            state = BreakerState.HALF_OPEN  # the next call will be a probe
        return BreakerStatus(state, self._failures, self._last_failure)

    def _change(self, state: BreakerState) -> None:
        self._state = state
        self._ticket += 1
        self._on_change(state)
