"""Whether anybody has committed anything to a SQLite file: microseconds instead of a query.

Background tasks look once a second for what other processes have written. In an installation of
sixteen subgraphs their queries took a tenth of a processor while nothing happened.
"""

import sqlite3
from contextlib import suppress

from sqlalchemy.engine import make_url

Version = tuple[int, int]
"""Of the data in a file: another one after each commit. Versions have no order."""


class SQLiteCommits:
    """A connection that only ever asks one question, and waits for no lock to get its answer."""

    def __init__(self, url: str) -> None:
        self._path = make_url(url).database
        self._connection: sqlite3.Connection | None = None
        self._generation = 0

    def version(self) -> Version | None:
        """SQLite's ``data_version``: another number after each commit of another connection, in
        this process or in any (https://www.sqlite.org/pragma.html#pragma_data_version). None if it
        cannot be told now, or ever: a database in memory is seen by its own connection only."""
        if not self._path or self._path == ":memory:":
            return None
        try:
            if self._connection is None:
                # Not the thread that has asked first must ask and close.
                self._connection = sqlite3.connect(
                    self._path, timeout=0, isolation_level=None, check_same_thread=False
                )
            [(version,)] = self._connection.execute("PRAGMA data_version").fetchall()
        except sqlite3.Error:
            # Locked, or the file is gone. A new connection counts anew.
            self.close()
            return None
        return self._generation, version

    def close(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
            self._generation += 1
