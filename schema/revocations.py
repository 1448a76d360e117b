"""Revoked credentials, published by the subgraph that issues tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from trellis.schema.identity import Identity


@dataclass(frozen=True, slots=True)
class Revocations:
    """All credentials that are revoked but have not expired.

    ``sessions`` (``sid``), ``tokens`` (``jti``), ``users`` and ``keys`` (ids of API keys) are over
    for good. ``issued_before`` ends only the tokens that a user got before a time (Unix seconds):
    their rights have changed since, and a refreshed token is good again.
    """

    sessions: frozenset[UUID] = frozenset()
    tokens: frozenset[str] = frozenset()
    users: frozenset[UUID] = frozenset()
    keys: frozenset[str] = frozenset()
    issued_before: Mapping[UUID, int] = field(default_factory=dict)

    def cover(self, identity: Identity) -> bool:
        """Whether this caller's credentials are revoked."""
        return (
            identity.session_id in self.sessions
            or identity.token_id in self.tokens
            or identity.id in self.users
            or identity.key_id in self.keys
            or self._is_outdated(identity)
        )

    def _is_outdated(self, identity: Identity) -> bool:
        if identity.id is None or identity.issued_at is None:
            return False
        return identity.issued_at < self.issued_before.get(identity.id, 0)


NOTHING_REVOKED = Revocations()
