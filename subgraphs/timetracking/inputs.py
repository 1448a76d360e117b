"""The input types of hours, and how they are checked."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry
from strawberry import UNSET

from trellis.schema.inputs import Id, InputProblems
from trellis.subgraphs.timetracking.models import Currency, Description, TimesheetStatus
from trellis.subgraphs.timetracking.queries import (
    TimeEntryFilters,
    TimeEntrySort,
    TimeEntryStatus,
    TimesheetFilters,
)
from trellis.subgraphs.timetracking.use_cases.entries import NewTime, NewTimeEntry
from trellis.subgraphs.timetracking.use_cases.spans import add_problems

# Models and queries know nothing of GraphQL: here they become known to it.
strawberry.enum(TimesheetStatus)
strawberry.enum(TimeEntryStatus)
strawberry.enum(TimeEntrySort)

_MAX_RATE = 1_000_000
_RATE = "at most two decimals"
_CURRENCY = "ISO 4217; USD if there is a rate and no currency"


@strawberry.input(name="TimeEntryFilters", description="Only entries that match all members given.")
class TimeEntryFiltersInput:
    user_id: Id | None = None
    project_id: Id | None = None
    task_id: Id | None = None
    timesheet_id: Id | None = None
    status: TimeEntryStatus | None = None
    billable: bool | None = None
    start_date: date | None = strawberry.field(
        default=None, description="started on this day or later, in the person's time zone"
    )
    end_date: date | None = strawberry.field(
        default=None, description="started on this day or earlier, in the person's time zone"
    )

    def checked(self) -> TimeEntryFilters:
        """Raises ``BadUserInput``."""
        return InputProblems().make(TimeEntryFilters, self)


@strawberry.input(
    name="TimesheetFilters", description="Only timesheets that match all members given."
)
class TimesheetFiltersInput:
    user_id: Id | None = None
    week_start: date | None = strawberry.field(default=None, description="a Monday")
    status: list[TimesheetStatus] | None = strawberry.field(
        default=None, description="one of these"
    )

    def checked(self) -> TimesheetFilters:
        """Raises ``BadUserInput``."""
        statuses = None if self.status is None else tuple(sorted(set(self.status)))
        return InputProblems().make(TimesheetFilters, self, statuses=statuses)


@strawberry.input(
    description="What the time is spent on: a task, a project, or neither (visible only to the "
    "person)."
)
class StartTimerInput:
    task_id: Id | None = strawberry.field(default=None, description="determines the project")
    project_id: Id | None = None
    description: Description = None
    billable: bool | None = strawberry.field(
        default=None, description="if absent, true for time of a project"
    )
    hourly_rate: Decimal | None = strawberry.field(default=None, description=_RATE)
    currency: Currency = strawberry.field(default=None, description=_CURRENCY)

    def checked(self) -> NewTime:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        rate = _rate(problems, self.hourly_rate)
        currency = _currency(problems, self.currency, has_rate=self.hourly_rate is not None)
        return problems.make(NewTime, self, hourly_rate=rate, currency=currency)


@strawberry.input(
    description="Time spent on a task, a project, or neither (visible only to the person). It "
    "does not overlap other entries of the person, is in the past, and is at most 24 "
    "hours long."
)
class CreateTimeEntryInput:
    started_at: datetime
    ended_at: datetime
    task_id: Id | None = strawberry.field(default=None, description="determines the project")
    project_id: Id | None = None
    description: Description = None
    billable: bool | None = strawberry.field(
        default=None, description="if absent, true for time of a project"
    )
    hourly_rate: Decimal | None = strawberry.field(default=None, description=_RATE)
    currency: Currency = strawberry.field(default=None, description=_CURRENCY)

    def checked(self) -> NewTimeEntry:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        add_problems(problems, self.started_at, self.ended_at)
        rate = _rate(problems, self.hourly_rate)
        currency = _currency(problems, self.currency, has_rate=self.hourly_rate is not None)
        return problems.make(NewTimeEntry, self, hourly_rate=rate, currency=currency)


@strawberry.input(description="Members that are absent are not changed; null clears a member.")
class UpdateTimeEntryInput:
    started_at: datetime | None = UNSET
    ended_at: datetime | None = strawberry.field(
        default=UNSET, description="not for a running timer"
    )
    task_id: Id | None = UNSET
    project_id: Id | None = UNSET
    description: Description = UNSET
    billable: bool | None = UNSET
    hourly_rate: Decimal | None = strawberry.field(default=UNSET, description=_RATE)
    currency: Currency = strawberry.field(default=UNSET, description=_CURRENCY)
    version: int | None = strawberry.field(
        default=None, description="the expected version of the entry; another one is a conflict"
    )

    def checked(self) -> dict[str, Any]:
        """The changes by column. Raises ``BadUserInput``."""
        problems = InputProblems()
        never_null = ("started_at", "ended_at", "billable")
        changes = problems.members(self, skip=("version",), never_null=never_null)
        if "hourly_rate" in changes:
            changes["hourly_rate"] = _rate(problems, self.hourly_rate)
        if changes.get("currency"):
            changes["currency"] = _currency(problems, self.currency, has_rate=True)
        problems.raise_any()
        return changes


def _rate(problems: InputProblems, rate: Decimal | None) -> Decimal | None:
    if rate is None:
        return None
    return problems.money("hourlyRate", rate, maximum=_MAX_RATE, may_be_zero=True)


def _currency(problems: InputProblems, currency: str | None, *, has_rate: bool) -> str | None:
    if not currency:
        return None
    if not has_rate:
        problems.add("currency", "INVALID_FORMAT", "A currency needs an hourlyRate.")
    return problems.currency("currency", currency)
