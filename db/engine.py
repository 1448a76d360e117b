"""One subgraph's database: SQLite in WAL mode, or a schema of its own in PostgreSQL."""

import asyncio
import logging
import math
import os
import sqlite3
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from trellis.db.commits import SQLiteCommits, Version
from trellis.db.metrics import QueryMetrics
from trellis.schema.errors import Unavailable

logger = logging.getLogger("trellis.database")

_RETRY_AFTER_SECONDS = 1

# How long a writer waits on SQLite, for its turn and for other processes together: less than the
# five seconds that the router waits for a subgraph, so that its error reaches the caller.
_BUSY_SECONDS = 4.0
# The remaining time to wait for other processes is rounded up to such steps, so that the statement
# that sets it is one of a few.
_BUSY_STEP_SECONDS = 0.25

_FOR_OWNER_ONLY, _FOLDER_FOR_OWNER_ONLY = 0o600, 0o700
_SQLITE_FILES = ("", "-wal", "-shm")

# PostgreSQL error classes that pass by themselves: connection, deadlock or lost race, out of
# something, shutdown. SQLite result codes likewise: busy, locked, no memory, I/O, full, cannot
# open, protocol. https://www.postgresql.org/docs/15/errcodes-appendix.html
_PASSING_STATES = ("08", "40", "53", "57P")
_PASSING_CODES = frozenset({5, 6, 7, 10, 13, 14, 15})


class Database:
    """The connections of one subgraph; ``name`` is also its PostgreSQL schema."""

    def __init__(self, name: str, url: str, *, busy_seconds: float = _BUSY_SECONDS) -> None:
        self.name = name
        self.engine = make_engine(url, schema=name, busy_seconds=busy_seconds)
        self._metrics = QueryMetrics(name, self.engine)
        self._busy_seconds = busy_seconds
        # Write sessions take SQLite's write lock at BEGIN: a read-modify-write transaction that
        # starts as a reader would lose updates. PostgreSQL ignores the option.
        writing = self.engine.execution_options(write=True)
        # Writers of one process queue up here in order; SQLite itself would let them poll.
        self._writers_turn = None if self.is_postgres else asyncio.Lock()
        self._is_closed = False
        self._commits = None if self.is_postgres else SQLiteCommits(url)
        self._read_sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._write_sessions = async_sessionmaker(writing, expire_on_commit=False)

    @property
    def is_postgres(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncSession]:
        """A session for SELECTs, one per concurrent task. Raises ``Unavailable`` when down."""
        self._refuse_when_closed()
        async with _refusing_when_down(), self._read_sessions() as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncSession]:
        """A session in one transaction that commits at the end. Raises ``Unavailable``."""
        self._refuse_when_closed()
        waiting_since = time.monotonic()
        async with (
            self._alone_on_sqlite(),
            _refusing_when_down(),
            self._write_sessions.begin() as session,
        ):
            if not self.is_postgres:
                left = waiting_since + self._busy_seconds - time.monotonic()
                steps = max(math.ceil(left / _BUSY_STEP_SECONDS), 1)
                options = {"busy_seconds": steps * _BUSY_STEP_SECONDS}
                await session.connection(execution_options=options)
            yield session

    @asynccontextmanager
    async def _alone_on_sqlite(self) -> AsyncGenerator[None]:
        if self._writers_turn is None:
            yield
            return
        try:
            async with asyncio.timeout(self._busy_seconds):
                await self._writers_turn.acquire()
        except TimeoutError as crowded:
            raise _unavailable() from crowded
        try:
            yield
        finally:
            self._writers_turn.release()

    def data_version(self) -> Version | None:
        """A value that is another one after each commit of any process to a SQLite file: as long as
        it stays, nothing needs to be looked for. None where that is not known."""
        return self._commits.version() if self._commits and not self._is_closed else None

    async def ping(self) -> None:
        """Ask the database for a one; raises ``Unavailable`` when it does not answer."""
        async with self.read() as session:
            await session.execute(text("select 1"))

    async def close(self) -> None:
        self._is_closed = True
        if self._commits:
            self._commits.close()
        await self.engine.dispose()

    def _refuse_when_closed(self) -> None:
        # The engine would connect anew, and nobody would end that: readers of the stream of a
        # subgraph may go on for a moment when it has stopped.
        if self._is_closed:
            raise _unavailable()


def make_engine(url: str, *, schema: str, busy_seconds: float = _BUSY_SECONDS) -> AsyncEngine:
    """An engine for ``url``; on PostgreSQL every name is looked up in ``schema`` first.

    On SQLite a lock of another process is waited for ``busy_seconds`` long, in a transaction with
    the execution option ``busy_seconds`` as long as that says. Its files are for their owner only.
    """
    if not url.startswith("sqlite"):
        return create_async_engine(
            url,
            pool_size=10,
            max_overflow=5,
            pool_pre_ping=True,
            connect_args={"server_settings": {"search_path": schema}},
        )
    database = make_url(url).database
    if database and database != ":memory:":
        _make_private(Path(database))
    connect_args = {
        "timeout": busy_seconds,
        "factory": _SQLiteConnection,
        # The driver would otherwise begin only at the first write: we say BEGIN ourselves.
        "isolation_level": None,
    }
    engine = create_async_engine(url, connect_args=connect_args)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _make_private(database: Path) -> None:
    """Make a database's folder and file if they are missing, and close its files to others: there
    are hashes of passwords in them. A folder that was there keeps the rights it was given."""
    database.parent.mkdir(mode=_FOLDER_FOR_OWNER_ONLY, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        # Never opened once it is there: closing it again would drop this process's SQLite locks
        # (https://www.sqlite.org/howtocorrupt.html, section 2.2).
        os.close(os.open(database, os.O_CREAT | os.O_EXCL | os.O_RDWR, _FOR_OWNER_ONLY))
    for suffix in _SQLITE_FILES:
        # Missing, or somebody else's: then it is for them to say who may read it.
        with suppress(FileNotFoundError, PermissionError):
            Path(f"{database}{suffix}").chmod(_FOR_OWNER_ONLY)


class _SQLiteConnection(sqlite3.Connection):
    """A connection that is ready when it is open, and gives its locks back when it is closed.

    It is prepared in the driver's thread, in which it is opened: a listener of the engine would be
    one switch of threads per statement, and leave the connection to the garbage collector if the
    task is cancelled between them.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        try:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                self.execute(f"PRAGMA {pragma}").close()
        except BaseException:
            super().close()
            raise

    def close(self) -> None:
        # SQLite only pretends to close a connection that has a statement half read: the
        # transaction, and with it the write lock, would live until the statement is collected as
        # garbage. That is how a task ends that is cancelled between an INSERT ... RETURNING and
        # the reading of its rows.
        # Closing always works, also twice and on a broken disk; rolling back does not.
        with suppress(sqlite3.Error):
            self.rollback()
        super().close()


def _begin_sqlite(connection: Any) -> None:
    options = connection.get_execution_options()
    if "busy_seconds" in options:
        milliseconds = round(options["busy_seconds"] * 1_000)
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {milliseconds:d}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("write") else "BEGIN")


@asynccontextmanager
async def _refusing_when_down() -> AsyncGenerator[None]:
    """Turn "locked", "full", "refused" and "no free connection" into a retryable refusal."""
    try:
        yield
    except (PoolTimeout, ConnectionError) as failure:
        raise _unavailable() from failure
    except DBAPIError as failure:
        if failure.connection_invalidated or _will_pass(failure.orig):
            logger.warning("database not available: %s", type(failure.orig).__name__)
            raise _unavailable() from failure
        raise


def _will_pass(error: BaseException | None) -> bool:
    """Whether the same statement may go well a moment later; wrong SQL never does."""
    state = getattr(error, "sqlstate", None)
    if state is not None:
        return state.startswith(_PASSING_STATES)
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _PASSING_CODES


def _unavailable() -> Unavailable:
    return Unavailable(
        "The data store is busy or restarting. Try again shortly.",
        reason="DATABASE",
        retry_after=_RETRY_AFTER_SECONDS,
    )
