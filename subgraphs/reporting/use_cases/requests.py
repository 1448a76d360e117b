"""Asking for a report, and changing one's mind."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from trellis.db.locks import hold
from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.errors import Conflict
from trellis.schema.events.reporting import ReportCancelled, ReportRequested
from trellis.schema.identity import Identity
from trellis.subgraphs.reporting import queries
from trellis.subgraphs.reporting.definitions import Definition
from trellis.subgraphs.reporting.errors import ReportNotFound, TooManyReports
from trellis.subgraphs.reporting.event_fields import about
from trellis.subgraphs.reporting.models import Report, ReportFormat, ReportStatus
from trellis.subgraphs.reporting.queries import PROJECTS

MAX_AT_ONCE = 10
_SECONDS = {ReportFormat.JSON: 5, ReportFormat.CSV: 5, ReportFormat.PDF: 15}


class ReportIsReady(Conflict):
    """What is no longer being generated cannot be cancelled."""

    def __init__(self, status: ReportStatus) -> None:
        super().__init__("The report is no longer being generated.", status=status.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    definition: Definition
    parameters: Mapping[str, Any]
    format: ReportFormat
    timezone: str


async def request_report(uow: UnitOfWork, caller: Identity, new: NewReport) -> Report:
    """Ask for a report, which is generated later.

    Raises ``ProjectNotFound`` for a project that the caller does not see, and ``TooManyReports``
    while ``MAX_AT_ONCE`` of the caller's are being generated.
    """
    assert caller.id is not None
    given = new.parameters.get("project_id")
    project = await PROJECTS.require(uow.session, caller, UUID(given)) if given else None
    # Whoever asks at the same time would count the same reports.
    await hold(uow.session, f"reports-of:{caller.id}")
    waiting = col(Report.status) == ReportStatus.GENERATING
    own = select(func.count()).where(waiting, col(Report.owner_id) == caller.id)
    if (await uow.session.execute(own)).scalar_one() >= MAX_AT_ONCE:
        raise TooManyReports(MAX_AT_ONCE)
    before_it = (await uow.session.execute(select(func.count()).where(waiting))).scalar_one()
    seconds = _SECONDS[new.format] * (1 + before_it)
    now = utc_now()
    report = Report(
        owner_id=caller.id,
        project_id=project.id if project else None,
        definition_id=new.definition.id,
        name=new.definition.name,
        format=new.format,
        parameters=dict(new.parameters),
        timezone=new.timezone,
        viewer=stored_viewer(caller),
        estimated_completion=now + timedelta(seconds=seconds),
        created_at=now,
    )
    uow.session.add(report)
    await uow.session.flush()
    uow.emit(ReportRequested(**about(report)))
    return report


async def cancel_report(uow: UnitOfWork, caller: Identity, id: UUID) -> Report:
    """Give up a report that is being generated; a second time is no mistake.

    Raises ``ReportNotFound``, and ``ReportIsReady`` for one that is completed or failed.
    """
    report = await queries.report_for_update(uow.session, caller, id)
    if report is None:
        raise ReportNotFound(id)
    if report.status is ReportStatus.CANCELLED:
        return report
    if report.status is not ReportStatus.GENERATING:
        raise ReportIsReady(report.status)
    report.status, report.lease_id, report.lease_until = ReportStatus.CANCELLED, None, None
    await uow.session.flush()
    uow.emit(ReportCancelled(**about(report)))
    return report


def stored_viewer(caller: Identity) -> dict[str, Any]:
    """What decides what the caller sees, to be kept with the report."""
    return {
        "roles": sorted(caller.roles),
        "scopes": sorted(caller.scopes),
        "tenant_id": str(caller.tenant_id) if caller.tenant_id else None,
    }


def read_viewer(report: Report) -> Identity:
    """The owner of the report as a caller, with the roles and scopes of when they asked."""
    tenant = report.viewer["tenant_id"]
    return Identity(
        id=report.owner_id,
        roles=frozenset(report.viewer["roles"]),
        scopes=frozenset(report.viewer["scopes"]),
        tenant_id=UUID(tenant) if tenant else None,
    )
