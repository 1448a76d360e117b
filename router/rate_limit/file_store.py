"""A store in the router's own file, shared by the workers of a machine and kept over restarts."""

import sqlite3
import time
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path

from trellis.router.rate_limit.memory_store import MAX_KEYS
from trellis.router.rate_limit.sliding_log import (
    Charge,
    Level,
    SlidingLog,
    empty_level,
    taken_level,
)
from trellis.router.state_file import StateFile

_SCHEMA = """
CREATE TABLE IF NOT EXISTS limit_log (
  key TEXT PRIMARY KEY, base INTEGER NOT NULL, pairs BLOB NOT NULL, ends INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS limit_log_ends ON limit_log (ends);
"""
_READ = "SELECT base, pairs FROM limit_log WHERE key = ?"
_WRITE = "INSERT OR REPLACE INTO limit_log VALUES (?, ?, ?, ?)"
_SWEEP = "DELETE FROM limit_log WHERE ends <= ?"
_COUNT = "SELECT count(*) FROM limit_log"
_SHORTEN = "DELETE FROM limit_log WHERE key IN (SELECT key FROM limit_log ORDER BY ends LIMIT ?)"

_SWEEP_AFTER = 200
"""Writes between two deletions of expired logs: often enough to keep the file small."""


def wall_microseconds() -> int:
    """The only clock that all workers share and that survives a restart of the machine."""
    return time.time_ns() // 1_000


class FileStore:
    """Implements ``Store`` for at most ``max_keys`` keys; above that, those that expire first are
    deleted. All methods raise StateFileAway."""

    def __init__(
        self,
        path: Path,
        *,
        max_keys: int = MAX_KEYS,
        clock: Callable[[], int] = wall_microseconds,
    ) -> None:
        self._file = StateFile(path, _SCHEMA)
        self._max_keys = max_keys
        self._clock = clock
        self._writes = 0

    async def start(self) -> None:
        """The file is opened on first use."""

    async def take(self, charges: Sequence[Charge]) -> Sequence[Level]:
        return await self._file.run(lambda connection: self._take(connection, charges))

    async def peek(self, charges: Sequence[Charge]) -> Sequence[Level]:
        return await self._file.run(lambda connection: self._levels(connection, charges)[0])

    async def aclose(self) -> None:
        await self._file.aclose()

    def _take(self, connection: sqlite3.Connection, charges: Sequence[Charge]) -> Sequence[Level]:
        now = self._clock()
        levels, logs = self._levels(connection, charges, now)
        if any(level.wait for level in levels):
            return levels
        for charge, log in zip(charges, logs, strict=True):
            log.add(charge, now)
            row = (charge.key, *_written(log), now + charge.window.microseconds)
            connection.execute(_WRITE, row)
        self._sweep(connection, now, len(charges))
        return list(map(taken_level, charges, levels))

    def _levels(
        self, connection: sqlite3.Connection, charges: Sequence[Charge], now: int | None = None
    ) -> tuple[list[Level], list[SlidingLog]]:
        now = self._clock() if now is None else now
        levels, logs = [], []
        for charge in charges:
            row = connection.execute(_READ, (charge.key,)).fetchone()
            log = SlidingLog() if row is None else _read(*row)
            log.move_back_to(now)
            levels.append(empty_level(charge) if row is None else log.level(charge, now))
            logs.append(log)
        return levels, logs

    def _sweep(self, connection: sqlite3.Connection, now: int, writes: int) -> None:
        self._writes += writes
        if self._writes < _SWEEP_AFTER:
            return
        self._writes = 0
        connection.execute(_SWEEP, (now,))
        [count] = connection.execute(_COUNT).fetchone()
        if count > self._max_keys:
            connection.execute(_SHORTEN, (count - self._max_keys,))


def _written(log: SlidingLog) -> tuple[int, bytes]:
    return log.base, (log.times + log.totals).tobytes()


def _read(base: int, pairs: bytes) -> SlidingLog:
    both = array("q", pairs)
    half = len(both) // 2
    return SlidingLog(base, both[:half], both[half:])
