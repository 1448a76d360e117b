"""What keeps answers for their Idempotency-Key."""

from dataclasses import dataclass
from typing import Protocol

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The first answer to a request, as it was sent."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Begun:
    """The request is new and may run; whoever holds ``token`` ends it."""

    token: str


@dataclass(frozen=True, slots=True)
class Running:
    """The same request is being carried out."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The same request was begun, and whoever carried it out has not ended it in time: nobody knows
    whether it has happened."""


@dataclass(frozen=True, slots=True)
class Reused:
    """The key belongs to another request."""


Verdict = Begun | Running | Interrupted | Reused | KeptAnswer


class AnswerStore(Protocol):
    """Keeps answers by key. ``fingerprint`` tells requests with the same key apart.

    Every method raises ``trellis.schema.errors.Unavailable`` when the store cannot be reached: to
    carry out a request that may have been carried out before would break the promise.
    """

    async def begin(
        self, key: str, fingerprint: str, lease_seconds: float, seconds: float
    ) -> Verdict:
        """Claim the key. Unless ``keep`` or ``forget`` come first, the request counts as running
        for ``lease_seconds``, and as interrupted until ``seconds`` have passed."""
        ...

    async def keep(self, key: str, token: str, answer: KeptAnswer, seconds: float) -> None:
        """End a request with its answer; a claim that was lost meanwhile is left alone."""
        ...

    async def forget(self, key: str, token: str) -> None:
        """End a request that changed nothing: the next one with this key is new."""
        ...

    async def aclose(self) -> None:
        """Give back connections."""
        ...
