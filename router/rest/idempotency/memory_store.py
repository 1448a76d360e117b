"""Answers kept in this process, up to a number and a total size."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from trellis.router.rest.idempotency.store import Begun, KeptAnswer, Reused, Running, Verdict

_MOST_BYTES = 64_000_000


@dataclass(slots=True)
class _Entry:
    fingerprint: str
    token: str
    expires: float
    answer: KeptAnswer | None = None

    @property
    def size(self) -> int:
        return len(self.answer.body) if self.answer is not None else 0


class MemoryAnswers:
    """Fills ``AnswerStore`` for one process. When it is full the oldest answers go."""

    def __init__(
        self,
        most: int,
        *,
        most_bytes: int = _MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    async def begin(self, key: str, fingerprint: str, lease_seconds: float) -> Verdict:
        known = self._entries.get(key)
        if known is not None and known.expires <= self._clock():
            self._remove(key)
            known = None
        if known is not None:
            if known.fingerprint != fingerprint:
                return Reused()
            return known.answer or Running()
        token = secrets.token_hex(8)
        self._entries[key] = _Entry(fingerprint, token, self._clock() + lease_seconds)
        self._make_room()
        return Begun(token)

    async def keep(self, key: str, token: str, answer: KeptAnswer, seconds: float) -> None:
        entry = self._entries.get(key)
        if entry is None or entry.token != token:
            return
        self._remove(key)  # and in again at the end: the order is that of age
        kept = _Entry(entry.fingerprint, token, self._clock() + seconds, answer)
        self._entries[key] = kept
        self._bytes += kept.size
        self._make_room()

    async def forget(self, key: str, token: str) -> None:
        entry = self._entries.get(key)
        if entry is not None and entry.token == token:
            self._remove(key)

    async def aclose(self) -> None:
        self._entries.clear()
        self._bytes = 0

    def _make_room(self) -> None:
        """Requests that are running keep their place; there are only as many as connections."""
        if len(self._entries) <= self._most and self._bytes <= self._most_bytes:
            return
        for key in [key for key, entry in self._entries.items() if entry.answer is not None]:
            self._remove(key)
            if len(self._entries) <= self._most and self._bytes <= self._most_bytes:
                return

    def _remove(self, key: str) -> None:
        self._bytes -= self._entries.pop(key).size
