"""What holds for all changes of hours: one person's come one after the other, in weeks that are
open and for projects that track time."""

from datetime import date
from uuid import UUID

from trellis.db.locks import hold
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.identity import Identity
from trellis.subgraphs.timetracking import queries
from trellis.subgraphs.timetracking.errors import (
    TaskNotFound,
    TaskOfAnotherProject,
    TimeTrackingOff,
    TooManyEntries,
    WeekClosed,
)
from trellis.subgraphs.timetracking.models import TimeEntry, Timesheet, TimesheetStatus
from trellis.subgraphs.timetracking.queries import PROJECTS

MAX_ENTRIES = 200
"""How many entries a timesheet has at most: they are shown together."""

OPEN = frozenset({TimesheetStatus.DRAFT, TimesheetStatus.REJECTED})
"""What hours of a week may still be changed in."""


async def hold_hours(uow: UnitOfWork, user_id: UUID) -> None:
    """Wait for other changes of the person's hours and keep further ones waiting: no two can
    overlap, and a week closes with all that is in it. Taken before anything of them is read."""
    await hold(uow.session, f"hours:{user_id}")


async def project_of(
    uow: UnitOfWork, caller: Identity, project_id: UUID | None, task_id: UUID | None
) -> UUID | None:
    """The project that time for the task or project is spent for; None for a personal task or
    neither. Raises ``TaskNotFound``, ``ProjectNotFound``, ``TaskOfAnotherProject``,
    ``TimeTrackingOff``."""
    if task_id is not None:
        task = await queries.task(uow.session, caller, task_id)
        if task is None:
            raise TaskNotFound(task_id)
        if project_id is not None and project_id != task.project_id:
            raise TaskOfAnotherProject
        project_id = task.project_id
    if project_id is None:
        return None
    project = await PROJECTS.require(uow.session, caller, project_id)
    if not project.settings.get("time_tracking", True):
        raise TimeTrackingOff
    return project_id


async def open_week(uow: UnitOfWork, user_id: UUID, week_start: date) -> Timesheet:
    """The person's timesheet of the week, with a place for one more entry; made where there is
    none. Raises ``WeekClosed``, ``TooManyEntries``."""
    sheet = await queries.timesheet_of_week(uow.session, user_id, week_start)
    if sheet is None:
        sheet = Timesheet(user_id=user_id, week_start=week_start)
        uow.session.add(sheet)
        await uow.session.flush()
    if sheet.status not in OPEN:
        raise WeekClosed(sheet.status, sheet.id)
    if await queries.count_in_timesheet(uow.session, sheet.id) >= MAX_ENTRIES:
        raise TooManyEntries(MAX_ENTRIES)
    return sheet


async def check_open(uow: UnitOfWork, entry: TimeEntry) -> None:
    """Raises ``WeekClosed`` when the entry belongs to a week that is closed."""
    if entry.timesheet_id is None:
        return
    sheet = await uow.session.get_one(Timesheet, entry.timesheet_id, populate_existing=True)
    if sheet.status not in OPEN:
        raise WeekClosed(sheet.status, sheet.id)
