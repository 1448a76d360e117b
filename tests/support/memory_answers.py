"""Answers for idempotency keys, kept in memory as long as a test lasts."""

import secrets
from dataclasses import dataclass

from trellis.router.rest.idempotency.store import Begun, KeptAnswer, Reused, Running, Verdict


@dataclass(slots=True)
class _Entry:
    fingerprint: str
    token: str
    answer: KeptAnswer | None = None


class MemoryAnswers:
    """Fills ``AnswerStore``; nothing runs out."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    async def begin(
        self, key: str, fingerprint: str, lease_seconds: float, seconds: float
    ) -> Verdict:
        known = self._entries.get(key)
        if known is None:
            token = secrets.token_hex(8)
            self._entries[key] = _Entry(fingerprint, token)
            return Begun(token)
        return Reused() if known.fingerprint != fingerprint else known.answer or Running()

    async def keep(self, key: str, token: str, answer: KeptAnswer, seconds: float) -> None:
        entry = self._entries.get(key)
        if entry is not None and entry.token == token:
            entry.answer = answer

    async def forget(self, key: str, token: str) -> None:
        entry = self._entries.get(key)
        if entry is not None and entry.token == token:
            del self._entries[key]

    async def aclose(self) -> None:
        self._entries.clear()
