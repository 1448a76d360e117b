"""Events for the domain that notifies people: their addresses and channels.

An address is in these events and in no other ones, and only once it is confirmed.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.schema.events.accounts import ContactChanged, UserCreated, UserUpdated, UserVerified
from trellis.schema.events.event import Event
from trellis.subgraphs.accounts.models import User

_COLUMNS = frozenset({"email", "notify_by_email", "notify_by_push", "notify_in_app", "is_active"})


async def contacts_of(session: AsyncSession, events: Sequence[Event]) -> list[ContactChanged]:
    """The contacts of the people whose contact data may have changed by the events."""
    ids = {id for event in events if (id := _whose(event)) is not None}
    if not ids:
        return []
    rows = await session.scalars(select(User).where(col(User.id).in_(ids)).order_by(col(User.id)))
    return [contact_of(row) for row in rows]


def contact_of(user: User) -> ContactChanged:
    """How the user can be reached now."""
    is_confirmed = user.email_verified_at is not None and user.is_active
    return ContactChanged(
        user_id=user.id,
        version=user.version,
        email=user.email if is_confirmed else None,
        by_email=user.notify_by_email,
        by_push=user.notify_by_push,
        in_app=user.notify_in_app,
    )


def _whose(event: Event) -> UUID | None:
    if isinstance(event, (UserCreated, UserVerified)):
        return event.user_id
    if isinstance(event, UserUpdated) and not _COLUMNS.isdisjoint(event.changed):
        return event.user_id
    return None
