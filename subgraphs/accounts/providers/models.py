"""The tables of sign-in by identity providers."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from trellis.db.models import utc_now
from trellis.subgraphs.accounts.base import Base


class OutsideIdentity(Base, table=True):
    """Whose account somebody signs in to whom a provider knows by ``subject``."""

    __tablename__ = "outside_identities"  # type: ignore[assignment]

    issuer: str = Field(max_length=255, primary_key=True)
    subject: str = Field(max_length=255, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", index=True)
    linked_at: datetime = Field(default_factory=utc_now)
    last_used_at: datetime = Field(default_factory=utc_now)


class SignInCode(Base, table=True):
    """A code with which a client gets tokens for a sign-in at a provider, once. Only its hash is
    kept; ``challenge`` is the hash of what the client alone knows."""

    __tablename__ = "sign_in_codes"  # type: ignore[assignment]

    code_hash: str = Field(max_length=64, primary_key=True)
    challenge_hash: str = Field(max_length=64)
    user_id: UUID = Field(foreign_key="users.id", index=True)
    provider: str = Field(max_length=32)
    expires_at: datetime = Field(nullable=False, index=True)
