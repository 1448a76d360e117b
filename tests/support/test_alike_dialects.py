"""What one engine has compiled another need not compile."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, event, insert, select
from sqlalchemy.engine.interfaces import CacheStats
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tests.support.alike_dialects import AlikePostgres, AlikeSQLite

THINGS = Table(
    "things_of_this_test", MetaData(), Column("id", Integer, primary_key=True), Column("a", String)
)


@pytest.fixture
async def engines(tmp_path: Path) -> AsyncIterator[list[AsyncEngine]]:
    """Of two databases, each with a row that tells it from the other."""
    made = [create_async_engine(f"sqlite+aiosqlite:///{tmp_path / name}") for name in ("x", "y")]
    for number, engine in enumerate(made):
        async with engine.begin() as connection:
            await connection.run_sync(THINGS.metadata.create_all)
            await connection.execute(insert(THINGS).values(id=number, a="like"))
    yield made
    for engine in made:
        await engine.dispose()


async def test_the_second_engine_finds_the_statement_and_asks_its_own_database(
    engines: list[AsyncEngine],
) -> None:
    hits: list[CacheStats] = []
    found: list[list[int]] = []
    for engine in engines:
        event.listen(
            engine.sync_engine,
            "after_cursor_execute",
            lambda *given: hits.append(given[4].cache_hit),
        )
        async with engine.connect() as connection:
            rows = await connection.scalars(select(THINGS.c.id).where(THINGS.c.a == "like"))
            found.append(list(rows))

    assert found == [[0], [1]]
    assert hits == [CacheStats.CACHE_MISS, CacheStats.CACHE_HIT]


def test_only_dialects_of_equal_servers_are_alike() -> None:
    one, same, newer = AlikePostgres(), AlikePostgres(), AlikePostgres()
    one.server_version_info = same.server_version_info = (16, 4)
    newer.server_version_info = (17, 0)
    assert one == same and hash(one) == hash(same)
    assert one != newer

    same.default_schema_name = "elsewhere"
    assert one != same
    assert AlikeSQLite() != AlikePostgres()
