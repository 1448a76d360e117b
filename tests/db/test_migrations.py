import importlib
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import MetaData, text

from db import migrate
from db.engine import Database

SUBGRAPHS = ["accounts", "projects"]


@pytest.fixture(params=SUBGRAPHS)
def subgraph(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def models(subgraph: str) -> MetaData:
    return importlib.import_module(f"subgraphs.{subgraph}.models").Base.metadata


@pytest.fixture
async def empty(subgraph: str, database_url: str) -> AsyncIterator[Database]:
    database = Database(subgraph, database_url)
    yield database
    async with database.engine.begin() as connection:
        if database.is_postgres:
            await connection.execute(text(f'drop schema if exists "{subgraph}" cascade'))
    await database.close()


async def test_the_migrations_make_what_the_models_describe(empty: Database, models: MetaData):
    await migrate.upgrade(empty, models)

    assert await migrate.differences(empty, models) == []


async def test_migrating_twice_changes_nothing(empty: Database, models: MetaData):
    await migrate.upgrade(empty, models)
    await migrate.upgrade(empty, models)

    assert await migrate.differences(empty, models) == []


async def test_the_way_back_leaves_only_alembics_own_table(empty: Database, models: MetaData):
    await migrate.upgrade(empty, models)
    await migrate.downgrade(empty, models)

    async with empty.read() as session:
        counted = await session.execute(text("select count(*) from alembic_version"))
        assert counted.scalar_one() == 0
    assert len(await migrate.differences(empty, models)) >= len(models.tables)
