"""What clients are told about limits: headers, and the error when one is reached."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter

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
    the strictest where rules share the log. ``is_told``: it is not a mere burst."""

    rule: Rule
    limit: Limit
    cost: int
    is_told: bool
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


class LimitReached(RateLimited):
    """A refusal that knows its headers."""

    def __init__(self, message: str, headers: Headers, **details: object) -> None:
        super().__init__(message, **details)
        self.headers = headers


def headers_of(counted: Sequence[Counted], *, shows_window: bool) -> Headers:
    """The state of the limit with the fewest left, and by the IETF's draft on RateLimit header
    fields that of all."""
    told = min([one for one in counted if one.is_told], key=_remaining)
    return _headers(told, counted, told.reset_seconds, shows_window)


def refusal(counted: Sequence[Counted], *, shows_window: bool) -> TrellisError:
    """The error for charges that were not taken: about the limit that takes longest to fit."""
    full = [one for one in counted if one.level.wait]
    if any(one.limit.window.limit == 0 for one in full):
        return EntitlementRequired("Your subscription does not include this.")
    told = max(full, key=lambda one: one.level.wait)
    window, wait = told.limit.window, told.wait_seconds
    reset_at = math.ceil(time.time()) + wait
    headers = _headers(told, counted, wait, shows_window)
    return LimitReached(
        _message(told),
        headers,
        limit=window.limit,
        window=window.seconds,
        remaining=told.remaining,
        reset_at=datetime.fromtimestamp(reset_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        retry_after=wait,
    )


def headers_of_refusal(error: TrellisError) -> Headers:
    """What an answer that is this error carries about limits. ``Retry-After`` is not among them:
    doors write it for every error with ``retry_after`` in its details."""
    return error.headers if isinstance(error, LimitReached) else ()


def tightest(several: Sequence[Headers]) -> Headers:
    """Of the headers of several operations in one request, those with the fewest left."""
    told = [dict(headers) for headers in several if headers]
    if not told:
        return ()
    return tuple(min(told, key=lambda h: int(h.get(b"x-ratelimit-remaining", 0))).items())


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


def _headers(
    told: Counted, counted: Sequence[Counted], seconds: int, shows_window: bool
) -> Headers:
    window = told.limit.window
    levels = [f'"{one.limit.label}";r={one.remaining};t={one.reset_seconds}' for one in counted]
    found = (
        (b"x-ratelimit-limit", b"%d" % window.limit),
        (b"x-ratelimit-remaining", b"%d" % told.remaining),
        (b"x-ratelimit-reset", b"%d" % (math.ceil(time.time()) + seconds)),
        (b"ratelimit-policy", _policy(tuple([one.limit for one in counted]))),
        (b"ratelimit", ", ".join(levels).encode()),
    )
    if shows_window:
        found += ((b"x-ratelimit-window", b"%d" % window.seconds),)
    return found
