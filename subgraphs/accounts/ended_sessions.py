"""Which sessions are over although access tokens of theirs have not expired yet.

Every process keeps the sessions that ended within the last hour, the longest that an access token
lives, and looks for more of them every two seconds; its own it learns at once. So asking costs
nothing and signing out works everywhere within seconds.
"""

import asyncio
import logging
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from db.models import utc_now
from db.outbox import Event
from db.storage import Storage
from db.tasks import end_tasks
from schema.errors import Unavailable
from schema.identity import Identity
from subgraphs.accounts import proof_queries
from subgraphs.accounts.events import UserLoggedOut

logger = logging.getLogger("trellis.accounts")

_LOOK_EVERY_SECONDS = 2.0
# The longest life of an access token, and the leeway that verifiers grant.
_REMEMBER = timedelta(hours=1, minutes=2)


class EndedSessions:
    """Started and stopped with the subgraph."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._ids: frozenset[UUID] = frozenset()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._look()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        await end_tasks(self._task)

    async def is_revoked(self, identity: Identity) -> bool:
        """Whether the session of this caller's token is over."""
        return identity.session_id in self._ids

    def learn(self, events: Iterable[Event]) -> None:
        """Note the sessions that a transaction of this process has ended."""
        ended = {event.session_id for event in events if isinstance(event, UserLoggedOut)}
        if ended:
            self._ids |= ended

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            try:
                await self._look()
            except Unavailable:
                logger.warning("ended sessions could not be looked for; those known stay ended")

    async def _look(self) -> None:
        async with self._storage.read() as session:
            self._ids = await proof_queries.sessions_ended_since(session, utc_now() - _REMEMBER)
