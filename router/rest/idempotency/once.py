"""Executes a request once for its Idempotency-Key."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from trellis.router.rest.idempotency.store import (
    AnswerStore,
    Begun,
    Interrupted,
    KeptAnswer,
    Reused,
    Running,
)
from trellis.schema.errors import BadRequest, TrellisError, Unavailable
from trellis.schema.identity import Identity

HEADER = b"idempotency-key"
_LONGEST = 255
_LEASE_BEYOND_REQUEST = 30.0


class KeyReused(TrellisError):
    code = "IDEMPOTENCY_KEY_REUSED"
    http_status = 409


class KeyRunning(TrellisError):
    code = "IDEMPOTENCY_KEY_RUNNING"
    http_status = 409


class KeyInterrupted(TrellisError):
    code = "IDEMPOTENCY_KEY_INTERRUPTED"
    http_status = 409


Work = Callable[[], Awaitable[tuple[KeptAnswer, bool]]]
"""Executes the request. Returns the response, and whether to keep it."""


class Once:
    """Executes requests with a key. ``request_seconds`` is their time limit."""

    def __init__(self, store: AnswerStore, *, keep_seconds: float, request_seconds: float) -> None:
        self._store = store
        self._keep_seconds = keep_seconds
        self._lease = request_seconds + _LEASE_BEYOND_REQUEST
        self._running: set[asyncio.Task[KeptAnswer]] = set()

    async def run(self, key: str, fingerprint: str, work: Work) -> tuple[KeptAnswer, bool]:
        """The response, and whether it is a repeated one.

        Raises KeyReused, KeyRunning, KeyInterrupted, Unavailable, and the exceptions of ``work``,
        after which the key is free. Cancelling the caller does not cancel the work, because the
        client may come back for the response.
        """
        verdict = await self._store.begin(key, fingerprint, self._lease, self._keep_seconds)
        if isinstance(verdict, KeptAnswer):
            return verdict, True
        if isinstance(verdict, Reused):
            raise KeyReused("This Idempotency-Key was used for another request. Take a new one.")
        if isinstance(verdict, Running):
            message = "The same request is still being processed. Retry to get its response."
            raise KeyRunning(message, retry_after=1)
        if isinstance(verdict, Interrupted):
            raise KeyInterrupted(
                "The request with this Idempotency-Key was interrupted and may have happened. Look "
                "for what it was to do; to try it again, take a new key."
            )
        task = asyncio.create_task(self._carry_out(key, verdict, work))
        self._running.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task), False

    async def aclose(self) -> None:
        """Wait for running requests, and close the connections of the store."""
        if self._running:
            await asyncio.wait(self._running, timeout=self._lease)
        await self._store.aclose()

    async def _carry_out(self, key: str, claim: Begun, work: Work) -> KeptAnswer:
        """Cancelled work keeps its claim, because it may have had effects."""
        try:
            answer, is_kept = await work()
        except Exception:
            with suppress(Unavailable):
                await self._store.forget(key, claim.token)
            raise
        # The work is done, so a failure of the store must not replace the response.
        with suppress(Unavailable):
            if is_kept:
                await self._store.keep(key, claim.token, answer, self._keep_seconds)
            else:
                await self._store.forget(key, claim.token)
        return answer

    def _done(self, task: asyncio.Task[KeptAnswer]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved, because the caller may have been cancelled


def key_of(headers: Mapping[bytes, bytes]) -> str | None:
    """The Idempotency-Key of a request. Raises BadRequest if it is invalid."""
    given = headers.get(HEADER)
    if given is None:
        return None
    key = given.decode("latin-1").strip()
    if not 0 < len(key) <= _LONGEST or not key.isascii() or not key.isprintable():
        raise BadRequest(f"An Idempotency-Key has 1 to {_LONGEST} printable characters.")
    return key


def stored_key(identity: Identity, profile: str, route: str, key: str) -> str:
    """The key of a response in the store, which is different for each caller and route."""
    caller = identity.key_id or str(identity.id)
    text = "\x00".join((identity.kind, caller, profile, route, key))
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint_of(variables: Mapping[str, Any], key: str) -> str:
    """A hash of the variables, independent of how their JSON is written.

    It is keyed by the Idempotency-Key, of which only a hash is stored: a card number among the
    variables cannot be found out by trying all of them.
    """
    text = json.dumps(variables, default=str, sort_keys=True)
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
