"""Verifies credentials and returns the identity of the caller."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from trellis.router.identity.api_keys import ApiKeyInvalid, ApiKeys
from trellis.router.identity.credentials import Credentials
from trellis.router.identity.keys import KeySource
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.tokens import TokenExpired, TokenInvalid, TokenRules, read_head, verify_token

# Shorter than the leeway of clocks: a token that is not valid yet will be valid soon.
_REFUSED_SECONDS = 5.0

_Refusal = type[TokenInvalid] | type[TokenExpired]

IsRevoked = Callable[[Identity], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """A trusted issuer of tokens: its rules and the source of its keys."""

    rules: TokenRules
    keys: KeySource


class _UnknownKey(Exception):
    """The key of a token is not known."""


@dataclass(frozen=True, slots=True)
class _Verified:
    identity: Identity
    issuer: TrustedIssuer
    keys_version: int


class Authenticator:
    """Verifies Bearer tokens (RFC 6750) of several issuers, and API keys.

    Verified tokens are cached, since verifying a signature takes a hundred microseconds and a
    client sends the same token with every request. A cached token is still rejected if it has
    expired, if its issuer's keys have changed, or if it is revoked (``is_revoked``). Rejected
    tokens are cached for some seconds, since faulty clients send them repeatedly.
    """

    def __init__(
        self,
        issuers: Sequence[TrustedIssuer],
        *,
        api_keys: ApiKeys | None = None,
        is_revoked: IsRevoked | None = None,
        remember: int = 4096,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._issuers = {issuer.rules.issuer: issuer for issuer in issuers}
        if len(self._issuers) != len(issuers):
            raise ValueError("two trusted issuers share a name")
        self._api_keys = api_keys
        self._is_revoked = is_revoked
        self._remember = remember
        self._clock = clock
        self._verified: OrderedDict[str, _Verified] = OrderedDict()
        self._refused: OrderedDict[bytes, tuple[float, _Refusal]] = OrderedDict()

    async def authenticate(self, credentials: Credentials) -> Identity:
        """The caller with these credentials; ``ANONYMOUS`` if there are none.

        Raises ``TokenExpired``, ``TokenInvalid`` or ``ApiKeyInvalid`` (all ``Unauthenticated``),
        and ``Unavailable`` if keys, API keys or revocations of the issuer are not available.
        """
        if credentials.vouched is not None:
            return credentials.vouched
        if credentials.api_key is not None:
            identity = await self._find_by_key(credentials.api_key)
        elif credentials.authorization is not None:
            token = _bearer_token(credentials.authorization)
            identity = self._cached_identity(token) or await self._verify(token)
        else:
            return ANONYMOUS
        if self._is_revoked is not None and await self._is_revoked(identity):
            raise ApiKeyInvalid if credentials.api_key is not None else TokenInvalid
        return identity

    async def _find_by_key(self, key: str) -> Identity:
        if self._api_keys is None:
            raise ApiKeyInvalid
        return await self._api_keys.find(key)

    async def _verify(self, token: str) -> Identity:
        digest = self._digest(token)
        until, refusal = self._refused.get(digest, (0.0, TokenInvalid))
        if until > self._clock():
            raise refusal
        try:
            head = read_head(token)
            issuer = self._issuers.get(head.issuer)
            if issuer is None:
                raise TokenInvalid
            key = await issuer.keys.find(head.key_id)
            if key is None:
                raise _UnknownKey  # not cached, because the key set may be reloaded at any time
            if key.algorithm_name != head.algorithm:
                raise TokenInvalid
            identity = verify_token(token, key, issuer.rules)
        except _UnknownKey:
            raise TokenInvalid from None
        except (TokenInvalid, TokenExpired) as refused:
            digest = self._digest(token)  # keys may have been loaded meanwhile
            self._refused[digest] = self._clock() + _REFUSED_SECONDS, type(refused)
            if len(self._refused) > self._remember:
                self._refused.popitem(last=False)
            raise
        self._verified[token] = _Verified(identity, issuer, issuer.keys.version)
        if len(self._verified) > self._remember:
            self._verified.popitem(last=False)
        return identity

    def _digest(self, token: str) -> bytes:
        """A hash of a token and the versions of the keys that it was verified with."""
        versions = [issuer.keys.version for issuer in self._issuers.values()]
        text = f"{versions}{token}".encode("utf-8", "surrogateescape")
        return blake2b(text, digest_size=16).digest()

    def _cached_identity(self, token: str) -> Identity | None:
        known = self._verified.get(token)
        if known is None:
            return None
        if known.keys_version != known.issuer.keys.version:
            del self._verified[token]
            return None
        expires_at = known.identity.expires_at
        if expires_at is None or expires_at + known.issuer.rules.leeway <= self._clock():
            del self._verified[token]
            raise TokenExpired
        self._verified.move_to_end(token)
        return known.identity


def _bearer_token(authorization: str) -> str:
    scheme, _, token = authorization.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise TokenInvalid
    return token
