import asyncio

import pytest
from sqlalchemy import MetaData, insert, select, text, update
from sqlalchemy.exc import OperationalError, ProgrammingError

from db.engine import Database
from schema.errors import Unavailable


async def test_two_hundred_concurrent_increments_lose_nothing(
    database: Database, metadata: MetaData
):
    note = metadata.tables["note"]
    async with database.write() as session:
        await session.execute(insert(note).values(id=1, text="a"))

    async def increment() -> None:
        async with database.write() as session:
            statement = select(note.c.count).where(note.c.id == 1).with_for_update()
            count = (await session.execute(statement)).scalar_one()
            await asyncio.sleep(0)
            await session.execute(update(note).values(count=count + 1))

    for _ in range(10):
        await asyncio.gather(*(increment() for _ in range(20)))

    async with database.read() as session:
        assert (await session.execute(select(note.c.count))).scalar_one() == 200


async def test_a_failing_block_leaves_no_row(database: Database, metadata: MetaData):
    note = metadata.tables["note"]

    async def fail() -> None:
        async with database.write() as session:
            await session.execute(insert(note).values(id=1, text="a"))
            raise LookupError

    with pytest.raises(LookupError):
        await fail()

    async with database.read() as session:
        assert (await session.execute(select(note.c.id))).all() == []


async def test_two_subgraphs_in_one_postgres_database_do_not_see_each_other(
    database: Database, database_url: str
):
    if not database.is_postgres:
        pytest.skip("SQLite has a file per subgraph")
    other = Database("somebody_else", database_url)
    try:
        async with other.read() as session:
            seen = (await session.execute(text("select to_regclass('note')"))).scalar_one()
        assert seen is None
    finally:
        await other.close()


async def test_a_database_that_is_not_there_is_unavailable_and_tells_no_address():
    database = Database("gone", "postgresql+asyncpg://trellis:secret@127.0.0.1:9/none")

    with pytest.raises(Unavailable) as refusal:
        await database.ping()

    assert refusal.value.extensions == {"code": "SERVICE_UNAVAILABLE", "retryAfter": 1}
    assert "127.0.0.1" not in refusal.value.message
    await database.close()


async def test_wrong_sql_is_our_fault_and_not_an_outage(database: Database):
    with pytest.raises(ProgrammingError if database.is_postgres else OperationalError):
        async with database.read() as session:
            await session.execute(text("select nothing from nowhere"))


async def test_a_lock_of_another_process_is_waited_for_and_then_refused(
    database: Database, database_url: str
):
    if database.is_postgres:
        pytest.skip("PostgreSQL locks rows, not the database")
    impatient = Database(database.name, database_url, busy_seconds=0.2)
    async with database.write() as session:
        await session.execute(text("select 1"))
        with pytest.raises(Unavailable):
            async with impatient.write() as other:
                await other.execute(text("select 1"))
    await impatient.close()


async def test_writers_of_one_process_are_refused_when_the_queue_stands_still(
    database: Database, database_url: str
):
    if database.is_postgres:
        pytest.skip("PostgreSQL has no single writer")
    queue = Database(database.name, database_url, busy_seconds=0.1)
    async with queue.write():
        with pytest.raises(Unavailable):
            async with queue.write():
                pass
    async with queue.write():
        pass
    await queue.close()
