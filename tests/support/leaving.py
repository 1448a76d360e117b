"""What other domains hear of people whose account was deleted."""

from uuid import UUID

from trellis.schema.events.accounts import UserDeleted


def user_deleted(id: UUID | None) -> UserDeleted:
    """The event about somebody; ``id`` is that of an identity."""
    assert id is not None
    return UserDeleted(
        user_id=id,
        version=9,
        username="deleted",
        display_name="Deleted user",
        avatar_url=None,
        organization_id=None,
        roles=(),
        is_active=False,
    )
