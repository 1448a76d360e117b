"""The user state in events, which other subgraphs may store."""

from typing import TypedDict
from uuid import UUID

from trellis.subgraphs.accounts.models import User


class UserState(TypedDict):
    """The fields of ``UserEvent``."""

    user_id: UUID
    version: int
    username: str
    display_name: str
    avatar_url: str | None
    organization_id: UUID | None
    roles: tuple[str, ...]
    is_active: bool


def state_of(user: User, organization_id: UUID | None) -> UserState:
    """The user as others may know them. Nothing secret is ever in an event."""
    return {
        "user_id": user.id,
        "version": user.version,
        "username": user.username,
        "display_name": user.display_name,
        "avatar_url": user.avatar_url,
        "organization_id": organization_id,
        "roles": tuple(user.roles),
        "is_active": user.is_active,
    }
