"""Events about people and organizations, in the stream of the subgraph ``accounts``.

Events about a user carry the user's whole public state beside the news, so that a reader which
missed one is right again with the next: keep the state with the greatest ``version``. Nothing
secret is ever in an event.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from trellis.schema.events.event import Event

STREAM = "accounts"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEvent(Event):
    """``organization_id`` is the organization in whose name the user acts, the one joined first.
    ``timezone`` is a name of the tz database; events from before it was added have UTC."""

    user_id: UUID
    version: int
    username: str
    display_name: str
    avatar_url: str | None
    organization_id: UUID | None
    roles: tuple[str, ...]
    is_active: bool
    timezone: str = "UTC"
    organization_ids: tuple[UUID, ...] | None = None

    @property
    def key(self) -> str:
        return str(self.user_id)

    @property
    def organizations(self) -> tuple[UUID, ...]:
        """All organizations of the user; of early events, which did not tell, the first one."""
        if self.organization_ids is not None:
            return self.organization_ids
        return (self.organization_id,) if self.organization_id is not None else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserCreated(UserEvent):
    topic: ClassVar[str] = "user.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserUpdated(UserEvent):
    topic: ClassVar[str] = "user.updated"
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserVerified(UserEvent):
    topic: ClassVar[str] = "user.verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDeactivated(UserEvent):
    topic: ClassVar[str] = "user.deactivated"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDeleted(UserEvent):
    """Nothing of the person is left in it but the id."""

    topic: ClassVar[str] = "user.deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class _SessionEvent(Event):
    user_id: UUID
    session_id: UUID

    @property
    def key(self) -> str:
        return str(self.user_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLoggedIn(_SessionEvent):
    topic: ClassVar[str] = "user.login"
    profile: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLoggedOut(_SessionEvent):
    topic: ClassVar[str] = "user.logout"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _SecurityEvent(Event):
    user_id: UUID

    @property
    def key(self) -> str:
        return str(self.user_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(_SecurityEvent):
    topic: ClassVar[str] = "user.password_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaEnabled(_SecurityEvent):
    topic: ClassVar[str] = "mfa.enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaDisabled(_SecurityEvent):
    topic: ClassVar[str] = "mfa.disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class _ApiKeyEvent(_SecurityEvent):
    api_key_id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyCreated(_ApiKeyEvent):
    topic: ClassVar[str] = "api_key.created"
    scopes: tuple[str, ...]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyRevoked(_ApiKeyEvent):
    topic: ClassVar[str] = "api_key.revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionChanged(Event):
    """Of a person or of an organization; the other id is null."""

    topic: ClassVar[str] = "subscription.changed"
    user_id: UUID | None
    organization_id: UUID | None
    previous_tier: str
    tier: str
    status: str
    expires_at: datetime | None

    @property
    def key(self) -> str:
        return str(self.user_id or self.organization_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberInvited(Event):
    topic: ClassVar[str] = "organization.member_invited"
    organization_id: UUID
    invitation_id: UUID

    @property
    def key(self) -> str:
        return str(self.organization_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationCreated(Event):
    topic: ClassVar[str] = "organization.created"
    organization_id: UUID
    name: str
    created_by: UUID

    @property
    def key(self) -> str:
        return str(self.organization_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamCreated(Event):
    topic: ClassVar[str] = "team.created"
    team_id: UUID
    organization_id: UUID
    name: str

    @property
    def key(self) -> str:
        return str(self.team_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChanged(Event):
    """Where and by what channels somebody can be reached: for the domain that writes to people,
    and for no other one. ``email`` is null until the address is confirmed."""

    topic: ClassVar[str] = "contact.changed"
    user_id: UUID
    version: int
    email: str | None
    by_email: bool
    by_push: bool
    in_app: bool

    @property
    def key(self) -> str:
        return str(self.user_id)


USER_STATES: tuple[type[UserEvent], ...] = (
    UserCreated,
    UserUpdated,
    UserVerified,
    UserDeactivated,
    UserDeleted,
)
"""Every event that carries the state of a user."""
