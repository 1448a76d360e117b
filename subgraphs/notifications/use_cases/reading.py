"""Noting what somebody has read."""

from datetime import datetime
from uuid import UUID

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.notifications import NotificationsRead
from trellis.schema.identity import Identity
from trellis.subgraphs.notifications import queries
from trellis.subgraphs.notifications.errors import NotificationNotFound
from trellis.subgraphs.notifications.models import Notification

MOST_AT_ONCE = 1_000


async def mark_read(uow: UnitOfWork, caller: Identity, id: UUID) -> Notification:
    """Note that the caller has read one; when it was read already that stays as it is.

    Raises ``NotificationNotFound``, for those of others, too.
    """
    row = await queries.notification_for_update(uow.session, caller, id)
    if row is None:
        raise NotificationNotFound(id)
    if row.read_at is None:
        row.read_at = utc_now()
        await uow.session.flush()
        uow.emit(NotificationsRead(user_id=row.user_id, notification_ids=(row.id,)))
    return row


async def mark_all_read(uow: UnitOfWork, caller: Identity, until: datetime | None) -> int:
    """Note that the caller has read everything until that moment, the oldest ``MOST_AT_ONCE`` of it
    at once; returns how many these were."""
    assert caller.id is not None
    now = utc_now()
    rows = await queries.unread_for_update(uow.session, caller, until or now, most=MOST_AT_ONCE)
    for row in rows:
        row.read_at = now
    await uow.session.flush()
    if rows:
        ids = tuple(row.id for row in rows)
        uow.emit(NotificationsRead(user_id=caller.id, notification_ids=ids))
    return len(rows)
