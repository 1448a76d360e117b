"""How often accounts lets strangers try something: against guessing, flooding and mail bombs.

What the dialects' documents say holds for their clients; the rest get the general limits.
"""

from trellis.schema.directives import RateLimit

_MINUTE, _HOUR = 60, 3_600
_LEARN = ["learn", "graphql"]
_TRACKER = ["tracker"]


def _by_address(limit: int, window: int, **more: object) -> RateLimit:
    return RateLimit(limit=limit, window=window, key="ip", strict=True, **more)  # type: ignore


def _by_email(limit: int, window: int, *arguments: str) -> RateLimit:
    return RateLimit(
        limit=limit, window=window, key="email", arguments=list(arguments), strict=True
    )


PROOFS = [
    _by_address(30, _MINUTE),
    _by_address(300, _HOUR),
    _by_address(5, _MINUTE, profiles=_LEARN),
    _by_address(20, _HOUR, profiles=_LEARN),
]
"""Codes and tokens from letters."""

LOGINS = [
    *PROOFS,
    _by_address(10, _HOUR, burst=3, profiles=_TRACKER),
    _by_email(100, _HOUR, "input.email", "input.username"),
]

REGISTRATIONS = [
    _by_address(30, _MINUTE),
    _by_address(300, _HOUR),
    _by_address(3, _MINUTE, profiles=_LEARN),
    _by_address(10, _HOUR, profiles=_LEARN),
]

RESET_LETTERS = [_by_email(3, _HOUR, "email")]

VERIFICATION_LETTERS = [RateLimit(limit=3, window=_HOUR, key="user", strict=True)]
