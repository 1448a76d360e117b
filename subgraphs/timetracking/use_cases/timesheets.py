"""The life of a timesheet, drawn here:

    draft ──submit──> submitted ──approve──> approved
                      │       ^
                    reject  submit
                      v       │
                      rejected

Its person submits it; somebody else who manages all projects that it has hours of decides.
"""

from uuid import UUID

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.timetracking import (
    TimesheetApproved,
    TimesheetRejected,
    TimesheetSubmitted,
)
from trellis.schema.identity import Identity
from trellis.subgraphs.timetracking import queries
from trellis.subgraphs.timetracking.errors import (
    NothingToSubmit,
    NotYours,
    OwnTimesheet,
    TimerRuns,
    TimesheetNotFound,
    TimesheetNotOpen,
    TimesheetNotSubmitted,
)
from trellis.subgraphs.timetracking.events import about_timesheet
from trellis.subgraphs.timetracking.models import Timesheet, TimesheetStatus
from trellis.subgraphs.timetracking.use_cases.rules import OPEN, hold_hours


async def submit_timesheet(uow: UnitOfWork, caller: Identity, id: UUID) -> Timesheet:
    """Present the caller's week for approval: from now on its hours stay as they are."""
    sheet = await _held(uow, caller, id)
    if sheet.user_id != caller.id:
        raise NotYours("timesheet")
    if sheet.status not in OPEN:
        raise TimesheetNotOpen(sheet.status)
    [entries] = await queries.entries_by_timesheet(uow.session, [sheet.id])
    if not entries:
        raise NothingToSubmit
    running = next((entry.id for entry in entries if entry.ended_at is None), None)
    if running is not None:
        raise TimerRuns(running)
    sheet.status, sheet.submitted_at = TimesheetStatus.SUBMITTED, utc_now()
    sheet.rejected_by = sheet.rejected_at = sheet.rejection_reason = None
    await uow.session.flush()
    projects = sorted({entry.project_id for entry in entries if entry.project_id is not None})
    uow.emit(TimesheetSubmitted(**about_timesheet(sheet), project_ids=tuple(projects)))
    return sheet


async def approve_timesheet(uow: UnitOfWork, caller: Identity, id: UUID) -> Timesheet:
    """Say that somebody's hours are right."""
    sheet, decider = await _to_decide(uow, caller, id)
    sheet.status = TimesheetStatus.APPROVED
    sheet.approved_by, sheet.approved_at = decider, utc_now()
    await uow.session.flush()
    uow.emit(TimesheetApproved(**about_timesheet(sheet), approved_by=decider))
    return sheet


async def reject_timesheet(
    uow: UnitOfWork, caller: Identity, id: UUID, reason: str | None
) -> Timesheet:
    """Give somebody's hours back to be corrected and submitted again."""
    sheet, decider = await _to_decide(uow, caller, id)
    sheet.status, sheet.rejection_reason = TimesheetStatus.REJECTED, reason
    sheet.rejected_by, sheet.rejected_at = decider, utc_now()
    await uow.session.flush()
    uow.emit(TimesheetRejected(**about_timesheet(sheet), rejected_by=decider, reason=reason))
    return sheet


async def _to_decide(uow: UnitOfWork, caller: Identity, id: UUID) -> tuple[Timesheet, UUID]:
    """The submitted timesheet of another person, and the caller. Everyone else who may see it may
    decide about it."""
    assert caller.id is not None
    sheet = await _held(uow, caller, id)
    if sheet.user_id == caller.id:
        raise OwnTimesheet
    if sheet.status is not TimesheetStatus.SUBMITTED:
        raise TimesheetNotSubmitted(sheet.status)
    return sheet, caller.id


async def _held(uow: UnitOfWork, caller: Identity, id: UUID) -> Timesheet:
    """The timesheet with the hours of its person held. Raises ``TimesheetNotFound``."""
    sheet = await queries.timesheet(uow.session, caller, id)
    if sheet is None:
        raise TimesheetNotFound(id)
    await hold_hours(uow, sheet.user_id)
    # With other hours in it by now, the caller may not be the one to see it.
    sheet = await queries.timesheet(uow.session, caller, id)
    if sheet is None:
        raise TimesheetNotFound(id)
    return sheet
