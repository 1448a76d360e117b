"""What a caller has left of a limit."""

from dataclasses import dataclass


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
