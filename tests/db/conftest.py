"""A small subgraph database, once on SQLite and once on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table
from sqlalchemy.schema import CreateSchema

from trellis.db.engine import Database
from trellis.db.models import new_metadata


def notes_metadata() -> MetaData:
    metadata = new_metadata()
    Table(
        "note",
        metadata,
        Column("id", Integer(), primary_key=True, autoincrement=False),
        Column("text", String(100), nullable=False),
        Column("count", Integer(), nullable=False, server_default="0"),
    )
    Table(
        "remark",
        metadata,
        Column("id", Integer(), primary_key=True, autoincrement=False),
        Column("note_id", ForeignKey("note.id"), nullable=False),
    )
    return metadata


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite+aiosqlite:///{tmp_path}/notes.sqlite3"


@pytest.fixture
def metadata() -> MetaData:
    return notes_metadata()


@pytest.fixture
async def database(database_url: str, metadata: MetaData) -> AsyncIterator[Database]:
    database = Database(f"notes_{uuid4().hex[:8]}", database_url)
    async with database.engine.execution_options(write=True).begin() as connection:
        if database.is_postgres:
            await connection.execute(CreateSchema(database.name))
        await connection.run_sync(metadata.create_all)
    yield database
    await database.close()
