"""The router's own SQLite file: what must be exact over workers and restarts where no Redis is.

Everything runs on one thread per file object, because SQLite blocks and the event loop may not.
What is asked while the thread is busy becomes one transaction, so that a burst pays for one commit.
Workers of one machine open the same file; SQLite's own lock puts their transactions in order.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import structlog

log = structlog.get_logger(__name__)

FILE_NAME = "router.sqlite3"

BUSY_SECONDS = 2.0
"""How long another worker may hold the file: its transactions take about a millisecond, so one that
takes a thousand times longer is stuck, and clients are better off with a 503."""

_BATCH = 100
"""Most requests of one transaction: about as long as other workers wait without noticing."""

_PAUSE_SECONDS = 0.005  # about as long as another worker takes to make the file

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]


class StateFileAway(Exception):
    """The file cannot be opened, read or written: nothing of what was asked has happened."""


class _Asked(NamedTuple):
    work: Work[Any]
    answer: asyncio.Future[Any]


class StateFile:
    """``schema`` are the statements that make the tables of whoever asks, if they are not there.

    The file is opened when it is first needed and again after each failure. It belongs to its
    owner only (0600, in a folder of 0700 when it makes the folder), as it holds answers to clients.
    """

    def __init__(self, path: Path, schema: str, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._path = path
        self._schema = schema
        self._busy_seconds = busy_seconds
        self._connection: sqlite3.Connection | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._waiting: list[_Asked] = []
        self._courier: asyncio.Task[None] | None = None
        self._is_away = False

    async def run(self, work: Work[Result]) -> Result:
        """What ``work`` gives, on the thread and within a transaction that has been committed to
        the disk. Raises StateFileAway; work that raises takes back whatever shares its
        transaction, so it must not. A caller that is cancelled may have been too late."""
        asked = _Asked(work, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if self._courier is None or self._courier.done():
            self._courier = asyncio.create_task(self._carry())
        return cast("Result", await asked.answer)

    async def aclose(self) -> None:
        """Finish what was asked, and close the file."""
        if self._courier is not None:
            await asyncio.gather(self._courier, return_exceptions=True)
        if self._thread is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
            self._thread.shutdown()
            self._thread = None

    async def _carry(self) -> None:
        """Bring what waits to the thread and answers back until nothing is left."""
        loop = asyncio.get_running_loop()
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="state-file")
        while self._waiting:
            batch = [asked for asked in self._waiting[:_BATCH] if not asked.answer.done()]
            del self._waiting[:_BATCH]
            try:
                results = await loop.run_in_executor(self._thread, self._commit, batch)
            except Exception as failure:  # whatever it is, nobody may wait for ever
                is_away = isinstance(failure, sqlite3.Error | OSError)
                if is_away:
                    self._note(failure)
                for asked in batch:
                    if not asked.answer.done():
                        error = StateFileAway(str(failure)) if is_away else failure
                        asked.answer.set_exception(error)
                continue
            self._note(None)
            for asked, result in zip(batch, results, strict=True):
                if not asked.answer.done():
                    asked.answer.set_result(result)

    def _note(self, failure: Exception | None) -> None:
        """Say once that the file is away, and once that it is back."""
        if failure is not None and not self._is_away:
            log.error("state_file_away", path=str(self._path), reason=str(failure))
        elif failure is None and self._is_away:
            log.info("state_file_is_back", path=str(self._path))
        self._is_away = failure is not None

    # -- on the thread ---------------------------------------------------------------------------

    def _commit(self, batch: list[_Asked]) -> list[Any]:
        try:
            if self._connection is None:
                self._connection = self._open()
            # At once for writing: a transaction that begins as a reader may not become a writer
            # after another worker has written.
            self._connection.execute("BEGIN IMMEDIATE")
            results = [asked.work(self._connection) for asked in batch]
            self._connection.execute("COMMIT")
        except BaseException:
            self._close()
            raise
        return results

    def _open(self) -> sqlite3.Connection:
        """Whoever opens a new file while another worker does is told at once that it is locked:
        SQLite does not wait for the change to a write-ahead log. So we do."""
        patience = time.monotonic() + self._busy_seconds
        while True:
            try:
                return self._connect()
            except sqlite3.OperationalError as failure:
                is_busy = failure.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not is_busy or time.monotonic() > patience:
                    raise
            time.sleep(_PAUSE_SECONDS)

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its other files the mode of this one, and would make it readable for all.
        with suppress(FileExistsError):
            # Never opened once it is there: closing it again would drop the locks that other
            # connections of this process hold (https://www.sqlite.org/howtocorrupt.html, 2.2).
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError, PermissionError):
                Path(f"{self._path}{suffix}").chmod(0o600)
        connection = sqlite3.connect(self._path, timeout=self._busy_seconds, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")  # a claim survives a power cut, too
            connection.executescript(f"BEGIN IMMEDIATE; {self._schema} COMMIT;")
        except BaseException:
            connection.close()
            raise
        return connection

    def _close(self) -> None:
        """Closing takes back what was not committed."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
