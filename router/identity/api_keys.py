"""Verifies API keys with the subgraph that issues them, and caches the results briefly."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from trellis.router.errors import SubgraphError
from trellis.router.transports.internal import InternalResponse
from trellis.router.trust.wire import identity_from_json
from trellis.schema.errors import Unauthenticated, Unavailable
from trellis.schema.identity import Identity

VerifyApiKey = Callable[[str], Awaitable[Identity | None]]

_PATH = "/internal/api-keys"
_MAX_LENGTH = 512
"""Longer keys are rejected without a request."""


class ApiKeyInvalid(Unauthenticated):
    """The key is unknown or no longer valid; the message does not say which."""

    def __init__(self) -> None:
        super().__init__("The API key is not valid.", reason="API_KEY_INVALID")


class ApiKeys:
    """Finds callers by their API key.

    Results, including negative ones, are cached for ``keep_seconds``: a program sends the same key
    with every request, and a revoked key must stop working within seconds. Keys are stored as
    hashes. Concurrent requests with the same key cause one verification.
    """

    def __init__(
        self,
        verify: VerifyApiKey,
        *,
        keep_seconds: float = 2.0,
        remember: int = 1024,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._verify = verify
        self._keep_seconds = keep_seconds
        self._remember = remember
        self._clock = clock
        self._wall_clock = wall_clock
        self._known: OrderedDict[bytes, tuple[Identity | None, float]] = OrderedDict()
        self._verifying: dict[bytes, asyncio.Task[Identity | None]] = {}

    async def find(self, key: str) -> Identity:
        """The caller with this key. Raises ApiKeyInvalid, and Unavailable if it cannot be
        verified."""
        if not (0 < len(key) <= _MAX_LENGTH and key.isascii() and key.isprintable()):
            raise ApiKeyInvalid
        digest = hashlib.sha256(key.encode()).digest()
        known = self._known.get(digest)
        if known is not None and self._clock() - known[1] < self._keep_seconds:
            identity = known[0]
        else:
            identity = await self._verify_once(digest, key)
        if identity is None or not identity.is_authenticated or self._has_expired(identity):
            raise ApiKeyInvalid
        return identity

    def _has_expired(self, identity: Identity) -> bool:
        return identity.expires_at is not None and identity.expires_at <= self._wall_clock()

    async def _verify_once(self, digest: bytes, key: str) -> Identity | None:
        task = self._verifying.get(digest)
        if task is None:
            task = self._verifying[digest] = asyncio.create_task(
                self._verify_and_cache(digest, key)
            )
        # Cancelling one of the waiting requests must not cancel the verification for the others.
        return await asyncio.shield(task)

    async def _verify_and_cache(self, digest: bytes, key: str) -> Identity | None:
        started = self._clock()
        try:
            identity = await self._verify(key)
        finally:
            del self._verifying[digest]
        self._known[digest] = (identity, started)
        self._known.move_to_end(digest)
        if len(self._known) > self._remember:
            self._known.popitem(last=False)
        return identity


class KeyClient(Protocol):
    """The part of ``InternalClient`` that is used here."""

    async def post(self, path: str, payload: Any) -> InternalResponse: ...


class RemoteApiKeys:
    """Verifies keys with a subgraph in another process."""

    def __init__(self, client: KeyClient) -> None:
        self._client = client

    async def verify(self, key: str) -> Identity | None:
        """The caller with this key, or None. Raises Unavailable without a valid response."""
        try:
            response = await self._client.post(_PATH, {"key": key})
            if response.status == 404:  # it does not issue keys
                return None
            caller = response.value["caller"]
            return None if caller is None else identity_from_json(caller)
        except (SubgraphError, ValueError, TypeError, KeyError, AttributeError):
            raise Unavailable(
                "API keys cannot be verified at the moment; try again shortly."
            ) from None
