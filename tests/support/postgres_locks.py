"""Seeing that a transaction waits for another one, so that a race is arranged and not hoped for."""

import asyncio

from sqlalchemy import text

from trellis.db.engine import Database

_WAITING = text(
    "select count(*) from pg_stat_activity "
    "where datname = current_database() and wait_event_type = 'Lock'"
)


async def somebody_waits(database: Database) -> None:
    """Return when a transaction of the PostgreSQL database waits for a lock; on SQLite, where
    writers queue up in this process, at once.

    Raises ``TimeoutError`` after five seconds.
    """
    if not database.is_postgres:
        return
    async with asyncio.timeout(5):
        while True:
            async with database.read() as session:
                if (await session.execute(_WAITING)).scalar_one():
                    return
            await asyncio.sleep(0.01)
