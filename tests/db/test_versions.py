import importlib
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from tests.support.shared import ROOT
from trellis.db import migrate
from trellis.db.engine import Database
from trellis.db.versions import MIGRATIONS, is_at_newest, newest_version, version_folder

SUBGRAPHS = sorted(path.name for path in MIGRATIONS.iterdir() if (path / "versions").is_dir())


@pytest.fixture
async def projects(database_url: str) -> AsyncIterator[Database]:
    database = Database("projects", database_url)
    yield database
    async with database.engine.begin() as connection:
        if database.is_postgres:
            await connection.execute(text('drop schema if exists "projects" cascade'))
    await database.close()


@pytest.fixture
async def migrated(projects: Database) -> Database:
    models = importlib.import_module("trellis.subgraphs.projects.models").Base.metadata
    await migrate.upgrade(projects, models)
    return projects


@pytest.mark.parametrize("subgraph", SUBGRAPHS)
def test_the_newest_file_is_the_one_head_that_alembic_sees(subgraph: str):
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", str(version_folder(subgraph)))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [newest_version(subgraph)]


async def test_an_empty_database_is_not_at_the_newest_version(projects: Database):
    assert not await is_at_newest(projects)


async def test_a_migrated_database_is_at_the_newest_version(migrated: Database):
    assert await is_at_newest(migrated)


@pytest.mark.parametrize(
    "statement",
    [
        "delete from alembic_version",
        "update alembic_version set version_num = '0000'",
        "update alembic_version set version_num = '9999'",
    ],
)
async def test_any_other_version_is_left_for_alembic_to_judge(migrated: Database, statement: str):
    async with migrated.write() as session:
        await session.execute(text(statement))

    assert not await is_at_newest(migrated)


def test_storage_loads_neither_alembic_nor_redis_until_they_are_needed():
    loaded = "sorted({'alembic', 'redis'} & sys.modules.keys())"
    code = f"import sys, trellis.db.storage; print({loaded})"
    command = [sys.executable, "-c", code]
    assert subprocess.check_output(command, cwd=ROOT, text=True, timeout=60) == "[]\n"
