"""The types of hours in the graph, and what hours add to projects, tasks and people."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID, Info

from trellis.db.caller_context import CallerContext
from trellis.schema.list_sizes import FORWARD
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import Reference, load_by_id, load_one
from trellis.subgraphs.timetracking import models
from trellis.subgraphs.timetracking.clock import cost, hours
from trellis.subgraphs.timetracking.directives import AS_LONG_AS_A_PAGE, READ, READ_OF_TASK
from trellis.subgraphs.timetracking.inputs import TimeEntryFiltersInput, TimesheetFiltersInput
from trellis.subgraphs.timetracking.loaders import Loaders
from trellis.subgraphs.timetracking.models import TimesheetStatus
from trellis.subgraphs.timetracking.queries import (
    Minutes,
    Parent,
    TimeEntryFilters,
    TimeEntryStatus,
    TimesheetFilters,
)

_LATEST = "Latest first: the caller's own, and those of projects that the caller manages."

Ctx = Info[CallerContext[Loaders], None]


@strawberry.federation.type(keys=["id"])
class User:
    id: ID

    @strawberry.federation.field(requires_scopes=READ, directives=[FORWARD], description=_LATEST)
    async def time_entries(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        filters: TimeEntryFiltersInput | None = None,
    ) -> "Connection[TimeEntry] | None":
        return await _entries(info, "user_id", self.id, PageRequest.of(first, after), filters)

    @strawberry.federation.field(
        requires_scopes=READ,
        directives=[FORWARD],
        description="Latest week first: the caller's own, and those whose hours are all of "
        "projects that the caller manages.",
    )
    async def timesheets(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        filters: TimesheetFiltersInput | None = None,
    ) -> "Connection[Timesheet] | None":
        wanted = filters.checked() if filters else TimesheetFilters()
        page, lists = PageRequest.of(first, after), info.context.loaders.timesheets
        return Connection.of(Timesheet.of, await lists.load_for(wanted, self.id, page))

    @strawberry.federation.field(
        requires_scopes=READ,
        description="The running timer; null if there is none that the caller may see.",
    )
    async def running_timer(self, info: Ctx) -> "TimeEntry | None":
        row = await load_one(info.context.loaders.running, self.id)
        return TimeEntry.of(row) if row else None


@strawberry.federation.type(keys=["id"])
class Project:
    id: ID

    @strawberry.federation.field(requires_scopes=READ, directives=[FORWARD], description=_LATEST)
    async def time_entries(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        filters: TimeEntryFiltersInput | None = None,
    ) -> "Connection[TimeEntry] | None":
        return await _entries(info, "project_id", self.id, PageRequest.of(first, after), filters)

    @strawberry.federation.field(
        requires_scopes=READ, description="Of all people, for everyone who may see the project."
    )
    async def total_hours(self, info: Ctx) -> float | None:
        minutes = await load_one(info.context.loaders.minutes_of_project, self.id)
        return hours(minutes.total) if minutes else None

    @strawberry.federation.field(
        requires_scopes=READ, description="Of all people, for everyone who may see the project."
    )
    async def billable_hours(self, info: Ctx) -> float | None:
        minutes = await load_one(info.context.loaders.minutes_of_project, self.id)
        return hours(minutes.billable) if minutes else None


@strawberry.federation.type(keys=["id"])
class Task:
    id: ID
    estimated_hours: float | None = strawberry.federation.field(external=True, default=None)

    @strawberry.federation.field(requires_scopes=READ, directives=[FORWARD], description=_LATEST)
    async def time_entries(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        filters: TimeEntryFiltersInput | None = None,
    ) -> "Connection[TimeEntry] | None":
        return await _entries(info, "task_id", self.id, PageRequest.of(first, after), filters)

    @strawberry.federation.field(
        requires_scopes=READ, description="Of all people, for everyone who may see the task."
    )
    async def actual_hours(self, info: Ctx) -> float | None:
        minutes = await self._minutes(info)
        return hours(minutes.total) if minutes else None

    @strawberry.federation.field(
        requires=["estimatedHours"],
        requires_scopes=READ_OF_TASK,
        description="The remaining part of the estimate: 0 if more was spent, null without an "
        "estimate.",
    )
    async def remaining_hours(self, info: Ctx) -> float | None:
        minutes = await self._minutes(info)
        if minutes is None or self.estimated_hours is None:
            return None
        return max(round(self.estimated_hours - hours(minutes.total), 2), 0.0)

    async def _minutes(self, info: Ctx) -> Minutes | None:
        return await load_one(info.context.loaders.minutes_of_task, self.id)

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        return [cls._read(reference) for reference in references]

    @classmethod
    def _read(cls, reference: Mapping[str, Any]) -> Self:
        return cls(id=ID(reference["id"]), estimated_hours=reference.get("estimated_hours"))


@strawberry.federation.type(
    keys=["id"],
    requires_scopes=READ,
    description="Time that a person has spent, or the person's timer while it runs. It does not "
    "overlap other entries of the person.",
)
class TimeEntry:
    id: ID
    user: User | None
    description: str | None
    status: TimeEntryStatus
    day: date = strawberry.field(
        name="date", description="The day of its start in the person's time zone."
    )
    started_at: datetime
    ended_at: datetime | None
    duration_minutes: int | None = strawberry.field(
        description="Rounded to minutes; null while it runs."
    )
    billable: bool
    hourly_rate: Decimal | None
    currency: str | None
    amount: Decimal | None = strawberry.field(
        description="The amount in its currency; null while it runs, without a rate, or if it is "
        "not billable."
    )
    created_at: datetime
    updated_at: datetime
    version: int = strawberry.field(
        description="Send it with an update to detect concurrent changes."
    )
    event_cursor: str | None = strawberry.field(
        default=None,
        description="The position of this event in the stream; only in subscriptions. Pass it as "
        "`after` to resume without missing events.",
    )
    project_id: strawberry.Private[UUID | None]
    task_id: strawberry.Private[UUID | None]
    timesheet_id: strawberry.Private[UUID | None]

    @strawberry.field(
        description="Null for time of no project, or if the caller may no longer see the project."
    )
    async def project(self, info: Ctx) -> Project | None:
        if self.project_id is None or not await info.context.loaders.project.load(self.project_id):
            return None
        return Project(id=ID(str(self.project_id)))

    @strawberry.field(
        description="Null for time of no task, or if the caller may no longer see the task."
    )
    async def task(self, info: Ctx) -> Task | None:
        if self.task_id is None or not await info.context.loaders.task.load(self.task_id):
            return None
        return Task(id=ID(str(self.task_id)))

    @strawberry.field(description="Null for time of no project.")
    async def timesheet(self, info: Ctx) -> "Timesheet | None":
        if self.timesheet_id is None:
            return None
        row = await info.context.loaders.timesheet.load(self.timesheet_id)
        return Timesheet.of(row) if row else None

    @classmethod
    def of(cls, row: models.TimeEntry, *, event_cursor: str | None = None) -> Self:
        return cls(
            id=ID(str(row.id)),
            user=User(id=ID(str(row.user_id))),
            description=row.description,
            status=TimeEntryStatus.RUNNING if row.ended_at is None else TimeEntryStatus.COMPLETED,
            day=row.day,
            started_at=row.started_at,
            ended_at=row.ended_at,
            duration_minutes=row.duration_minutes,
            billable=row.billable,
            hourly_rate=row.hourly_rate,
            currency=row.currency,
            amount=_amount(row),
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
            event_cursor=event_cursor,
            project_id=row.project_id,
            task_id=row.task_id,
            timesheet_id=row.timesheet_id,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.entry, references)
        return [cls.of(row) if row else None for row in rows]


def _amount(row: models.TimeEntry) -> Decimal | None:
    if row.duration_minutes is None or row.hourly_rate is None or not row.billable:
        return None
    return cost(row.duration_minutes, row.hourly_rate)


@strawberry.federation.type(
    keys=["id"],
    requires_scopes=READ,
    description="The hours of a person for projects in one week. It is created with the first "
    "entry. After it is submitted, the entries cannot be changed unless it is "
    "rejected.",
)
class Timesheet:
    id: ID
    user: User | None
    week_start: date = strawberry.field(description="The first day of the week, a Monday.")
    status: TimesheetStatus
    submitted_at: datetime | None
    approved_by: User | None
    approved_at: datetime | None
    rejected_by: User | None
    rejected_at: datetime | None
    rejection_reason: str | None
    created_at: datetime
    updated_at: datetime
    version: int

    @strawberry.federation.field(
        directives=[AS_LONG_AS_A_PAGE], description="All entries, latest first."
    )
    async def entries(self, info: Ctx) -> list[TimeEntry]:
        rows = await info.context.loaders.entries_of_timesheet.load(UUID(self.id))
        return [TimeEntry.of(row) for row in rows]

    @strawberry.field
    async def total_hours(self, info: Ctx) -> float:
        return hours((await info.context.loaders.minutes_of_timesheet.load(UUID(self.id))).total)

    @strawberry.field
    async def billable_hours(self, info: Ctx) -> float:
        minutes = await info.context.loaders.minutes_of_timesheet.load(UUID(self.id))
        return hours(minutes.billable)

    @classmethod
    def of(cls, row: models.Timesheet) -> Self:
        approver, rejecter = row.approved_by, row.rejected_by
        return cls(
            id=ID(str(row.id)),
            user=User(id=ID(str(row.user_id))),
            week_start=row.week_start,
            status=row.status,
            submitted_at=row.submitted_at,
            approved_by=User(id=ID(str(approver))) if approver else None,
            approved_at=row.approved_at,
            rejected_by=User(id=ID(str(rejecter))) if rejecter else None,
            rejected_at=row.rejected_at,
            rejection_reason=row.rejection_reason,
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.timesheet, references)
        return [cls.of(row) if row else None for row in rows]


async def _entries(
    info: Ctx, parent: Parent, id: str, page: PageRequest, filters: TimeEntryFiltersInput | None
) -> Connection[TimeEntry]:
    """The entries that hang on something, loaded together with those of its siblings."""
    wanted = filters.checked() if filters else TimeEntryFilters()
    found = await info.context.loaders.entries.load_for((parent, wanted), id, page)
    return Connection.of(TimeEntry.of, found)
