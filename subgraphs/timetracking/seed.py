"""The demo world's hours, written once and without events."""

from datetime import timedelta

from trellis.db.seed.hours import (
    DemoTimeEntry,
    DemoTimesheet,
    demo_time_entries,
    demo_timesheets,
)
from trellis.db.seed.tasks import demo_tasks
from trellis.db.seed.world import demo_world
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.currencies import DEFAULT_CURRENCY
from trellis.subgraphs.timetracking.models import (
    Project,
    Task,
    TimeEntry,
    Timesheet,
    TimesheetStatus,
)
from trellis.subgraphs.timetracking.queries import PROJECTS


async def write_demo_data(uow: UnitOfWork) -> None:
    """Does nothing when the first demo project is here: it was done before."""
    world = demo_world()
    if await uow.session.get(Project, world.projects[0].id) is not None:
        return
    await PROJECTS.write_demo_copies(uow)
    uow.session.add_all(
        Task(
            id=task.id,
            project_id=task.project_id,
            owner_id=None if task.project_id else task.created_by,
            version=1,
        )
        for task in demo_tasks()
    )
    uow.session.add_all(_timesheet(demo) for demo in demo_timesheets())
    await uow.session.flush()
    uow.session.add_all(_entry(demo) for demo in demo_time_entries())


def _timesheet(demo: DemoTimesheet) -> Timesheet:
    status = TimesheetStatus(demo.status)
    is_approved = status is TimesheetStatus.APPROVED
    is_rejected = status is TimesheetStatus.REJECTED
    return Timesheet(
        id=demo.id,
        user_id=demo.user_id,
        week_start=demo.week_start,
        status=status,
        submitted_at=demo.submitted_at,
        approved_by=demo.decided_by if is_approved else None,
        approved_at=demo.decided_at if is_approved else None,
        rejected_by=demo.decided_by if is_rejected else None,
        rejected_at=demo.decided_at if is_rejected else None,
        rejection_reason=demo.reason,
    )


def _entry(demo: DemoTimeEntry) -> TimeEntry:
    ended = demo.started_at + timedelta(minutes=demo.minutes)
    return TimeEntry(
        id=demo.id,
        user_id=demo.user_id,
        project_id=demo.project_id,
        task_id=demo.task_id,
        timesheet_id=demo.timesheet_id,
        day=demo.started_at.date(),
        description=demo.description,
        started_at=demo.started_at,
        ended_at=ended,
        duration_minutes=demo.minutes,
        billable=demo.billable,
        hourly_rate=demo.rate,
        currency=None if demo.rate is None else DEFAULT_CURRENCY,
        created_at=ended,
        updated_at=ended,
    )
