"""Generating reports, by any number of workers over one database.

A worker takes a report by a lease, which it renews with each step. If it dies, the lease expires
and another worker takes the report again. The file, the data and the status are written in one
transaction, by the holder of the lease only: a report is completed once, or not at all.
"""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col, select

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.errors import TrellisError, Unavailable
from trellis.schema.events.reporting import ReportCompleted, ReportFailed, ReportProgressed
from trellis.subgraphs.reporting.data import make_contents
from trellis.subgraphs.reporting.definitions import DEFINITIONS
from trellis.subgraphs.reporting.event_fields import about
from trellis.subgraphs.reporting.files import TooLarge, make_file
from trellis.subgraphs.reporting.models import Report, ReportStatus
from trellis.subgraphs.reporting.pdf import PdfFailed
from trellis.subgraphs.reporting.retention import keep_for
from trellis.subgraphs.reporting.store import STORE
from trellis.subgraphs.reporting.use_cases.requests import read_viewer

logger = logging.getLogger("trellis.reporting")

LEASE = timedelta(seconds=45)
"""Longer than any step: a PDF may take twenty seconds."""
MAX_ATTEMPTS = 3
_GATHERED, _DRAWN = 40, 90


class LeaseLost(Exception):
    """The report was cancelled, or claimed by another worker."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A report that this worker holds."""

    report: Report
    lease_id: UUID


async def generate_all(storage: Storage) -> None:
    """Generate reports until none is left that waits for somebody."""
    while await _is_any_due(storage) and (claimed := await claim_next(storage)) is not None:
        await generate(storage, claimed)


async def claim_next(storage: Storage) -> Claimed | None:
    """Take the oldest report that nobody holds. Those that failed their workers too often fail."""
    while True:
        async with storage.begin() as uow:
            statement = (
                select(Report)
                .where(_is_due(utc_now()))
                .order_by(col(Report.created_at), col(Report.id))
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            report = (await uow.session.scalars(statement)).one_or_none()
            if report is None:
                return None
            if report.attempts < MAX_ATTEMPTS:
                lease_id = uuid4()
                report.lease_id, report.lease_until = lease_id, utc_now() + LEASE
                report.attempts += 1
                await uow.session.flush()
                return Claimed(report, lease_id)
            await _fail(uow, report, "The report could not be generated.")


async def generate(storage: Storage, claimed: Claimed) -> None:
    """Generate a report that was claimed. What is refused or cannot be done fails it; after what
    may pass it is given back, to be claimed again."""
    try:
        await _generate(storage, claimed)
    except LeaseLost:
        return
    except Unavailable:
        raise
    except TooLarge:
        await _give_up(storage, claimed, "The report is too large.")
    except TrellisError as refused:
        await _give_up(storage, claimed, refused.message)
    except PdfFailed:
        logger.exception("no PDF of report %s", claimed.report.id)
        await _give_up(storage, claimed, "The PDF could not be made.")
    except Exception:
        # The boundary of a worker: others wait for their reports behind this one.
        logger.exception(
            "report %s failed in attempt %s", claimed.report.id, claimed.report.attempts
        )
        await _give_back(storage, claimed)


async def _generate(storage: Storage, claimed: Claimed) -> None:
    report = claimed.report
    async with storage.read() as session:
        contents = await make_contents(session, report, read_viewer(report))
    await _progress(storage, claimed, _GATHERED)
    key = DEFINITIONS[report.definition_id].key
    name = f"{key}-{report.created_at:%Y-%m-%d}"
    file = await make_file(report.definition_id, report.format, contents, name)
    await _progress(storage, claimed, _DRAWN)
    async with _held(storage, claimed) as (uow, row):
        now = utc_now()
        await STORE.put(uow, row.id, file)
        row.status, row.progress, row.data = ReportStatus.COMPLETED, 100, contents.data
        row.size, row.generated_at, row.expires_at = len(file.content), now, now + keep_for()
        row.lease_id, row.lease_until = None, None
        await uow.session.flush()
        uow.emit(ReportCompleted(**about(row), expires_at=row.expires_at))


async def _progress(storage: Storage, claimed: Claimed, percent: int) -> None:
    async with _held(storage, claimed) as (uow, row):
        row.progress, row.lease_until = percent, utc_now() + LEASE
        await uow.session.flush()
        uow.emit(ReportProgressed(**about(row), progress=percent))


async def _give_up(storage: Storage, claimed: Claimed, reason: str) -> None:
    try:
        async with _held(storage, claimed) as (uow, row):
            await _fail(uow, row, reason)
    except LeaseLost:
        return


async def _give_back(storage: Storage, claimed: Claimed) -> None:
    try:
        async with _held(storage, claimed) as (_, row):
            row.lease_id, row.lease_until = None, utc_now() + timedelta(seconds=row.attempts)
    except LeaseLost:
        return


async def _fail(uow: UnitOfWork, report: Report, reason: str) -> None:
    report.status, report.error = ReportStatus.FAILED, reason[:500]
    report.lease_id, report.lease_until = None, None
    await uow.session.flush()
    uow.emit(ReportFailed(**about(report), reason=reason))


@asynccontextmanager
async def _held(storage: Storage, claimed: Claimed) -> AsyncGenerator[tuple[UnitOfWork, Report]]:
    """A transaction with the row of the report. Raises ``LeaseLost``."""
    async with storage.begin() as uow:
        mine = (
            col(Report.id) == claimed.report.id,
            col(Report.lease_id) == claimed.lease_id,
            col(Report.status) == ReportStatus.GENERATING,
        )
        row = (await uow.session.scalars(select(Report).where(*mine).with_for_update())).first()
        if row is None:
            raise LeaseLost
        yield uow, row


async def _is_any_due(storage: Storage) -> bool:
    """Read without queueing behind writers, since it is polled continuously."""
    async with storage.read() as session:
        due = select(Report.id).where(_is_due(utc_now())).limit(1)
        return (await session.execute(due)).first() is not None


def _is_due(now: datetime) -> ColumnElement[bool]:
    until = col(Report.lease_until)
    is_free = or_(until.is_(None), until < now)
    return and_(col(Report.status) == ReportStatus.GENERATING, is_free)
