"""The interface of the stores of responses for Idempotency-Keys."""

from dataclasses import dataclass
from typing import Protocol

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The first response to a request."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Begun:
    """The request is new and may be executed. ``token`` is needed to end it."""

    token: str


@dataclass(frozen=True, slots=True)
class Running:
    """The same request is being carried out."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The same request was not ended in time, so it is unknown whether it was executed."""


@dataclass(frozen=True, slots=True)
class Reused:
    """The key belongs to another request."""


Verdict = Begun | Running | Interrupted | Reused | KeptAnswer


class AnswerStore(Protocol):
    """Keeps responses by key. ``fingerprint`` distinguishes requests with the same key.

    All methods raise ``trellis.schema.errors.Unavailable`` if the store is not available, because
    the request may have been executed before.
    """

    async def begin(
        self, key: str, fingerprint: str, lease_seconds: float, seconds: float
    ) -> Verdict:
        """Claim the key. Until ``keep`` or ``forget`` is called, the request counts as running for
        ``lease_seconds``, and after that as interrupted until ``seconds`` have passed."""
        ...

    async def keep(self, key: str, token: str, answer: KeptAnswer, seconds: float) -> None:
        """End a request and keep its response, unless the claim was lost."""
        ...

    async def forget(self, key: str, token: str) -> None:
        """End a request without effects, which releases the key."""
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...
