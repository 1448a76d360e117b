"""The tables of accounts and their enums."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid4

import pydantic
from sqlalchemy import Column, Index, Text, false, true
from sqlmodel import Field

from trellis.db.models import JsonB, Timestamped, Versioned, enum_column, utc_now
from trellis.schema.tiers import Tier as Tier
from trellis.subgraphs.accounts.base import Base, Subscribed
from trellis.subgraphs.accounts.base import SubscriptionStatus as SubscriptionStatus
from trellis.subgraphs.accounts.billing import models as _billing  # noqa: F401 its tables
from trellis.subgraphs.accounts.providers import models as _providers  # noqa: F401 its tables

# How long texts may be, for columns and inputs alike.
PersonName = Annotated[str | None, pydantic.Field(max_length=100)]
Bio = Annotated[str | None, pydantic.Field(max_length=500)]
Place = Annotated[str | None, pydantic.Field(max_length=100)]
GroupName = Annotated[str, pydantic.Field(max_length=100)]
GroupDescription = Annotated[str | None, pydantic.Field(max_length=2000)]


class MembershipRole(StrEnum):
    """What somebody is in an organization or a team."""

    ADMIN = "admin"
    MEMBER = "member"


class Profile(StrEnum):
    """The dialect of the interface in which a session was opened; it decides lifetimes."""

    GRAPHQL = "graphql"
    PM = "pm"
    TRACKER = "tracker"
    COMMERCE = "commerce"
    TODO = "todo"
    LEARN = "learn"


class Theme(StrEnum):
    LIGHT = "light"
    DARK = "dark"
    SYSTEM = "system"


class LinkPurpose(StrEnum):
    """What the holder of a mailed link may do with it."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"
    CHANGE_EMAIL = "change_email"


class KeyState(StrEnum):
    """next -> active -> retired: published before it signs and after it has stopped signing."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"


class SessionEnd(StrEnum):
    """Why a session is over."""

    SIGNED_OUT = "signed_out"
    ENDED_BY_USER = "ended_by_user"
    TOKEN_REUSED = "token_reused"
    PASSWORD_CHANGED = "password_changed"
    DEACTIVATED = "deactivated"
    TOO_MANY = "too_many"


# The hash of an account whose person was forgotten: no password has it.
NO_PASSWORD = "deleted"


def forgotten_address(id: UUID) -> str:
    """The e-mail address of a forgotten account: nobody receives letters there, and so nobody else
    can confirm that it is theirs."""
    return f"{id}@deleted.invalid"


class User(Versioned, Timestamped, Subscribed, Base, table=True):
    __tablename__ = "users"  # type: ignore[assignment]
    __table_args__ = (
        Index("ix_users_created_at_id", "created_at", "id"),
        # The status of a user is whether the account is open; lists of one status are by date.
        Index("ix_users_status", "is_active", "created_at", "id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    # Lower case: two accounts that differ only in case invite taking one over by the other.
    email: str = Field(max_length=254, unique=True)
    username: str = Field(max_length=50)
    username_key: str = Field(max_length=50, unique=True)
    display_name: str = Field(max_length=100)
    first_name: PersonName = None
    last_name: PersonName = None
    avatar_url: str | None = Field(default=None, max_length=2000)
    phone: str | None = Field(default=None, max_length=32)
    bio: Bio = None
    country: Place = None
    city: Place = None
    timezone: str = Field(default="UTC", max_length=64)
    language: str = Field(default="en", max_length=10)
    theme: Theme = Field(
        default=Theme.SYSTEM,
        sa_column=Column(enum_column(Theme), nullable=False, server_default="system"),
    )
    notify_by_email: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    notify_by_push: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    notify_in_app: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    roles: list[str] = Field(default_factory=list, sa_column=Column(JsonB(), nullable=False))
    # Tokens from before this moment tell rights that have changed since.
    rights_changed_at: datetime | None = Field(default=None, index=True)
    password_hash: str = Field(sa_column=Column(Text(), nullable=False))
    is_active: bool = True
    email_verified_at: datetime | None = None
    last_login_at: datetime | None = None

    @property
    def is_forgotten(self) -> bool:
        """Whether the person was deleted; the row stays so that what they wrote has an author."""
        return self.email == forgotten_address(self.id)


class Organization(Versioned, Timestamped, Subscribed, Base, table=True):
    __tablename__ = "organizations"  # type: ignore[assignment]
    __table_args__ = (Index("ix_organizations_created_at_id", "created_at", "id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: GroupName
    domain: str | None = Field(default=None, max_length=253, unique=True)
    description: GroupDescription = None
    logo_url: str | None = Field(default=None, max_length=2000)


class OrganizationMember(Base, table=True):
    __tablename__ = "organization_members"  # type: ignore[assignment]
    __table_args__ = (Index("ix_organization_members_joined_at", "organization_id", "joined_at"),)

    organization_id: UUID = Field(foreign_key="organizations.id", primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", primary_key=True, index=True)
    role: MembershipRole = Field(sa_column=Column(enum_column(MembershipRole), nullable=False))
    joined_at: datetime = Field(default_factory=utc_now)


class Team(Versioned, Timestamped, Base, table=True):
    __tablename__ = "teams"  # type: ignore[assignment]
    __table_args__ = (Index("ix_teams_created_at_id", "created_at", "id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id", index=True)
    name: GroupName
    description: GroupDescription = None
    owner_id: UUID = Field(foreign_key="users.id")


class TeamMember(Base, table=True):
    __tablename__ = "team_members"  # type: ignore[assignment]

    team_id: UUID = Field(foreign_key="teams.id", primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", primary_key=True, index=True)
    role: MembershipRole = Field(sa_column=Column(enum_column(MembershipRole), nullable=False))
    joined_at: datetime = Field(default_factory=utc_now)


class SigningKey(Base, table=True):
    """A key pair for access tokens; ``id`` is its RFC 7638 thumbprint, the ``kid`` of tokens."""

    __tablename__ = "signing_keys"  # type: ignore[assignment]

    id: str = Field(max_length=64, primary_key=True)
    state: KeyState = Field(sa_column=Column(enum_column(KeyState), nullable=False, index=True))
    private_pem: str = Field(sa_column=Column(Text(), nullable=False))
    created_at: datetime = Field(default_factory=utc_now)
    activated_at: datetime | None = None
    retired_at: datetime | None = None


class Session(Base, table=True):
    """One sign-in; the refresh tokens that follow one another in it are its family."""

    __tablename__ = "sessions"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", index=True)
    profile: Profile = Field(sa_column=Column(enum_column(Profile), nullable=False))
    user_agent: str | None = Field(default=None, max_length=300)
    client_address: str | None = Field(default=None, max_length=64)
    created_at: datetime = Field(default_factory=utc_now)
    last_used_at: datetime = Field(default_factory=utc_now)
    expires_at: datetime = Field(nullable=False)
    ended_at: datetime | None = Field(default=None, index=True)
    end_reason: SessionEnd | None = Field(
        default=None, sa_column=Column(enum_column(SessionEnd), nullable=True)
    )


class RefreshToken(Base, table=True):
    """Only the hash is stored: reading this table does not allow refreshing a session."""

    __tablename__ = "refresh_tokens"  # type: ignore[assignment]

    token_hash: str = Field(max_length=64, primary_key=True)
    session_id: UUID = Field(foreign_key="sessions.id", index=True)
    issued_at: datetime = Field(default_factory=utc_now)
    expires_at: datetime = Field(nullable=False)
    used_at: datetime | None = None


class PasswordGuesses(Base, table=True):
    """How many passwords were tried for an account, or for a name that nobody has, since when."""

    __tablename__ = "password_guesses"  # type: ignore[assignment]

    subject: str = Field(max_length=64, primary_key=True)
    count: int
    since: datetime = Field(nullable=False, index=True)


class MailedLink(Base, table=True):
    """A single-use link that was mailed; only the hash of its secret is kept."""

    __tablename__ = "mailed_links"  # type: ignore[assignment]

    token_hash: str = Field(max_length=64, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", index=True)
    purpose: LinkPurpose = Field(sa_column=Column(enum_column(LinkPurpose), nullable=False))
    # A link proves the mailbox it went to, not the one the account may have by then.
    email: str = Field(max_length=254)
    created_at: datetime = Field(default_factory=utc_now)
    expires_at: datetime = Field(nullable=False)
    used_at: datetime | None = None


class Authenticator(Base, table=True):
    """A second factor by time-based codes (RFC 6238); it counts once it is confirmed."""

    __tablename__ = "authenticators"  # type: ignore[assignment]

    user_id: UUID = Field(foreign_key="users.id", primary_key=True)
    # Sealed by the vault.
    secret: str = Field(sa_column=Column(Text(), nullable=False))
    created_at: datetime = Field(default_factory=utc_now)
    confirmed_at: datetime | None = None
    # Codes of this time step and of earlier ones are spent.
    last_step: int = 0
    failures: int = 0
    locked_until: datetime | None = None


class RecoveryCode(Base, table=True):
    """Stands in once for a lost authenticator."""

    __tablename__ = "recovery_codes"  # type: ignore[assignment]

    user_id: UUID = Field(foreign_key="users.id", primary_key=True)
    code_hash: str = Field(max_length=64, primary_key=True)
    used_at: datetime | None = None


class ApiKey(Base, table=True):
    """A program's way in, in the name of the person who made it. Only the hash is kept; ``prefix``
    is what people recognize it by."""

    __tablename__ = "api_keys"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", index=True)
    name: str = Field(max_length=100)
    prefix: str = Field(max_length=16)
    secret_hash: str = Field(max_length=64, unique=True)
    scopes: list[str] = Field(sa_column=Column(JsonB(), nullable=False))
    created_at: datetime = Field(default_factory=utc_now)
    expires_at: datetime | None = None
    # To the hour: more would cost a write with every request.
    last_used_at: datetime | None = None
    revoked_at: datetime | None = Field(default=None, index=True)


class Invitation(Base, table=True):
    """An invitation into an organization for the owner of the mailbox."""

    __tablename__ = "invitations"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id", index=True)
    email: str = Field(max_length=254, index=True)
    role: MembershipRole = Field(sa_column=Column(enum_column(MembershipRole), nullable=False))
    token_hash: str = Field(max_length=64, unique=True)
    invited_by: UUID = Field(foreign_key="users.id")
    created_at: datetime = Field(default_factory=utc_now)
    expires_at: datetime = Field(nullable=False)
    accepted_at: datetime | None = None
    withdrawn_at: datetime | None = None


class AuditEntry(Base, table=True):
    """One line of the audit log. Each carries the hash of the one before, so that a line that was
    changed or taken out shows. Where somebody was and what with is hashed apart and with a salt:
    it can be forgotten without breaking the chain."""

    __tablename__ = "audit_log"  # type: ignore[assignment]

    sequence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(nullable=False)
    actor_id: UUID | None = Field(default=None, index=True)
    action: str = Field(max_length=64)
    target: str = Field(max_length=128, index=True)
    result: str = Field(max_length=16)
    reason: str | None = Field(default=None, max_length=32)
    request_id: str = Field(max_length=128)
    key_id: str | None = Field(default=None, max_length=64)
    origin: str | None = Field(default=None, max_length=300)
    client_address: str | None = Field(default=None, max_length=64)
    details_salt: str | None = Field(default=None, max_length=64)
    # Without it the entry was written before details were hashed apart.
    details_hash: str | None = Field(default=None, max_length=64)
    previous_hash: str = Field(max_length=64)
    entry_hash: str = Field(max_length=64)
