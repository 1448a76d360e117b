"""How a provider proves who signs in, whatever package speaks to it."""

from dataclasses import dataclass
from typing import Protocol

from trellis.subgraphs.accounts.providers.settings import Provider


class ProviderRefused(Exception):
    """The provider, or what it sent, does not prove who signs in. The message is for the log."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that has begun: where the browser goes, and what only it and we know."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class ProvedIdentity:
    """Whom the provider has proved. ``email`` is None unless the provider has verified it."""

    issuer: str
    subject: str
    email: str | None
    name: str | None


class ProvesIdentity(Protocol):
    """The client of one provider (``client.py``)."""

    provider: Provider

    async def begin(self) -> Attempt:
        """Raises Unavailable while the provider cannot be reached."""
        ...

    async def finish(self, code: str, attempt: Attempt) -> ProvedIdentity:
        """Who it is that the provider sent back with ``code``. Raises ProviderRefused."""
        ...
