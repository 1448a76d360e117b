"""What clients are told about limits: a report, and the error when one is reached."""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from trellis.router.rate_limit.rules import Limit, Rule
from trellis.router.rate_limit.sliding_log import NOTHING_USED, Level
from trellis.schema.errors import EntitlementRequired, RateLimited, TrellisError
from trellis.schema.rate_limit import RateLimitState

Headers = tuple[tuple[bytes, bytes], ...]
_MICROSECONDS = 1_000_000
_remaining = attrgetter("remaining")


@dataclass(slots=True)
class Counted:
    """What a request takes from one log, and the level once it has been asked for. ``limit`` is
    the lowest where rules share the log. ``is_told``: it is not a mere burst. ``is_strict``: it
    must be counted together with other workers."""

    rule: Rule
    limit: Limit
    cost: int
    is_told: bool
    is_strict: bool = False
    level: Level = NOTHING_USED
    remaining: int = 0

    def learn(self, level: Level) -> None:
        """Take note of what the store says."""
        self.level = level
        self.remaining = max(0, self.limit.window.limit - level.used)

    @property
    def reset_seconds(self) -> int:
        return -(-self.level.reset // _MICROSECONDS)

    @property
    def wait_seconds(self) -> int:
        return max(1, -(-self.level.wait // _MICROSECONDS))

    def state(self) -> RateLimitState:
        """As resolvers see it."""
        window, name = self.limit.window, self.rule.name
        reset_at = math.ceil(time.time()) + self.reset_seconds
        return RateLimitState(name, window.limit, window.seconds, self.remaining, reset_at)


class RateReport(NamedTuple):
    """The state of the limit with the fewest left. ``reset`` is Unix time in seconds; ``window``
    is None where clients do not want to know. ``policy`` and ``levels`` are those of all limits,
    by the IETF's draft on RateLimit header fields."""

    limit: int
    remaining: int
    reset: int
    window: int | None = None
    policy: bytes = b""
    levels: bytes = b""

    @property
    def headers(self) -> Headers:
        """As a door writes it, last of all. ``Retry-After`` is not among them: doors write it for
        every error with ``retry_after`` in its details."""
        found = (
            (b"x-ratelimit-limit", b"%d" % self.limit),
            (b"x-ratelimit-remaining", b"%d" % self.remaining),
            (b"x-ratelimit-reset", b"%d" % self.reset),
            (b"ratelimit-policy", self.policy),
            (b"ratelimit", self.levels),
        )
        if self.window is not None:
            found += ((b"x-ratelimit-window", b"%d" % self.window),)
        return found


class LimitReached(RateLimited):
    """A refusal that knows the limit it is about."""

    def __init__(self, message: str, report: RateReport, **details: object) -> None:
        super().__init__(message, **details)
        self.report = report


def report_of(counted: Sequence[Counted], *, shows_window: bool) -> RateReport:
    """What is said with an answer: about the limit with the fewest left. Where a burst is used up
    nothing is left, whatever the hour would still allow: the next request will be refused."""
    told = min([one for one in counted if one.is_told], key=_remaining)
    report = _report(told, counted, told.reset_seconds, shows_window)
    bursts = [one for one in counted if not one.is_told and not one.remaining]
    if not bursts:
        return report
    reset = math.ceil(time.time()) + max(one.reset_seconds for one in bursts)
    return report._replace(remaining=0, reset=reset)


def closed_rule(counted: Sequence[Counted]) -> Rule | None:
    """The rule among those of charges that were not taken which allows nothing at all."""
    closed = (one for one in counted if one.level.wait and one.limit.window.limit == 0)
    return next((one.rule for one in closed), None)


def not_included(required: str | None, current: str, upgrade_url: str) -> TrellisError:
    """The error for what the subscription ``current`` does not have; ``required`` is one that has
    it, if any."""
    details = {"required_tier": required, "current_tier": current, "upgrade_url": upgrade_url}
    message = "Your subscription does not include this."
    return EntitlementRequired(message, **(details if required is not None else {}))


def refusal(counted: Sequence[Counted], *, shows_window: bool) -> TrellisError:
    """The error for charges that were not taken: about the limit that takes longest to fit."""
    full = [one for one in counted if one.level.wait]
    told = max(full, key=lambda one: one.level.wait)
    window, wait = told.limit.window, told.wait_seconds
    reset_at = math.ceil(time.time()) + wait
    report = _report(told, counted, wait, shows_window)
    return LimitReached(
        _message(told),
        report,
        limit=window.limit,
        window=window.seconds,
        remaining=told.remaining,
        reset_at=datetime.fromtimestamp(reset_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        retry_after=wait,
    )


def closed_seconds(counted: Sequence[Counted]) -> float:
    """For how long whatever this caller asks is refused: by a limit that counts every operation,
    and of which not one more fits. 0 when another operation might pass."""
    waits = [
        one.level.wait
        for one in counted
        if one.cost <= one.rule.cost
        and not (one.rule.classes or one.rule.fields or one.rule.routes)
    ]
    return max(waits, default=0) / _MICROSECONDS


def report_of_refusal(error: TrellisError) -> RateReport | None:
    """What an answer that is this error says about limits."""
    return error.report if isinstance(error, LimitReached) else None


def tightest(several: Iterable[RateReport | None]) -> RateReport | None:
    """Of the reports of several operations in one request, the one with the fewest left."""
    told = [report for report in several if report is not None]
    return min(told, key=_remaining, default=None)


@lru_cache(maxsize=4096)
def _policy(limits: tuple[Limit, ...]) -> bytes:
    """The same few combinations hold for most requests."""
    policies = [
        f'"{limit.label}";q={limit.window.limit};w={limit.window.seconds}' for limit in limits
    ]
    return ", ".join(policies).encode()


def _message(told: Counted) -> str:
    window = told.limit.window
    if told.cost > window.limit:
        return (
            f"This counts {told.cost} times at once; at most {window.limit} are allowed in "
            f"{window.seconds} seconds. Ask for less at a time."
        )
    return f"Rate limit exceeded. Try again in {told.wait_seconds} seconds."


def _report(
    told: Counted, counted: Sequence[Counted], seconds: int, shows_window: bool
) -> RateReport:
    window = told.limit.window
    levels = [f'"{one.limit.label}";r={one.remaining};t={one.reset_seconds}' for one in counted]
    return RateReport(
        window.limit,
        told.remaining,
        math.ceil(time.time()) + seconds,
        window.seconds if shows_window else None,
        _policy(tuple([one.limit for one in counted])),
        ", ".join(levels).encode(),
    )
