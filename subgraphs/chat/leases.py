"""Leases of people who are there: one Protocol, kept in the subgraph's database or in Redis.

A lease belongs to a person and a holder, such as a worker. Workers that share a database share the
leases as well; with Redis, which forgets what it keeps more easily than a database, nothing has to
be written to the disk for people who stay where they are.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.upsert import insert_into
from trellis.schema.extras import import_part
from trellis.subgraphs.chat import presence_queries
from trellis.subgraphs.chat.models import PresenceLease

_AT_ONCE = 5_000  # rows of three values: SQLite takes 32,766 in one statement, asyncpg 32,767


def in_parts(people: Collection[UUID]) -> Iterator[Sequence[UUID]]:
    """Few enough for a statement, in one order, so that workers do not wait for one another in
    turn."""
    ids = sorted(people)
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]


class Leases(Protocol):
    async def renew(self, holder: str, people: Collection[UUID], length: timedelta) -> None:
        """Let the leases of these people by ``holder`` last for ``length`` from now on. Raises
        ``Unavailable``."""
        ...

    async def living(self) -> frozenset[UUID]:
        """Everybody with a lease that lasts, by whatever holder. Raises ``Unavailable``."""
        ...


class DatabaseLeases:
    """Kept in the table ``presence_lease``."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def renew(self, holder: str, people: Collection[UUID], length: timedelta) -> None:
        now = utc_now()
        for ids in in_parts(people):
            await self._renew(holder, ids, now, now + length)

    async def _renew(
        self, holder: str, ids: Sequence[UUID], now: datetime, until: datetime
    ) -> None:
        rows = [{"user_id": id, "holder": holder, "expires_at": until} for id in ids]
        is_over = col(PresenceLease.expires_at) <= now
        async with self._storage.begin() as uow:
            await uow.session.execute(delete(PresenceLease).where(is_over))
            new = insert_into(uow.session, PresenceLease).values(rows)
            keys = [col(PresenceLease.user_id), col(PresenceLease.holder)]
            renewed = new.on_conflict_do_update(index_elements=keys, set_={"expires_at": until})
            await uow.session.execute(renewed)

    async def living(self) -> frozenset[UUID]:
        async with self._storage.read() as session:
            return await presence_queries.living_leases(session, utc_now())


def leases_of(storage: Storage) -> Leases:
    """In Redis where that is configured, else in the database."""
    url = storage.settings.redis_url
    if url is None:
        return DatabaseLeases(storage)
    return import_part("trellis.subgraphs.chat.redis_leases", "redis").RedisLeases(url)
