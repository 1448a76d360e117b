"""Reads revocations from the subgraph in another process that issues tokens."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from trellis.router.transports.internal import InternalResponse
from trellis.router.trust.wire import revocations_from_json
from trellis.schema.background import start_reported
from trellis.schema.errors import Unavailable
from trellis.schema.identity import Identity
from trellis.schema.revocations import NOTHING_REVOKED, Revocations

_PATH = "/internal/revocations"

log = structlog.get_logger(__name__)


class RevocationClient(Protocol):
    """The part of ``InternalClient`` that is used here."""

    async def get(self, path: str, *, etag: str | None = None) -> InternalResponse: ...


class RemoteRevocations:
    """Polls every ``every`` seconds while there are requests, one poll at a time.

    Requests wait for a poll if the last result is older than two intervals. If the subgraph is
    unavailable, the last result stays in use and requests do not wait. Before the first result all
    tokens are rejected: a revoked token must not become valid by restarting the router.
    """

    def __init__(
        self,
        client: RevocationClient,
        *,
        every: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._every = every
        self._clock = clock
        self._revocations: Revocations | None = None
        self._etag: str | None = None
        self._loaded_at = float("-inf")
        self._tried_at = float("-inf")
        self._is_down = False
        self._poll: asyncio.Task[None] | None = None

    async def is_revoked(self, identity: Identity) -> bool:
        """Whether this caller's token or key is revoked. Raises Unavailable before the first poll
        has succeeded."""
        now = self._clock()
        if self._poll is None and now - self._tried_at >= self._every:
            self._tried_at = now
            self._poll = start_reported(self._load(), name="poll of revocations")
        is_outdated = now - self._loaded_at >= 2 * self._every
        if self._poll is not None and (
            self._revocations is None or (is_outdated and not self._is_down)
        ):
            await asyncio.shield(self._poll)
        if self._revocations is None:
            raise Unavailable("Access tokens cannot be verified at the moment; try again shortly.")
        return self._revocations.cover(identity)

    async def _load(self) -> None:
        started = self._clock()
        try:
            response = await self._client.get(_PATH, etag=self._etag)
            if response.status == 404:
                self._revocations = self._revocations or NOTHING_REVOKED
            elif response.status == 200:
                self._revocations = revocations_from_json(response.value)
                self._etag = response.etag
            self._loaded_at = started
            self._log_change(is_down=False)
        except Exception as error:
            # Boundary to another system: on any failure the last result stays in use.
            self._log_change(is_down=True, error=type(error).__name__)
        finally:
            self._poll = None

    def _log_change(self, *, is_down: bool, **details: str) -> None:
        """Log changes of the state, not every poll."""
        if is_down and not self._is_down:
            log.warning("revocations_unavailable", **details)
        if not is_down and self._is_down:
            log.info("revocations_available_again")
        self._is_down = is_down
