"""Hours in the graph: the root fields, and the subgraph that the router runs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import RequiresScopes

from trellis.db.outbox import Envelope
from trellis.db.replica import Replica
from trellis.db.subgraph import define_subgraph
from trellis.db.subscriptions import changed_rows
from trellis.schema.dialects import dialect_tags
from trellis.schema.directives import Live
from trellis.schema.events.accounts import STREAM as ACCOUNTS
from trellis.schema.events.accounts import USER_STATES
from trellis.schema.events.tasks import STREAM as TASKS
from trellis.schema.events.tasks import TaskCreated, TaskDeleted, TaskUpdated
from trellis.schema.events.timetracking import (
    TimeEntryCreated,
    TimeEntryUpdated,
    TimerStarted,
    TimerStopped,
)
from trellis.schema.inputs import InputProblems, known_id
from trellis.schema.list_sizes import EITHER_WAY
from trellis.schema.paging import Connection, PageRequest, SortOrder
from trellis.schema.references import load_one
from trellis.subgraphs.project_scope.changes import changes_within
from trellis.subgraphs.timetracking import models, queries, seed
from trellis.subgraphs.timetracking.directives import READ, WRITE
from trellis.subgraphs.timetracking.errors import TimeEntryNotFound, TimesheetNotFound
from trellis.subgraphs.timetracking.inputs import (
    CreateTimeEntryInput,
    StartTimerInput,
    TimeEntryFiltersInput,
    TimesheetFiltersInput,
    UpdateTimeEntryInput,
)
from trellis.subgraphs.timetracking.loaders import Loaders
from trellis.subgraphs.timetracking.models import MAX_REASON, Reason
from trellis.subgraphs.timetracking.queries import (
    LATEST_WEEK_FIRST,
    PROJECTS,
    TimeEntryFilters,
    TimeEntrySort,
    TimesheetFilters,
)
from trellis.subgraphs.timetracking.types import Ctx, TimeEntry, Timesheet
from trellis.subgraphs.timetracking.use_cases import entries, timer, timesheets, upkeep

_CHANGES = (
    TimerStarted.topic,
    TimerStopped.topic,
    TimeEntryCreated.topic,
    TimeEntryUpdated.topic,
)


@strawberry.type
class TimeEntryPayload:
    time_entry: TimeEntry


@strawberry.type
class DeleteTimeEntryPayload:
    deleted_time_entry_id: ID


@strawberry.type
class TimesheetPayload:
    timesheet: Timesheet


@strawberry.type
class Query:
    @strawberry.federation.field(requires_scopes=READ, directives=[EITHER_WAY])
    async def time_entries(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        skip: int | None = None,
        filters: TimeEntryFiltersInput | None = None,
        sort_by: TimeEntrySort = TimeEntrySort.STARTED_AT,
        sort_order: SortOrder = SortOrder.DESC,
    ) -> Connection[TimeEntry] | None:
        """The caller's own entries, and those of projects that the caller manages, latest first.
        For numbered pages use skip, else after."""
        context, page = info.context, PageRequest.of(first, after, last, before, skip)
        wanted = filters.checked() if filters else TimeEntryFilters()
        order = sort_by.order(descending=sort_order is SortOrder.DESC)
        statement = queries.matching(context.caller, wanted)
        rows = await context.page(statement, models.TimeEntry, page, order)
        return Connection.of(TimeEntry.of, rows)

    @strawberry.federation.field(requires_scopes=READ)
    async def time_entry(self, info: Ctx, id: ID) -> TimeEntry | None:
        row = await load_one(info.context.loaders.entry, id)
        return TimeEntry.of(row) if row else None

    @strawberry.federation.field(requires_scopes=READ, directives=[EITHER_WAY])
    async def timesheets(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        skip: int | None = None,
        filters: TimesheetFiltersInput | None = None,
    ) -> Connection[Timesheet] | None:
        """The caller's own timesheets, and those with hours only of projects that the caller
        manages, latest week first. For numbered pages use skip, else after."""
        context, page = info.context, PageRequest.of(first, after, last, before, skip)
        wanted = filters.checked() if filters else TimesheetFilters()
        statement = queries.matching_timesheets(context.caller, wanted)
        rows = await context.page(statement, models.Timesheet, page, LATEST_WEEK_FIRST)
        return Connection.of(Timesheet.of, rows)

    @strawberry.federation.field(requires_scopes=READ)
    async def timesheet(self, info: Ctx, id: ID) -> Timesheet | None:
        row = await load_one(info.context.loaders.timesheet, id)
        return Timesheet.of(row) if row else None


@strawberry.type
class Mutation:
    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def start_timer(self, info: Ctx, input: StartTimerInput) -> TimeEntryPayload | None:
        """Start the caller's timer. CONFLICT while it runs."""
        row = await info.context.transact(timer.start_timer, input.checked())
        return TimeEntryPayload(time_entry=TimeEntry.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def stop_timer(self, info: Ctx, id: ID) -> TimeEntryPayload | None:
        """Stop the caller's timer. CONFLICT when it was stopped already."""
        row = await info.context.transact(timer.stop_timer, known_id(id, TimeEntryNotFound))
        return TimeEntryPayload(time_entry=TimeEntry.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def create_time_entry(
        self, info: Ctx, input: CreateTimeEntryInput
    ) -> TimeEntryPayload | None:
        """Note time that the caller has spent. CONFLICT where another entry of the caller is, or
        the timer runs, and in a week that is submitted or approved."""
        row = await info.context.transact(entries.create_entry, input.checked())
        return TimeEntryPayload(time_entry=TimeEntry.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_time_entry(
        self, info: Ctx, id: ID, input: UpdateTimeEntryInput
    ) -> TimeEntryPayload | None:
        """Change an entry of the caller. CONFLICT as when it is made."""
        changes, wanted = input.checked(), known_id(id, TimeEntryNotFound)
        row = await info.context.transact(
            entries.update_entry, wanted, changes, version=input.version
        )
        return TimeEntryPayload(time_entry=TimeEntry.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def delete_time_entry(self, info: Ctx, id: ID) -> DeleteTimeEntryPayload | None:
        """Remove an entry of the caller, or the timer that runs. CONFLICT in a week that is
        submitted or approved."""
        wanted = known_id(id, TimeEntryNotFound)
        await info.context.transact(entries.delete_entry, wanted)
        return DeleteTimeEntryPayload(deleted_time_entry_id=ID(str(wanted)))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def submit_timesheet(self, info: Ctx, id: ID) -> TimesheetPayload | None:
        """Present the caller's week for approval; its hours stay as they are from now on. CONFLICT
        without hours, while the timer runs in it, and when it is submitted or approved."""
        wanted = known_id(id, TimesheetNotFound)
        row = await info.context.transact(timesheets.submit_timesheet, wanted)
        return TimesheetPayload(timesheet=Timesheet.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def approve_timesheet(self, info: Ctx, id: ID) -> TimesheetPayload | None:
        """For managers of all projects that it has hours of, except its own person."""
        wanted = known_id(id, TimesheetNotFound)
        row = await info.context.transact(timesheets.approve_timesheet, wanted)
        return TimesheetPayload(timesheet=Timesheet.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def reject_timesheet(
        self, info: Ctx, id: ID, reason: Reason = None
    ) -> TimesheetPayload | None:
        """For those who may approve it: its hours can be changed and submitted again."""
        problems, wanted = InputProblems(), known_id(id, TimesheetNotFound)
        checked_reason = problems.optional_text("reason", reason, maximum=MAX_REASON)
        problems.raise_any()
        row = await info.context.transact(timesheets.reject_timesheet, wanted, checked_reason)
        return TimesheetPayload(timesheet=Timesheet.of(row))


@strawberry.type
class Subscription:
    @strawberry.subscription(directives=[RequiresScopes(scopes=READ), Live(resumed_by=["after"])])
    async def time_entry_updated(
        self, info: Ctx, project_id: ID | None = None, after: str | None = None
    ) -> AsyncGenerator[TimeEntry | None, None]:
        """Each entry that was started, stopped, made or changed: the caller's own, or with
        ``projectId`` those of the project that the caller sees.

        Ends with NOT_FOUND when the project is gone or the caller may not see it any more. With
        ``after`` (an ``eventCursor``) it begins with what was missed.
        """
        if project_id is None:
            changes = _own_changes(info, after)
        else:
            changes = changes_within(
                info.context, PROJECTS, project_id, _CHANGES, lambda loaders: loaders.entry, after
            )
        async with aclosing(changes) as rows:
            async for row, cursor in rows:
                yield TimeEntry.of(row, event_cursor=cursor)


def _own_changes(info: Ctx, after: str | None) -> AsyncGenerator[tuple[models.TimeEntry, str]]:
    mine = str(info.context.caller.id)

    def id_of(event: Envelope) -> UUID | None:
        is_mine = event.topic in _CHANGES and event.payload["user_id"] == mine
        return UUID(event.key) if is_mine else None

    return changed_rows(info.context, after, id_of, lambda loaders: loaders.entry)


make_subgraph = define_subgraph(
    "timetracking",
    models.Base,
    Query,
    Mutation,
    Subscription,
    loaders=Loaders,
    replicas=[
        PROJECTS.replica(),
        Replica(TASKS, (TaskCreated, TaskUpdated, TaskDeleted), upkeep.keep_task),
        Replica(ACCOUNTS, USER_STATES, upkeep.keep_person),
    ],
    seed=seed.write_demo_data,
    tags=dialect_tags(),
)

subgraph = make_subgraph()
