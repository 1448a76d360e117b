import asyncio
import sqlite3
import stat
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import MetaData, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from trellis.db.engine import Database
from trellis.db.tasks import end_tasks
from trellis.schema.errors import Unavailable


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

    assert refusal.value.extensions == {
        "code": "SERVICE_UNAVAILABLE",
        "reason": "DATABASE",
        "retry_after": 1,
    }
    assert "127.0.0.1" not in refusal.value.message
    await database.close()


async def test_a_row_that_refers_to_none_is_refused_and_one_that_is_referred_to_stays(
    database: Database, metadata: MetaData
):
    note, remark = metadata.tables["note"], metadata.tables["remark"]
    async with database.write() as session:
        await session.execute(insert(note).values(id=1, text="a"))
        await session.execute(insert(remark).values(id=1, note_id=1))

    for wrong in (insert(remark).values(id=2, note_id=7), delete(note)):
        with pytest.raises(IntegrityError):
            async with database.write() as session:
                await session.execute(wrong)


class DriverError(Exception):
    """What a database driver raises: PostgreSQL's tell a state, SQLite's a code."""

    def __init__(self, *, sqlstate: str | None = None, sqlite_errorcode: int | None = None) -> None:
        super().__init__("secret details")
        self.sqlstate = sqlstate
        if sqlite_errorcode is not None:
            self.sqlite_errorcode = sqlite_errorcode


def failure(driver: Exception, *, lost: bool = False) -> DBAPIError:
    return DBAPIError("select 1", {}, driver, connection_invalidated=lost)


PASSING = {
    "connection failure": failure(DriverError(sqlstate="08006")),
    "lost race": failure(DriverError(sqlstate="40001")),
    "deadlock": failure(DriverError(sqlstate="40P01")),
    "too many connections": failure(DriverError(sqlstate="53300")),
    "shutdown": failure(DriverError(sqlstate="57P01")),
    "starting up": failure(DriverError(sqlstate="57P03")),
    "connection lost": failure(DriverError(), lost=True),
    "refused": ConnectionRefusedError(),
    "no free connection": PoolTimeout(),
    **{
        f"SQLite {code}": failure(DriverError(sqlite_errorcode=code))
        # busy, locked, no memory, I/O, full, cannot open, protocol, busy while recovering
        for code in (5, 6, 7, 10, 13, 14, 15, 5 | 1 << 8)
    },
}
LASTING = {
    "query cancelled": failure(DriverError(sqlstate="57014")),
    "unique violation": failure(DriverError(sqlstate="23505")),
    "no such table": failure(DriverError(sqlstate="42P01")),
    "unknown": failure(DriverError()),
    **{
        f"SQLite {code}": failure(DriverError(sqlite_errorcode=code))
        # error, internal, permission, abort, read-only, corrupt, constraint, foreign key
        for code in (1, 2, 3, 4, 8, 11, 19, 19 | 3 << 8)
    },
}


@pytest.mark.parametrize("error", PASSING.values(), ids=PASSING.keys())
async def test_what_passes_by_itself_asks_to_try_again_and_tells_no_details(error: Exception):
    database = Database("never connected", "sqlite+aiosqlite://")
    for session_of in (database.read, database.write):
        with pytest.raises(Unavailable) as refusal:
            async with session_of():
                raise error
        assert refusal.value.extensions == {
            "code": "SERVICE_UNAVAILABLE",
            "reason": "DATABASE",
            "retry_after": 1,
        }
        assert "secret" not in refusal.value.message


@pytest.mark.parametrize("error", LASTING.values(), ids=LASTING.keys())
async def test_what_would_fail_again_is_not_taken_for_an_outage(error: Exception):
    database = Database("never connected", "sqlite+aiosqlite://")
    for session_of in (database.read, database.write):
        with pytest.raises(DBAPIError) as failed:
            async with session_of():
                raise error
        assert failed.value is error


async def test_the_folder_of_a_file_is_made_when_it_is_missing(tmp_path: Path):
    for _ in range(2):
        database = Database("notes", f"sqlite+aiosqlite:///{tmp_path}/of/trellis/notes.sqlite3")
        await database.ping()
        await database.close()
    assert (tmp_path / "of" / "trellis" / "notes.sqlite3").exists()


def rights_below(folder: Path) -> dict[str, int]:
    """The permission bits of a folder and of what is in it, by name."""
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}


async def test_files_and_a_new_folder_are_for_their_owner_only(tmp_path: Path):
    folder = tmp_path / "data"
    database = Database("notes", f"sqlite+aiosqlite:///{folder}/notes.sqlite3")
    try:
        async with database.write() as session:
            await session.execute(text("create table note (id integer)"))
        assert rights_below(folder) == {
            "data": 0o700,
            "notes.sqlite3": 0o600,
            "notes.sqlite3-wal": 0o600,
            "notes.sqlite3-shm": 0o600,
        }
    finally:
        await database.close()


def test_files_of_an_older_release_are_closed_to_others(tmp_path: Path):
    file = tmp_path / "notes.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("create table note (id integer)")
    connection.close()
    file.chmod(0o644)
    tmp_path.chmod(0o750)  # whoever made the folder knows who shall look into it
    Database("notes", f"sqlite+aiosqlite:///{file}")
    assert rights_below(tmp_path) == {tmp_path.name: 0o750, "notes.sqlite3": 0o600}


async def test_another_connection_keeps_its_lock_when_a_database_is_opened(tmp_path: Path):
    """SQLite's locks are POSIX locks: closing a descriptor of a file drops all of the process."""
    url = f"sqlite+aiosqlite:///{tmp_path}/notes.sqlite3"
    first = Database("notes", url)
    async with first.write() as session:
        await session.execute(text("create table note (id integer)"))
        await Database("notes", url).close()
        lock_it = "import sqlite3, sys; sqlite3.connect(sys.argv[1], 0).execute('begin immediate')"
        command = (sys.executable, "-c", lock_it, str(tmp_path / "notes.sqlite3"))
        other = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
        _, told = await other.communicate()
    await first.close()
    assert b"database is locked" in told


async def test_a_writer_waits_for_its_turn_and_the_lock_together(tmp_path: Path):
    """So that who asked is told in time, however long the queue has taken."""
    database = Database("notes", f"sqlite+aiosqlite:///{tmp_path}/notes.sqlite3")

    async def patience() -> int:
        async with database.write() as session:
            return (await session.execute(text("PRAGMA busy_timeout"))).scalar_one()

    try:
        assert await patience() == 4_000
        async with database.write():
            queued = asyncio.create_task(patience())
            await asyncio.sleep(0.3)
        assert 250 <= await queued <= 3_750
    finally:
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


async def test_a_connection_given_up_in_the_middle_of_an_answer_leaves_no_lock(
    database: Database, metadata: MetaData, database_url: str
):
    note = metadata.tables["note"]
    async with database.write() as session:
        await session.execute(insert(note), [{"id": id, "text": "a"} for id in range(50)])
    async with database.write() as session:
        connection = await (await session.connection()).get_raw_connection()
        half_read: Any = connection.driver_connection
        if not database.is_postgres:
            # A task that is cancelled here leaves such a cursor, alive until it is collected.
            half_read = await half_read.execute("update note set text = 'b' returning id")
        await session.invalidate()

    other = Database(database.name, database_url, busy_seconds=0.5)
    try:
        async with other.write() as session:
            await session.execute(update(note).values(text="c").returning(note.c.id))
    finally:
        await other.close()
    assert half_read is not None


async def test_tasks_cancelled_anywhere_do_not_keep_others_from_writing(
    database: Database, metadata: MetaData, database_url: str
):
    if database.is_postgres:
        pytest.skip("there a transaction ends with its connection")
    note = metadata.tables["note"]
    async with database.write() as session:
        await session.execute(insert(note), [{"id": id, "text": "a"} for id in range(50)])

    async def write_for_ever() -> None:
        while True:
            async with database.write() as session:
                statement = update(note).values(count=note.c.count + 1).returning(note.c.id)
                assert len((await session.execute(statement)).all()) == 50

    other = Database(database.name, database_url, busy_seconds=2)
    chance = Random(1)
    try:
        for _ in range(30):
            task = asyncio.create_task(write_for_ever())
            await asyncio.sleep(chance.random() * 0.02)
            await end_tasks(task)
            async with other.write() as session:
                counts = (await session.scalars(select(note.c.count).distinct())).all()
            assert len(counts) == 1
    finally:
        await other.close()


async def test_a_closed_database_refuses_and_does_not_connect_anew(tmp_path: Path):
    database = Database("notes", f"sqlite+aiosqlite:///{tmp_path}/notes.sqlite3")
    await database.ping()
    await database.close()
    with pytest.raises(Unavailable):
        await database.ping()
    with pytest.raises(Unavailable):
        async with database.write():
            raise AssertionError("nothing can be written")
