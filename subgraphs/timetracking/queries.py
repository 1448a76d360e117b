"""Every SELECT of hours. What the caller may not see does not exist."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.batching import lists_by, rows_by
from trellis.db.paging import ChildRows, SortColumn, instant, order_by
from trellis.schema.identity import Identity
from trellis.subgraphs.project_scope.scope import ProjectScope
from trellis.subgraphs.timetracking.models import (
    Person,
    Project,
    ProjectMember,
    Task,
    TimeEntry,
    Timesheet,
    TimesheetStatus,
)

PROJECTS = ProjectScope(Project, ProjectMember)

Parent = Literal["user_id", "project_id", "task_id"]
"""What a list of entries hangs on."""

LATEST_FIRST = order_by("started_at", instant, descending=True)
LATEST_WEEK_FIRST = order_by("week_start", date.fromisoformat, descending=True)


class TimeEntryStatus(StrEnum):
    RUNNING = "running"
    COMPLETED = "completed"


class TimeEntrySort(StrEnum):
    """The columns that clients may sort by."""

    STARTED_AT = "started_at"
    CREATED_AT = "created_at"

    def order(self, *, descending: bool) -> Sequence[SortColumn]:
        return order_by(self.value, instant, descending=descending)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeEntryFilters:
    """Both dates belong to the period; they are days where the person lived."""

    user_id: UUID | None = None
    project_id: UUID | None = None
    task_id: UUID | None = None
    timesheet_id: UUID | None = None
    status: TimeEntryStatus | None = None
    billable: bool | None = None
    start_date: date | None = None
    end_date: date | None = None


@dataclass(frozen=True, slots=True)
class Minutes:
    """How long finished entries took together, and those of them that are billable."""

    total: int = 0
    billable: int = 0


def visible_to(caller: Identity) -> Select[TimeEntry]:
    """The caller's own entries, and those of projects that the caller manages."""
    # Each side by an index of its own, where a join would read the entries of everybody.
    of_managed = col(TimeEntry.project_id).in_(_managed(caller))
    return select(TimeEntry).where(or_(_is_of(caller, TimeEntry.user_id), of_managed))


def _managed(caller: Identity) -> Select[UUID]:
    """The ids of the projects that the caller manages."""
    return select(Project.id).where(PROJECTS.may_manage(caller))


def _is_of(caller: Identity, user_id: Any) -> ColumnElement[bool]:
    return false() if caller.id is None else col(user_id) == caller.id


def matching(caller: Identity, filters: TimeEntryFilters) -> Select[TimeEntry]:
    """The visible entries that match all filters."""
    wanted: dict[Any, Any] = {
        TimeEntry.user_id: filters.user_id,
        TimeEntry.project_id: filters.project_id,
        TimeEntry.task_id: filters.task_id,
        TimeEntry.timesheet_id: filters.timesheet_id,
        TimeEntry.billable: filters.billable,
    }
    conditions = [col(column) == value for column, value in wanted.items() if value is not None]
    if filters.status is not None:
        runs = col(TimeEntry.ended_at).is_(None)
        conditions.append(runs if filters.status is TimeEntryStatus.RUNNING else ~runs)
    if filters.start_date is not None:
        conditions.append(col(TimeEntry.day) >= filters.start_date)
    if filters.end_date is not None:
        conditions.append(col(TimeEntry.day) <= filters.end_date)
    return visible_to(caller).where(*conditions)


async def entries_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[TimeEntry | None]:
    return await rows_by(session, visible_to(caller), TimeEntry.id, ids)


async def entry(session: AsyncSession, caller: Identity, id: UUID) -> TimeEntry | None:
    """As it is in the database now, whatever the session knew of it."""
    statement = visible_to(caller).where(col(TimeEntry.id) == id)
    return (await session.scalars(statement, **_FRESH)).one_or_none()


_FRESH: dict[str, Any] = {"execution_options": {"populate_existing": True}}


def entries_of(caller: Identity, wanted: tuple[Parent, TimeEntryFilters]) -> ChildRows[TimeEntry]:
    """The entries of people, projects or tasks, as the parent says."""
    parent, filters = wanted
    of = col(getattr(TimeEntry, parent))
    return ChildRows(matching(caller, filters), TimeEntry, of, LATEST_FIRST)


async def running_by_user(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[TimeEntry | None]:
    """The timers of people that run and that the caller may see."""
    running = visible_to(caller).where(col(TimeEntry.ended_at).is_(None))
    return await rows_by(session, running, TimeEntry.user_id, ids)


async def minutes_by_project(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Minutes | None]:
    """None for projects that the caller may not see."""
    seen = select(Project.id).where(PROJECTS.may_see(caller), col(Project.id).in_(ids))
    return await _minutes(session, TimeEntry.project_id, await session.scalars(seen), ids)


async def minutes_by_task(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Minutes | None]:
    """None for tasks that the caller may not see."""
    seen = tasks_visible_to(caller).with_only_columns(col(Task.id)).where(col(Task.id).in_(ids))
    return await _minutes(session, TimeEntry.task_id, await session.scalars(seen), ids)


async def minutes_by_timesheet(session: AsyncSession, ids: Sequence[UUID]) -> list[Minutes]:
    """Of timesheets that the caller has seen already, and so of all in them."""
    found = await _minutes(session, TimeEntry.timesheet_id, ids, ids)
    return [minutes or Minutes() for minutes in found]


async def entries_by_timesheet(session: AsyncSession, ids: Sequence[UUID]) -> list[list[TimeEntry]]:
    """All entries of timesheets that the caller has seen already, latest first."""
    latest = col(TimeEntry.started_at).desc(), col(TimeEntry.id)
    return await lists_by(session, select(TimeEntry).order_by(*latest), TimeEntry.timesheet_id, ids)


async def _minutes(
    session: AsyncSession, parent: Any, seen: Any, ids: Sequence[UUID]
) -> list[Minutes | None]:
    found = {id: Minutes() for id in seen}
    duration = col(TimeEntry.duration_minutes)
    billable = case((col(TimeEntry.billable), duration), else_=0)
    counted = await session.execute(
        select(parent, func.sum(duration), func.sum(billable))
        .where(col(parent).in_(list(found)), col(TimeEntry.ended_at).is_not(None))
        .group_by(parent)
    )
    for id, total, of_it in counted:
        found[id] = Minutes(int(total or 0), int(of_it or 0))
    return [found.get(id) for id in ids]


def tasks_visible_to(caller: Identity) -> Select[Task]:
    """Tasks of the projects that the caller sees, and the caller's own personal ones."""
    joined = select(Task).outerjoin(Project, col(Project.id) == col(Task.project_id))
    personal = and_(col(Task.project_id).is_(None), _is_of(caller, Task.owner_id))
    alive = col(Task.is_deleted).is_(False)
    return joined.where(alive, or_(personal, PROJECTS.may_see(caller)))


async def projects_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Project | None]:
    """The projects that the caller sees; hours outlive them."""
    seen = select(Project).where(PROJECTS.may_see(caller))
    return await rows_by(session, seen, Project.id, ids)


async def tasks_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Task | None]:
    """The tasks that the caller sees; hours outlive them."""
    return await rows_by(session, tasks_visible_to(caller), Task.id, ids)


async def task(session: AsyncSession, caller: Identity, id: UUID) -> Task | None:
    statement = tasks_visible_to(caller).where(col(Task.id) == id)
    return (await session.scalars(statement)).one_or_none()


async def timezone_of(session: AsyncSession, user_id: UUID) -> str:
    """Where the person lives; UTC before they have said so."""
    person = await session.get(Person, user_id)
    return person.timezone if person is not None else "UTC"


async def overlapping(
    session: AsyncSession,
    user_id: UUID,
    start: datetime,
    end: datetime | None,
    *,
    besides: UUID | None = None,
) -> UUID | None:
    """An entry of the person between ``start`` and ``end``, which the running timer has none of:
    it takes all time from its start. Entries that touch do not overlap."""
    ended = col(TimeEntry.ended_at)
    conditions = [col(TimeEntry.user_id) == user_id, or_(ended.is_(None), ended > start)]
    if end is not None:
        conditions.append(col(TimeEntry.started_at) < end)
    if besides is not None:
        conditions.append(col(TimeEntry.id) != besides)
    return (await session.scalars(select(TimeEntry.id).where(*conditions).limit(1))).first()


async def running_timer(session: AsyncSession, user_id: UUID) -> UUID | None:
    running = col(TimeEntry.user_id) == user_id, col(TimeEntry.ended_at).is_(None)
    return (await session.scalars(select(TimeEntry.id).where(*running))).one_or_none()


async def last_end(session: AsyncSession, user_id: UUID) -> datetime | None:
    """When the person's last finished entry ended."""
    ended = col(TimeEntry.ended_at)
    mine = select(ended).where(col(TimeEntry.user_id) == user_id, ended.is_not(None))
    # None overlap, so the last to begin is the last to end.
    return (await session.scalars(mine.order_by(col(TimeEntry.started_at).desc()).limit(1))).first()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesheetFilters:
    user_id: UUID | None = None
    week_start: date | None = None
    statuses: tuple[TimesheetStatus, ...] | None = None


def timesheets_visible_to(caller: Identity) -> Select[Timesheet]:
    """The caller's own, and those whose hours are all of projects that the caller manages."""
    of_sheet = col(TimeEntry.timesheet_id) == col(Timesheet.id)
    has_hours = exists().where(of_sheet)
    beyond = exists().where(of_sheet, col(TimeEntry.project_id).not_in(_managed(caller)))
    mine = _is_of(caller, Timesheet.user_id)
    return select(Timesheet).where(or_(mine, and_(has_hours, ~beyond)))


def matching_timesheets(caller: Identity, filters: TimesheetFilters) -> Select[Timesheet]:
    """The visible timesheets that match all filters."""
    wanted: dict[Any, Any] = {
        Timesheet.user_id: filters.user_id,
        Timesheet.week_start: filters.week_start,
    }
    conditions = [col(column) == value for column, value in wanted.items() if value is not None]
    if filters.statuses is not None:
        conditions.append(col(Timesheet.status).in_(filters.statuses))
    return timesheets_visible_to(caller).where(*conditions)


async def timesheets_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Timesheet | None]:
    return await rows_by(session, timesheets_visible_to(caller), Timesheet.id, ids)


async def timesheet(session: AsyncSession, caller: Identity, id: UUID) -> Timesheet | None:
    """As it is in the database now, whatever the session knew of it."""
    statement = timesheets_visible_to(caller).where(col(Timesheet.id) == id)
    return (await session.scalars(statement, **_FRESH)).one_or_none()


def timesheets_of(caller: Identity, filters: TimesheetFilters) -> ChildRows[Timesheet]:
    """The timesheets of people."""
    rows = matching_timesheets(caller, filters)
    return ChildRows(rows, Timesheet, col(Timesheet.user_id), LATEST_WEEK_FIRST)


async def timesheet_of_week(
    session: AsyncSession, user_id: UUID, week_start: date
) -> Timesheet | None:
    week = col(Timesheet.user_id) == user_id, col(Timesheet.week_start) == week_start
    return (await session.scalars(select(Timesheet).where(*week), **_FRESH)).one_or_none()


async def count_in_timesheet(session: AsyncSession, id: UUID) -> int:
    """How many entries it has."""
    of_sheet = col(TimeEntry.timesheet_id) == id
    return (await session.execute(select(func.count()).where(of_sheet))).scalar_one()
