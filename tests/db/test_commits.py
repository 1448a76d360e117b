"""Whether something was committed, told without a query."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import MetaData, insert, text

from trellis.db.commits import SQLiteCommits
from trellis.db.engine import Database


async def test_each_commit_of_anybody_is_seen_and_no_reading(
    database: Database, metadata: MetaData, database_url: str
):
    if database.is_postgres:
        assert database.data_version() is None
        return
    note = metadata.tables["note"]
    other = Database(database.name, database_url)
    seen = [database.data_version()]
    for writer in (database, other, database):
        async with writer.write() as session:
            await session.execute(insert(note).values(id=len(seen), text="a"))
        async with other.read() as session:
            await session.execute(text("select 1"))
        assert database.data_version() == database.data_version()
        seen.append(database.data_version())
    await other.close()
    assert None not in seen
    assert len(set(seen)) == 4


async def test_a_closed_database_tells_nothing(tmp_path: Path):
    database = Database("notes", f"sqlite+aiosqlite:///{tmp_path}/notes.sqlite3")
    assert database.data_version() is not None
    await database.close()
    assert database.data_version() is None


@pytest.mark.parametrize("name", ["", ":memory:", "no/such/folder/notes.sqlite3"])
def test_what_cannot_be_known_is_none(name: str, tmp_path: Path):
    path = str(tmp_path / name) if "/" in name else name
    with closing(SQLiteCommits(f"sqlite+aiosqlite:///{path}")) as commits:
        assert commits.version() is None
