"""The state of a caller's rate limits, and whether a request has been counted."""

from dataclasses import dataclass


@dataclass(slots=True)
class Charge:
    """One for each request at a door, shared by all contexts that are made for it. ``is_taken``
    says whether it was counted, as whatever: so a request that fails is counted once, by the stage
    that knows most about it. ``closed_seconds`` is for how long other requests of its caller would
    be rejected as well."""

    is_taken: bool = False
    closed_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RateLimitState:
    """At most ``limit`` in any ``window`` seconds, of which ``remaining`` are left; ``reset_at`` is
    the Unix time in seconds at which all of them are, if nothing more is taken. ``name`` is that of
    the rule, such as ``requests`` or ``uploads``."""

    name: str
    limit: int
    window: int
    remaining: int
    reset_at: int
