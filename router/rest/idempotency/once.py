"""Carries out a request once for its Idempotency-Key."""

import asyncio
import hashlib
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
"""Carries the request out: the answer, and whether it is to be kept."""


class Once:
    """Runs requests that carry a key. ``request_seconds`` is how long one may take."""

    def __init__(self, store: AnswerStore, *, keep_seconds: float, request_seconds: float) -> None:
        self._store = store
        self._keep_seconds = keep_seconds
        self._lease = request_seconds + _LEASE_BEYOND_REQUEST
        self._running: set[asyncio.Task[KeptAnswer]] = set()

    async def run(self, key: str, fingerprint: str, work: Work) -> tuple[KeptAnswer, bool]:
        """The answer, and whether it is a repeated one.

        Raises KeyReused, KeyRunning, KeyInterrupted, Unavailable, and whatever ``work`` raises, in
        which case nothing is kept. A caller that is cancelled does not end the work: its answer is
        what the client comes back for.
        """
        verdict = await self._store.begin(key, fingerprint, self._lease, self._keep_seconds)
        if isinstance(verdict, KeptAnswer):
            return verdict, True
        if isinstance(verdict, Reused):
            raise KeyReused("This Idempotency-Key was used for another request. Take a new one.")
        if isinstance(verdict, Running):
            message = "The same request is being carried out. Ask again for its answer."
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
        """Wait for what is still carried out, and give back the store's connections."""
        if self._running:
            await asyncio.wait(self._running, timeout=self._lease)
        await self._store.aclose()

    async def _carry_out(self, key: str, claim: Begun, work: Work) -> KeptAnswer:
        """Work that is cancelled leaves its claim: how far it came is not known."""
        try:
            answer, is_kept = await work()
        except Exception:
            with suppress(Unavailable):
                await self._store.forget(key, claim.token)
            raise
        # The work is done: a store that fails now may not hide its answer.
        with suppress(Unavailable):
            if is_kept:
                await self._store.keep(key, claim.token, answer, self._keep_seconds)
            else:
                await self._store.forget(key, claim.token)
        return answer

    def _done(self, task: asyncio.Task[KeptAnswer]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # told to the caller, if there still is one


def key_of(headers: Mapping[bytes, bytes]) -> str | None:
    """The request's Idempotency-Key. Raises BadRequest for one that cannot be one."""
    given = headers.get(HEADER)
    if given is None:
        return None
    key = given.decode("latin-1").strip()
    if not 0 < len(key) <= _LONGEST or not key.isascii() or not key.isprintable():
        raise BadRequest(f"An Idempotency-Key has 1 to {_LONGEST} printable characters.")
    return key


def stored_key(identity: Identity, profile: str, route: str, key: str) -> str:
    """The key under which an answer is kept: nobody gets the answer to somebody else's request,
    nor that of another route."""
    caller = identity.key_id or str(identity.id)
    text = "\x00".join((identity.kind, caller, profile, route, key))
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint_of(variables: Mapping[str, Any]) -> str:
    """The same for requests that mean the same, however their JSON is written."""
    text = json.dumps(variables, default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
