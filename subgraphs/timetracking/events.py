"""The state of entries and timesheets in events."""

from datetime import date
from typing import TypedDict
from uuid import UUID

from trellis.schema.events.timetracking import TimeEntryState
from trellis.subgraphs.timetracking.models import TimeEntry, Timesheet


class _About(TypedDict):
    """The fields of ``TimeEntryEvent``."""

    entry_id: UUID
    user_id: UUID
    project_id: UUID | None
    task_id: UUID | None
    version: int


def about(entry: TimeEntry) -> _About:
    """What every event about the entry begins with."""
    return {
        "entry_id": entry.id,
        "user_id": entry.user_id,
        "project_id": entry.project_id,
        "task_id": entry.task_id,
        "version": entry.version,
    }


def state_of(entry: TimeEntry) -> TimeEntryState:
    """What others may know of it: of no project nothing but when it was."""
    is_private = entry.project_id is None
    return TimeEntryState(
        description=None if is_private else entry.description,
        started_at=entry.started_at,
        ended_at=entry.ended_at,
        duration_minutes=entry.duration_minutes,
        billable=entry.billable,
        hourly_rate=None if is_private else entry.hourly_rate,
        currency=None if is_private else entry.currency,
    )


class _AboutSheet(TypedDict):
    """The fields of ``TimesheetEvent``."""

    timesheet_id: UUID
    user_id: UUID
    week_start: date
    version: int


def about_timesheet(sheet: Timesheet) -> _AboutSheet:
    """What every event about the timesheet begins with."""
    return {
        "timesheet_id": sheet.id,
        "user_id": sheet.user_id,
        "week_start": sheet.week_start,
        "version": sheet.version,
    }
