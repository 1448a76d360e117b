"""What responses say about limits: headers, and the error of a refused operation."""

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
    """The charge of a request to one log, and the level that the store returned. ``limit`` is the
    lowest if several rules share the log. ``is_reported``: it is not a burst. ``is_strict``: it
    must be counted exactly over all workers."""

    rule: Rule
    limit: Limit
    cost: int
    is_reported: bool
    is_strict: bool = False
    level: Level = NOTHING_USED
    remaining: int = 0

    def set_level(self, level: Level) -> None:
        self.level = level
        self.remaining = max(0, self.limit.window.limit - level.used)

    @property
    def reset_seconds(self) -> int:
        return -(-self.level.reset // _MICROSECONDS)

    @property
    def wait_seconds(self) -> int:
        return max(1, -(-self.level.wait // _MICROSECONDS))

    def state(self) -> RateLimitState:
        """The state for resolvers."""
        window, name = self.limit.window, self.rule.name
        reset_at = math.ceil(time.time()) + self.reset_seconds
        return RateLimitState(name, window.limit, window.seconds, self.remaining, reset_at)


class RateReport(NamedTuple):
    """The state of the limit with the fewest remaining attempts. ``reset`` is Unix time in seconds;
    ``window`` is None for dialects without this header. ``policy`` and ``levels`` are those of all
    limits, as in the IETF draft on RateLimit header fields."""

    limit: int
    remaining: int
    reset: int
    window: int | None = None
    policy: bytes = b""
    levels: bytes = b""

    @property
    def headers(self) -> Headers:
        """The response headers, except for ``Retry-After``, which is added for every error with
        ``retry_after`` in its details."""
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
    """The error of a refused operation, with the report of the limit that was reached."""

    def __init__(self, message: str, report: RateReport, **details: object) -> None:
        super().__init__(message, **details)
        self.report = report


def report_of(counted: Sequence[Counted], *, shows_window: bool) -> RateReport:
    """The report for a response, about the limit with the fewest remaining attempts. While a burst
    is used up, 0 remain, because the next request would be refused."""
    shown = min([one for one in counted if one.is_reported], key=_remaining)
    report = _report(shown, counted, shown.reset_seconds, shows_window)
    bursts = [one for one in counted if not one.is_reported and not one.remaining]
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
    """The error for charges that were not taken, about the limit with the longest time to wait."""
    full = [one for one in counted if one.level.wait]
    shown = max(full, key=lambda one: one.level.wait)
    window, wait = shown.limit.window, shown.wait_seconds
    reset_at = math.ceil(time.time()) + wait
    report = _report(shown, counted, wait, shows_window)
    return LimitReached(
        _message(shown),
        report,
        limit=window.limit,
        window=window.seconds,
        remaining=shown.remaining,
        reset_at=datetime.fromtimestamp(reset_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        retry_after=wait,
    )


def closed_seconds(counted: Sequence[Counted]) -> float:
    """How long all operations of this caller will be refused, by a used up limit that counts every
    operation. 0 if another operation might be admitted."""
    waits = [
        one.level.wait
        for one in counted
        if one.cost <= one.rule.cost
        and not (one.rule.classes or one.rule.fields or one.rule.routes)
    ]
    return max(waits, default=0) / _MICROSECONDS


def report_of_refusal(error: TrellisError) -> RateReport | None:
    """The report for a response with this error."""
    return error.report if isinstance(error, LimitReached) else None


def tightest(several: Iterable[RateReport | None]) -> RateReport | None:
    """The report with the fewest remaining attempts, for several operations in one request."""
    shown = [report for report in several if report is not None]
    return min(shown, key=_remaining, default=None)


@lru_cache(maxsize=4096)
def _policy(limits: tuple[Limit, ...]) -> bytes:
    """Cached: most requests have one of a few combinations."""
    policies = [
        f'"{limit.label}";q={limit.window.limit};w={limit.window.seconds}' for limit in limits
    ]
    return ", ".join(policies).encode()


def _message(shown: Counted) -> str:
    window = shown.limit.window
    if shown.cost > window.limit:
        return (
            f"This counts {shown.cost} times at once; at most {window.limit} are allowed in "
            f"{window.seconds} seconds. Request less at a time."
        )
    return f"Rate limit exceeded. Try again in {shown.wait_seconds} seconds."


def _report(
    shown: Counted, counted: Sequence[Counted], seconds: int, shows_window: bool
) -> RateReport:
    window = shown.limit.window
    levels = [f'"{one.limit.label}";r={one.remaining};t={one.reset_seconds}' for one in counted]
    return RateReport(
        window.limit,
        shown.remaining,
        math.ceil(time.time()) + seconds,
        window.seconds if shows_window else None,
        _policy(tuple([one.limit for one in counted])),
        ", ".join(levels).encode(),
    )
