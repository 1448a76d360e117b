"""Service tokens: short-lived tokens by which the router authenticates itself to one subgraph."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import jwt

SERVICE_TOKEN = "x-service-token"
_ISSUER = "trellis:router"
_TYPE = "service+jwt"
_ALGORITHM = "HS256"
_LIFETIME_SECONDS = 90
_SIGN_AGAIN_AFTER = 30.0
"""A token is reused for this time, so at least a minute of its lifetime is left when it is sent."""

_LEEWAY_SECONDS = 60
"""Tolerated difference between the clocks of two machines."""

_MAX_LENGTH = 1024
"""Longer tokens are rejected without decoding; ours have about 220 characters."""

_REMEMBER = 64
"""Verified tokens in memory. One router needs about two at a time."""


class ServiceTokens:
    """Signs and verifies service tokens (RFC 7519, HS256) with shared ``secrets``.

    The first secret signs, all are accepted. A token is valid for the subgraph in its ``aud`` only,
    so a subgraph cannot use the tokens it receives to call another one. Tokens are signed and
    verified about twice a minute, not for each request.
    """

    def __init__(self, secrets: Sequence[bytes], *, clock: Callable[[], float] = time.time) -> None:
        self._secrets = tuple(secrets)
        self._clock = clock
        self._signed: dict[str, tuple[str, float]] = {}
        self._checked: dict[tuple[str, str], float] = {}

    def sign(self, subgraph: str) -> str:
        """A token for this subgraph that is valid for at least a minute."""
        now = self._clock()
        known = self._signed.get(subgraph)
        # A clock that was set back must not keep an old token in use.
        if known is not None and 0 <= now - known[1] < _SIGN_AGAIN_AFTER:
            return known[0]
        claims = {
            "iss": _ISSUER,
            "aud": _audience(subgraph),
            "iat": int(now),
            "exp": int(now) + _LIFETIME_SECONDS,
        }
        headers = {"typ": _TYPE}
        token = jwt.encode(claims, self._secrets[0], algorithm=_ALGORITHM, headers=headers)
        self._signed[subgraph] = (token, now)
        return token

    def is_valid(self, token: str, subgraph: str) -> bool:
        """Whether this is a router's token for this subgraph, and has not expired."""
        known = self._checked.get((token, subgraph))
        if known is not None and known > self._clock():
            return True
        if len(token) > _MAX_LENGTH:
            return False
        for secret in self._secrets:
            expires_at = self._expiry(token, secret, subgraph)
            if expires_at is not None and expires_at > self._clock():
                self._remember((token, subgraph), expires_at)
                return True
        return False

    def _remember(self, key: tuple[str, str], expires_at: float) -> None:
        if len(self._checked) >= _REMEMBER:
            self._checked.clear()
        self._checked[key] = expires_at

    def _expiry(self, token: str, secret: bytes, subgraph: str) -> float | None:
        """When the token expires, including leeway; None if it is invalid."""
        try:
            found: dict[str, Any] = jwt.decode_complete(
                token,
                secret,
                algorithms=[_ALGORITHM],
                audience=_audience(subgraph),
                issuer=_ISSUER,
                # Time is compared to the given clock instead.
                options={
                    "require": ["exp", "iat", "iss", "aud"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            header, claims = found["header"], found["payload"]
            lifetime = claims["exp"] - claims["iat"]
            is_from_now = claims["iat"] <= self._clock() + _LEEWAY_SECONDS
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            return None
        if header.get("typ") != _TYPE or "crit" in header:
            return None
        if not (0 < lifetime <= _LIFETIME_SECONDS and is_from_now):
            return None
        return claims["exp"] + _LEEWAY_SECONDS


def _audience(subgraph: str) -> str:
    return f"trellis:subgraph:{subgraph}"
