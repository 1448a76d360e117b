"""Entries that are made by hand, changed and deleted: by nobody but whose they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.currencies import DEFAULT_CURRENCY
from trellis.schema.events.timetracking import TimeEntryCreated, TimeEntryDeleted, TimeEntryUpdated
from trellis.schema.identity import Identity
from trellis.subgraphs.timetracking import queries
from trellis.subgraphs.timetracking.clock import local_day, minutes_between, week_of
from trellis.subgraphs.timetracking.errors import (
    EndOfTimer,
    NotYours,
    Overlap,
    TimeEntryChanged,
    TimeEntryNotFound,
)
from trellis.subgraphs.timetracking.events import about, state_of
from trellis.subgraphs.timetracking.models import TimeEntry
from trellis.subgraphs.timetracking.use_cases.rules import (
    check_open,
    hold_hours,
    open_week,
    project_of,
)
from trellis.subgraphs.timetracking.use_cases.spans import check_span


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTime:
    """What time is spent for: a task, a project, or neither. It is billable, unless it says
    otherwise, where it is for a project."""

    project_id: UUID | None = None
    task_id: UUID | None = None
    description: str | None = None
    billable: bool | None = None
    hourly_rate: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTimeEntry(NewTime):
    started_at: datetime
    ended_at: datetime


async def create_entry(uow: UnitOfWork, caller: Identity, new: NewTimeEntry) -> TimeEntry:
    """Note time that was spent. Raises ``Overlap``, ``WeekClosed`` and what ``project_of`` does."""
    assert caller.id is not None
    await hold_hours(uow, caller.id)
    await check_overlap(uow, caller.id, new.started_at, new.ended_at)
    entry = await new_entry(uow, caller, new, new.started_at)
    entry.ended_at = new.ended_at
    entry.duration_minutes = minutes_between(new.started_at, new.ended_at)
    uow.session.add(entry)
    await uow.session.flush()
    uow.emit(TimeEntryCreated(**about(entry), state=state_of(entry)))
    return entry


async def new_entry(
    uow: UnitOfWork, caller: Identity, new: NewTime, started_at: datetime
) -> TimeEntry:
    """An entry of the caller in its open week, not yet added. The caller's hours are held."""
    assert caller.id is not None
    project_id = await project_of(uow, caller, new.project_id, new.task_id)
    day = local_day(started_at, await queries.timezone_of(uow.session, caller.id))
    return TimeEntry(
        user_id=caller.id,
        project_id=project_id,
        task_id=new.task_id,
        timesheet_id=await _sheet_for(uow, caller.id, project_id, day),
        day=day,
        description=new.description,
        started_at=started_at,
        billable=new.billable if new.billable is not None else project_id is not None,
        hourly_rate=new.hourly_rate,
        currency=new.currency or DEFAULT_CURRENCY if new.hourly_rate is not None else None,
    )


async def update_entry(
    uow: UnitOfWork,
    caller: Identity,
    id: UUID,
    changes: Mapping[str, Any],
    *,
    version: int | None = None,
) -> TimeEntry:
    """Set the given members of an entry whose week is open, and stays so. A timer that runs gets
    its end by stopping it. With ``version`` the entry must still have that."""
    entry = await own_entry(uow, caller, id)
    if version is not None and entry.version != version:
        raise TimeEntryChanged(entry.version)
    changes = await _complete(uow, caller, entry, changes)
    changed = {name: value for name, value in changes.items() if getattr(entry, name) != value}
    if not changed:
        return entry
    await check_open(uow, entry)
    if entry.ended_at is None and "ended_at" in changed:
        raise EndOfTimer
    # All of it at once: a flush between two would break the rules of the table.
    for name, value in (changed | await _consequences(uow, entry, changed)).items():
        setattr(entry, name, value)
    await uow.session.flush()
    uow.emit(TimeEntryUpdated(**about(entry), state=state_of(entry)))
    return entry


async def delete_entry(uow: UnitOfWork, caller: Identity, id: UUID) -> None:
    """Remove an entry whose week is open, or a timer that runs."""
    entry = await own_entry(uow, caller, id)
    await check_open(uow, entry)
    gone = TimeEntryDeleted(**about(entry))
    await uow.session.delete(entry)
    await uow.session.flush()
    uow.emit(gone)


async def own_entry(uow: UnitOfWork, caller: Identity, id: UUID) -> TimeEntry:
    """The caller's entry, with the caller's hours held. Raises ``TimeEntryNotFound``, ``NotYours``
    for one that the caller may see."""
    assert caller.id is not None
    await hold_hours(uow, caller.id)
    entry = await queries.entry(uow.session, caller, id)
    if entry is None:
        raise TimeEntryNotFound(id)
    if entry.user_id != caller.id:
        raise NotYours("time entry")
    return entry


async def check_overlap(
    uow: UnitOfWork,
    user_id: UUID,
    start: datetime,
    end: datetime | None,
    *,
    besides: UUID | None = None,
) -> None:
    """Raises ``Overlap`` where the person's time is taken; the person's hours are held."""
    taken = await queries.overlapping(uow.session, user_id, start, end, besides=besides)
    if taken is not None:
        raise Overlap(taken)


async def _complete(
    uow: UnitOfWork, caller: Identity, entry: TimeEntry, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """``changes`` with what follows from them: a task's project, the currency of a rate."""
    changes = dict(changes)
    task_id = changes.get("task_id", entry.task_id)
    project_id = changes.get("project_id", entry.project_id)
    if (task_id, project_id) != (entry.task_id, entry.project_id):
        wanted = changes.get("project_id") if task_id is not None else project_id
        changes["project_id"] = await project_of(uow, caller, wanted, task_id)
    rate = changes.get("hourly_rate", entry.hourly_rate)
    currency = changes.get("currency") or entry.currency or DEFAULT_CURRENCY
    return {**changes, "currency": currency if rate is not None else None}


async def _consequences(
    uow: UnitOfWork, entry: TimeEntry, changed: Mapping[str, Any]
) -> dict[str, Any]:
    """What follows from when an entry was, and for which project. Raises ``BadUserInput``,
    ``Overlap``, ``WeekClosed``."""
    found: dict[str, Any] = {}
    start = changed.get("started_at", entry.started_at)
    end = changed.get("ended_at", entry.ended_at)
    if changed.keys() & {"started_at", "ended_at"}:
        check_span(start, end)
        await check_overlap(uow, entry.user_id, start, end, besides=entry.id)
        found["duration_minutes"] = minutes_between(start, end) if end is not None else None
    if "started_at" in changed:
        found["day"] = local_day(start, await queries.timezone_of(uow.session, entry.user_id))
    if changed.keys() & {"started_at", "project_id"}:
        project_id, day = changed.get("project_id", entry.project_id), found.get("day", entry.day)
        is_there = project_id is not None and entry.timesheet_id is not None
        if not is_there or week_of(day) != week_of(entry.day):
            found["timesheet_id"] = await _sheet_for(uow, entry.user_id, project_id, day)
    return found


async def _sheet_for(
    uow: UnitOfWork, user_id: UUID, project_id: UUID | None, day: date
) -> UUID | None:
    """That of the week, which must be open, for time that is spent for a project."""
    if project_id is None:
        return None
    return (await open_week(uow, user_id, week_of(day))).id
