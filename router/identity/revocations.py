"""What is revoked, as the subgraph in another process that issues tokens tells it."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from trellis.router.errors import SubgraphError
from trellis.router.transports.internal import InternalAnswer
from trellis.router.trust.wire import revocations_from_json
from trellis.schema.errors import Unavailable
from trellis.schema.identity import Identity
from trellis.schema.revocations import NOTHING_REVOKED, Revocations

_PATH = "/internal/revocations"

log = structlog.get_logger(__name__)


class Asks(Protocol):
    """The part of ``InternalClient`` that is needed here."""

    async def get(self, path: str, *, etag: str | None = None) -> InternalAnswer: ...


class RemoteRevocations:
    """Looks every ``every`` seconds while somebody asks, one look at a time.

    Nobody decides by a look older than two of these intervals, unless the subgraph does not answer:
    then what is known stays, and requests do not wait. As long as nothing was ever learnt, nobody
    is let in: someone signed out long ago must not come back with a restart.
    """

    def __init__(
        self, client: Asks, *, every: float = 2.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._every = every
        self._clock = clock
        self._known: Revocations | None = None
        self._etag: str | None = None
        self._known_at = float("-inf")
        self._tried_at = float("-inf")
        self._is_down = False
        self._look: asyncio.Task[None] | None = None

    async def is_revoked(self, identity: Identity) -> bool:
        """Whether this caller's proof is good no more. Raises Unavailable before the first look
        has succeeded."""
        now = self._clock()
        if self._look is None and now - self._tried_at >= self._every:
            self._tried_at = now
            self._look = asyncio.create_task(self._learn())
        is_outdated = now - self._known_at >= 2 * self._every
        if self._look is not None and (self._known is None or (is_outdated and not self._is_down)):
            await asyncio.shield(self._look)
        if self._known is None:
            raise Unavailable("Access tokens cannot be verified at the moment; try again shortly.")
        return self._known.cover(identity)

    async def _learn(self) -> None:
        started = self._clock()
        try:
            answer = await self._client.get(_PATH, etag=self._etag)
            if answer.status == 404:
                self._known = self._known or NOTHING_REVOKED
            elif answer.status == 200:
                self._known = revocations_from_json(answer.value)
                self._etag = answer.etag
            self._known_at = started
            self._note(is_down=False)
        except (SubgraphError, ValueError) as error:
            self._note(is_down=True, error=type(error).__name__)
        finally:
            self._look = None

    def _note(self, *, is_down: bool, **details: str) -> None:
        """A line for each change, not for each look."""
        if is_down and not self._is_down:
            log.warning("revocations_not_learnt", **details)
        if not is_down and self._is_down:
            log.info("revocations_learnt_again")
        self._is_down = is_down
