"""Events about time entries and timesheets, in the stream of the subgraph ``timetracking``.

Events about entries carry the state: keep that with the greatest ``version``.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from trellis.schema.events.event import Event

STREAM = "timetracking"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeEntryState:
    """``ended_at`` and ``duration_minutes`` are null while the timer runs."""

    description: str | None
    started_at: datetime
    ended_at: datetime | None
    duration_minutes: int | None
    billable: bool
    hourly_rate: Decimal | None
    currency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeEntryEvent(Event):
    entry_id: UUID
    user_id: UUID
    project_id: UUID | None
    task_id: UUID | None
    version: int

    @property
    def key(self) -> str:
        return str(self.entry_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerStarted(TimeEntryEvent):
    topic: ClassVar[str] = "timer.started"
    state: TimeEntryState


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerStopped(TimeEntryEvent):
    topic: ClassVar[str] = "timer.stopped"
    state: TimeEntryState


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeEntryCreated(TimeEntryEvent):
    """An entry made by hand, with its end."""

    topic: ClassVar[str] = "time_entry.created"
    state: TimeEntryState


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeEntryUpdated(TimeEntryEvent):
    topic: ClassVar[str] = "time_entry.updated"
    state: TimeEntryState


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeEntryDeleted(TimeEntryEvent):
    topic: ClassVar[str] = "time_entry.deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesheetEvent(Event):
    timesheet_id: UUID
    user_id: UUID
    week_start: date
    version: int

    @property
    def key(self) -> str:
        return str(self.timesheet_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesheetSubmitted(TimesheetEvent):
    """``project_ids``: all projects that it has hours of; managers of all of them may decide."""

    topic: ClassVar[str] = "timesheet.submitted"
    project_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesheetApproved(TimesheetEvent):
    topic: ClassVar[str] = "timesheet.approved"
    approved_by: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesheetRejected(TimesheetEvent):
    topic: ClassVar[str] = "timesheet.rejected"
    rejected_by: UUID
    reason: str | None
