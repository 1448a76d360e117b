"""The user state in events, which other subgraphs may store."""

from collections.abc import Sequence
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
    timezone: str
    organization_ids: tuple[UUID, ...]


def state_of(user: User, organization_ids: Sequence[UUID]) -> UserState:
    """The user as others may know them, with their organizations in the order of joining. Nothing
    secret is ever in an event."""
    return {
        "user_id": user.id,
        "version": user.version,
        "username": user.username,
        "display_name": user.display_name,
        "avatar_url": user.avatar_url,
        "organization_id": organization_ids[0] if organization_ids else None,
        "roles": tuple(user.roles),
        "is_active": user.is_active,
        "timezone": user.timezone,
        "organization_ids": tuple(organization_ids),
    }
