"""Removing what is too old."""

from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col, select

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.reporting import ReportExpired
from trellis.subgraphs.reporting.event_fields import about
from trellis.subgraphs.reporting.models import Report, ReportStatus
from trellis.subgraphs.reporting.store import STORE

_AT_ONCE = 100
_ROWS_KEPT = timedelta(days=90)


async def expire_all(storage: Storage) -> None:
    """Remove data and files of all reports whose time is over, and reports that nobody has left."""
    await storage.in_batches(expire_some, _AT_ONCE)
    async with storage.begin() as uow:
        await forget_old(uow)


async def expire_some(uow: UnitOfWork) -> int:
    """Remove data and files of some reports whose time is over; returns of how many."""
    is_over = col(Report.expires_at) <= utc_now()
    statement = (
        select(Report)
        .where(col(Report.status) == ReportStatus.COMPLETED, is_over)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    reports = list(await uow.session.scalars(statement))
    for report in reports:
        report.status, report.data, report.size = ReportStatus.EXPIRED, None, None
    await uow.session.flush()
    await STORE.remove(uow, [report.id for report in reports])
    for report in reports:
        uow.emit(ReportExpired(**about(report)))
    return len(reports)


async def forget_old(uow: UnitOfWork) -> None:
    """Remove reports of which nothing is left but that they were."""
    ended = col(Report.status).in_(
        (ReportStatus.EXPIRED, ReportStatus.FAILED, ReportStatus.CANCELLED)
    )
    is_old = col(Report.updated_at) < utc_now() - _ROWS_KEPT
    await uow.session.execute(delete(Report).where(ended, is_old))
