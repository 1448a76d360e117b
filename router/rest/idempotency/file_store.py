"""Keeps responses in the router's own file, for the workers of one machine and over restarts."""

import secrets
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from trellis.router.rest.idempotency.store import (
    Begun,
    Interrupted,
    KeptAnswer,
    Reused,
    Running,
    Verdict,
)
from trellis.router.state_file import StateFile, StateFileAway, Work
from trellis.schema.errors import Unavailable

_MOST_BYTES = 256_000_000
"""The size of all responses: 10,000 of 25 KB. The file does not become much larger."""

_SWEEP_AFTER_BYTES = 1_000_000
_ROW_BYTES = 500  # key, fingerprint, indexes; measured as 400
_RETRY_SECONDS = 5

_SCHEMA = """
CREATE TABLE IF NOT EXISTS kept_answer (
  key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, token TEXT NOT NULL,
  leased_until REAL NOT NULL, expires REAL NOT NULL,
  status INTEGER, headers BLOB, body BLOB, bytes INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS kept_answer_expires ON kept_answer (expires, bytes);
"""
_READ = """
SELECT fingerprint, leased_until, status, headers, body FROM kept_answer
WHERE key = ? AND expires > ?
"""
_CLAIM = "INSERT OR REPLACE INTO kept_answer VALUES (?, ?, ?, ?, ?, NULL, NULL, NULL, ?)"
_KEEP = """
UPDATE kept_answer
SET status = ?, headers = ?, body = ?, bytes = ?, expires = ?, leased_until = 0
WHERE key = ? AND token = ?
"""
_FORGET = "DELETE FROM kept_answer WHERE key = ? AND token = ? AND status IS NULL"
_SWEEP = "DELETE FROM kept_answer WHERE expires <= ?"
_COUNT = "SELECT count(*), coalesce(sum(bytes), 0) FROM kept_answer"
# All but the newest ones within the limits, and running requests.
_SHORTEN = """
DELETE FROM kept_answer WHERE leased_until <= ? AND key IN (
  SELECT key FROM (
    SELECT key, row_number() OVER newest AS number, sum(bytes) OVER newest AS total
    FROM kept_answer WINDOW newest AS (ORDER BY expires DESC, key)
  ) WHERE number > ? OR total > ?
)
"""


class FileAnswers:
    """Implements ``AnswerStore``, limited in number and bytes. The oldest responses are deleted."""

    def __init__(
        self,
        path: Path,
        most: int,
        *,
        most_bytes: int = _MOST_BYTES,
        sweep_after_bytes: int = _SWEEP_AFTER_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``clock`` must be common to all processes and survive restarts."""
        self._file = StateFile(path, _SCHEMA)
        self._most = most
        self._most_bytes = most_bytes
        self._sweep_after_bytes = sweep_after_bytes
        self._clock = clock
        self._written = 0

    async def begin(
        self, key: str, fingerprint: str, lease_seconds: float, seconds: float
    ) -> Verdict:
        token = secrets.token_hex(8)

        def claim(connection: sqlite3.Connection) -> Verdict:
            now = self._clock()
            row = connection.execute(_READ, (key, now)).fetchone()
            if row is not None:
                return _verdict(row, fingerprint, now)
            until = now + lease_seconds
            self._make_room(connection, now, _ROW_BYTES)
            connection.execute(
                _CLAIM, (key, fingerprint, token, until, max(until, now + seconds), _ROW_BYTES)
            )
            return Begun(token)

        return await self._ask(claim)

    async def keep(self, key: str, token: str, answer: KeptAnswer, seconds: float) -> None:
        headers = orjson.dumps(
            [[n.decode("latin-1"), v.decode("latin-1")] for n, v in answer.headers]
        )
        size = len(headers) + len(answer.body) + _ROW_BYTES

        def keep(connection: sqlite3.Connection) -> None:
            now = self._clock()
            row = (answer.status, headers, answer.body, size, now + seconds, key, token)
            connection.execute(_KEEP, row)
            self._make_room(connection, now, size)

        await self._ask(keep)

    async def forget(self, key: str, token: str) -> None:
        await self._ask(lambda connection: connection.execute(_FORGET, (key, token)).close())

    async def aclose(self) -> None:
        await self._file.aclose()

    async def _ask(self, work: Work[Any]) -> Any:
        try:
            return await self._file.run(work)
        except StateFileAway as failure:
            raise Unavailable(
                "Idempotency keys cannot be looked up at the moment. Try again.",
                retry_after=_RETRY_SECONDS,
            ) from failure

    def _make_room(self, connection: sqlite3.Connection, now: float, written: int) -> None:
        """Check the limits after so many bytes written. Each worker may exceed them by as much."""
        self._written += written
        if self._written < self._sweep_after_bytes:
            return
        self._written = 0
        connection.execute(_SWEEP, (now,))
        count, size = connection.execute(_COUNT).fetchone()
        if count > self._most or size > self._most_bytes:
            connection.execute(_SHORTEN, (now, self._most, self._most_bytes))


def _verdict(row: tuple[Any, ...], fingerprint: str, now: float) -> Verdict:
    known, leased_until, status, headers, body = row
    if known != fingerprint:
        return Reused()
    if status is None:
        return Running() if leased_until > now else Interrupted()
    pairs = tuple((n.encode("latin-1"), v.encode("latin-1")) for n, v in orjson.loads(headers))
    return KeptAnswer(status, pairs, body)
