"""Turns what a caller brings along into an identity, or refuses it."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from trellis.router.identity.api_keys import ApiKeyInvalid, ApiKeys
from trellis.router.identity.credentials import Credentials
from trellis.router.identity.keys import KeySource
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.tokens import TokenExpired, TokenInvalid, TokenRules, read_head, verify_token

IsRevoked = Callable[[Identity], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer whose tokens are believed: its rules and where its keys are."""

    rules: TokenRules
    keys: KeySource


@dataclass(frozen=True, slots=True)
class _Verified:
    identity: Identity
    issuer: TrustedIssuer
    keys_version: int


class Authenticator:
    """Verifies Bearer tokens (RFC 6750) of any of several issuers, and API keys.

    Verified tokens are remembered, since checking a signature costs a hundred microseconds and a
    client sends the same token with every request; a remembered one is still refused when it has
    expired, when its issuer's keys have changed since, or when ``is_revoked`` says so.
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

    async def authenticate(self, credentials: Credentials) -> Identity:
        """The caller proved by these credentials; ``ANONYMOUS`` when there are none.

        Raises ``TokenExpired``, ``TokenInvalid`` or ``ApiKeyInvalid`` (all ``Unauthenticated``),
        and ``Unavailable`` when the issuer's keys or verdicts cannot be had.
        """
        if credentials.vouched is not None:
            return credentials.vouched
        if credentials.api_key is not None:
            identity = await self._find_by_key(credentials.api_key)
        elif credentials.authorization is not None:
            token = _bearer_token(credentials.authorization)
            identity = self._recall(token) or await self._verify(token)
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
        head = read_head(token)
        issuer = self._issuers.get(head.issuer)
        if issuer is None:
            raise TokenInvalid
        key = await issuer.keys.find(head.key_id)
        if key is None or key.algorithm_name != head.algorithm:
            raise TokenInvalid
        identity = verify_token(token, key, issuer.rules)
        self._verified[token] = _Verified(identity, issuer, issuer.keys.version)
        if len(self._verified) > self._remember:
            self._verified.popitem(last=False)
        return identity

    def _recall(self, token: str) -> Identity | None:
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
