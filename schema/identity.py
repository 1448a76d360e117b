"""The identity of a caller, as seen by doors, policies and resolvers."""

from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller with verified credentials, or ``ANONYMOUS``.

    ``scopes`` holds permission names such as ``read:projects``; ``expires_at`` and ``issued_at``
    are Unix time in seconds. The ``admin`` role holds every scope, which ``may`` knows.
    ``session_id`` names the sign-in that the token belongs to, when its issuer says so. A caller of
    ``kind`` service is a program that proved itself by the API key ``key_id``. ``tier`` is what the
    caller has subscribed to (free, basic, pro or enterprise), when the issuer says so.
    """

    id: UUID | None = None
    username: str | None = None
    email: str | None = None
    roles: frozenset[str] = field(default_factory=frozenset)
    scopes: frozenset[str] = field(default_factory=frozenset)
    tenant_id: UUID | None = None
    token_id: str | None = None
    expires_at: int | None = None
    issued_at: int | None = None
    session_id: UUID | None = None
    team_id: UUID | None = None
    kind: Literal["user", "service"] = "user"
    key_id: str | None = None
    tier: str | None = None

    @property
    def is_authenticated(self) -> bool:
        return self.id is not None

    @property
    def is_admin(self) -> bool:
        return "admin" in self.roles

    @property
    def without_token(self) -> "Identity":
        """The same caller, whichever of the tokens of one sign-in, which follow one another."""
        return replace(self, token_id=None, issued_at=None, expires_at=None)

    def may(self, scope: str) -> bool:
        """Whether the caller has this scope."""
        return self.is_admin or scope in self.scopes


ANONYMOUS = Identity()
