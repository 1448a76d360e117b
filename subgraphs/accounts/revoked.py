"""Revoked credentials that have not expired: sessions, API keys, people, older tokens.

Every process keeps what ended within the last hour, the longest that an access token lives, and
looks for more of it every two seconds; its own it learns at once. So asking costs nothing, and
signing out or losing a right works everywhere within seconds.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from trellis.db.models import utc_now
from trellis.db.outbox import Event
from trellis.db.storage import Storage
from trellis.db.tasks import end_tasks
from trellis.schema.background import keep_running
from trellis.schema.errors import Unavailable
from trellis.schema.events.accounts import (
    ApiKeyRevoked,
    SubscriptionChanged,
    UserDeleted,
    UserLoggedOut,
    UserUpdated,
)
from trellis.schema.identity import Identity
from trellis.schema.revocations import NOTHING_REVOKED, Revocations
from trellis.subgraphs.accounts import proof_queries
from trellis.subgraphs.accounts.tokens import good_from

logger = logging.getLogger("trellis.accounts")

_LOOK_EVERY_SECONDS = 2.0
# The longest life of an access token, and the leeway that verifiers grant.
_REMEMBER = timedelta(hours=1, minutes=2)
_RIGHTS = frozenset({"roles", "is_active", "tier", "organization_id", "team_id", "email"})


class Revoked:
    """Started and stopped with the subgraph."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._known = NOTHING_REVOKED
        self._learned: frozenset[UUID] = frozenset()
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._look()
        self._task = keep_running(self._run, name="look for revocations")

    async def stop(self) -> None:
        await end_tasks(self._task)

    async def is_revoked(self, identity: Identity) -> bool:
        """Whether the credentials of this caller are revoked."""
        return self._known.cover(identity)

    async def revocations(self) -> Revocations:
        """All that is known, for routers in other processes."""
        return self._known

    async def learn(self, events: Sequence[Event]) -> None:
        """Note what a committed transaction of this process has ended."""
        ended = frozenset(one.session_id for one in events if isinstance(one, UserLoggedOut))
        if ended:
            self._learned |= ended
            self._known = replace(self._known, sessions=self._known.sessions | ended)
        if any(_touches_rights(event) for event in events):
            await self._look_if_possible()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            await self._look_if_possible()

    async def _look_if_possible(self) -> None:
        try:
            await self._look()
        except Unavailable:
            logger.warning("revocations could not be looked for; those known stay")

    async def _look(self) -> None:
        # One after the other: an older view must not replace a newer one.
        async with self._turn:
            self._learned = frozenset()
            self._known = await self._read()

    async def _read(self) -> Revocations:
        since = utc_now() - _REMEMBER
        async with self._storage.read() as session:
            sessions = await proof_queries.sessions_ended_since(session, since)
            keys = await proof_queries.api_keys_revoked_since(session, since)
            changed = await proof_queries.users_changed_since(session, since)
        return Revocations(
            # What was learned while we read may have been committed after we looked.
            sessions=sessions | self._learned,
            keys=keys,
            users=frozenset(user.id for user in changed if not user.is_active),
            issued_before={user.id: good_from(user) for user in changed if user.is_active},
        )


def _touches_rights(event: Event) -> bool:
    if isinstance(event, UserUpdated):
        return not _RIGHTS.isdisjoint(event.changed)
    return isinstance(event, (ApiKeyRevoked, SubscriptionChanged, UserDeleted))
