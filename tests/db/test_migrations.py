import ast
import importlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, DefaultClause, Integer, MetaData, Table, text

from tests.db.conftest import notes_metadata
from tests.support.product import SUBGRAPHS
from trellis.db import migrate, versions
from trellis.db.engine import Database
from trellis.db.versions import MIGRATIONS


@pytest.fixture(params=SUBGRAPHS)
def subgraph(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def models(subgraph: str) -> MetaData:
    return importlib.import_module(f"trellis.subgraphs.{subgraph}.models").Base.metadata


@pytest.fixture
async def empty(subgraph: str, database_url: str) -> AsyncIterator[Database]:
    database = Database(subgraph, database_url)
    # Before it, too: another test may have served a subgraph from this server.
    await _drop_schema(database)
    yield database
    await _drop_schema(database)
    await database.close()


async def _drop_schema(database: Database) -> None:
    if database.is_postgres:
        async with database.engine.begin() as connection:
            await connection.execute(text(f'drop schema if exists "{database.name}" cascade'))


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


async def test_a_type_a_default_or_a_table_that_differs_is_found(
    database: Database, metadata: MetaData
):
    assert await migrate.differences(database, metadata) == []

    default, type, table = (notes_metadata() for _ in range(3))
    default.tables["note"].c.count.server_default = DefaultClause("1")
    type.tables["note"].c.text.type = Integer()
    Table("more", table, Column("id", Integer(), primary_key=True))
    found = [await migrate.differences(database, models) for models in (default, type, table)]
    assert [_kind_of(differences) for differences in found] == [
        "modify_default",
        "modify_type",
        "add_table",
    ]


async def test_a_table_beside_the_models_is_no_difference_and_others_are(database: Database):
    beside = notes_metadata()
    beside.info["beside_models"] = ("note_text",)
    async with database.write() as session:
        for name in ("note_text", "note_text_data", "note_texts"):
            await session.execute(text(f"create table {name} (id integer)"))

    found = await migrate.differences(database, beside)

    assert [(kind, table.name) for kind, table in found] == [("remove_table", "note_texts")]


def _kind_of(differences: list[Any]) -> str:
    """What the only difference is; those of a column are grouped by it."""
    [difference] = differences
    if isinstance(difference, list):
        [difference] = difference
    return difference[0]


@pytest.mark.parametrize(
    "message",
    [
        'rename "title"',
        'it\'s "done"',
        '"""',
        "back\\slash \\",
        "two\nlines",
        "100 % {sure} ${x}",
        "größe",
    ],
)
async def test_a_revision_that_is_written_runs_and_tells_its_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: str
):
    migrations = tmp_path / "migrations"
    (migrations / "notes" / "versions").mkdir(parents=True)
    for shared in ("env.py", "script.py.mako"):
        shutil.copy(MIGRATIONS / shared, migrations)
    for module in (migrate, versions):
        monkeypatch.setattr(module, "MIGRATIONS", migrations)
    database = Database("notes", f"sqlite+aiosqlite:///{tmp_path}/notes.sqlite3")
    try:
        await migrate.make_revision(database, notes_metadata(), message)
        [written] = (migrations / "notes" / "versions").glob("*.py")
        await migrate.upgrade(database, notes_metadata())

        assert written.name.startswith("0001_")
        assert ast.get_docstring(ast.parse(written.read_text()), clean=False) == message
        assert await migrate.differences(database, notes_metadata()) == []
    finally:
        await database.close()
