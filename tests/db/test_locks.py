"""Named locks on PostgreSQL; a writer of SQLite is alone anyway, which test_engine.py shows."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema

from trellis.db.engine import Database
from trellis.db.locks import hold


@pytest.fixture
async def subgraphs(postgres_url: str) -> AsyncIterator[tuple[Database, Database]]:
    """Two that keep their data in one PostgreSQL database."""
    names = (f"locks_{uuid4().hex[:8]}" for _ in range(2))
    one, other = (Database(name, postgres_url) for name in names)
    for database in (one, other):
        async with database.write() as session:
            await session.execute(CreateSchema(database.name))
    yield one, other
    for database in (one, other):
        await database.close()


async def is_free(database: Database, name: str) -> bool:
    """Whether somebody else can hold the lock now."""
    try:
        async with database.write() as session:
            await session.execute(text("set local lock_timeout = '50ms'"))
            await hold(session, name)
    except DBAPIError as failure:
        if "lock timeout" not in str(failure):
            raise
        return False
    return True


async def test_a_lock_is_held_until_the_transaction_ends(subgraphs: tuple[Database, Database]):
    database, _ = subgraphs
    async with database.write() as session:
        await hold(session, "outbox")
        await hold(session, "outbox")  # whoever holds it already does not wait for itself
        assert not await is_free(database, "outbox")
    assert await is_free(database, "outbox")


async def test_other_locks_and_those_of_other_subgraphs_are_free(
    subgraphs: tuple[Database, Database],
):
    database, other = subgraphs
    async with database.write() as session:
        await hold(session, "outbox")
        assert await is_free(database, "relay")
        assert await is_free(other, "outbox")


async def test_who_shares_a_lock_keeps_out_only_those_who_want_it_alone(
    subgraphs: tuple[Database, Database],
):
    database, _ = subgraphs
    async with database.write() as one, database.write() as other:
        await hold(one, "outbox", shared=True)
        await hold(other, "outbox", shared=True)
        assert not await is_free(database, "outbox")
    assert await is_free(database, "outbox")
