"""How long notifications are kept."""

from datetime import datetime

from sqlalchemy import delete
from sqlmodel import col, select

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.notifications.models import LastSent, Notification
from trellis.subgraphs.notifications.settings import NoticeSettings

_AT_ONCE = 1_000


async def delete_old(
    storage: Storage, settings: NoticeSettings, now: datetime | None = None
) -> int:
    """Remove notifications that are older than the installation wants; returns how many."""
    if settings.keep is None:
        return 0
    before = (now or utc_now()) - settings.keep

    async def delete_some(uow: UnitOfWork) -> int:
        old = select(Notification.id).where(col(Notification.created_at) < before)
        ids = list(await uow.session.scalars(old.limit(_AT_ONCE)))
        await uow.session.execute(delete(Notification).where(col(Notification.id).in_(ids)))
        await uow.session.execute(delete(LastSent).where(col(LastSent.at) < before))
        return len(ids)

    return await storage.in_batches(delete_some, _AT_ONCE)
