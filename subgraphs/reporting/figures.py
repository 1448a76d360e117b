"""The formulas of analytics, over rows that queries have found. What they mean stands in decision
0089."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self
from uuid import UUID

from trellis.subgraphs.reporting.models import DONE, TODO
from trellis.subgraphs.reporting.periods import Period


@dataclass(frozen=True, slots=True)
class Standing:
    """So many tasks had this status when the period ended."""

    project_id: UUID
    assignee_id: UUID | None
    status: str
    count: int


@dataclass(frozen=True, slots=True)
class Change:
    """A task had a status from ``since`` to ``until``, one of which is within the period."""

    status: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Spent:
    """A time entry that has ended."""

    user_id: UUID
    project_id: UUID | None
    started_at: datetime
    minutes: int
    billable: bool


@dataclass(frozen=True, slots=True)
class TaskFigures:
    total: int
    completed: int
    in_progress: int
    todo: int

    @classmethod
    def of(cls, rows: Iterable[Standing]) -> Self:
        counts = Counter[str]()
        for row in rows:
            counts[row.status] += row.count
        total = counts.total()
        done, todo = counts[DONE], counts[TODO]
        return cls(total=total, completed=done, in_progress=total - done - todo, todo=todo)

    @property
    def completion_rate(self) -> float:
        return percent(self.completed, self.total)


@dataclass(frozen=True, slots=True)
class HourFigures:
    """Minutes, which are converted to hours only for output, so that sums are exact."""

    minutes: int
    billable_minutes: int
    days: int
    most_active_day: date | None

    @classmethod
    def of(cls, entries: Iterable[Spent], period: Period) -> Self:
        total = billable = 0
        by_day = Counter[date]()
        for entry in entries:
            total += entry.minutes
            billable += entry.minutes if entry.billable else 0
            by_day[period.day_of(entry.started_at)] += entry.minutes
        # Of days with equally many the first; a day with entries of no length is not active.
        best = min(by_day, key=lambda day: (-by_day[day], day), default=None)
        return cls(total, billable, period.days, best if best and by_day[best] else None)

    @property
    def average_hours_per_day(self) -> float:
        return round(self.minutes / 60 / self.days, 2)


@dataclass(frozen=True, slots=True)
class DayRate:
    date: date
    rate: float


@dataclass(frozen=True, slots=True)
class DayHours:
    date: date
    minutes: int
    billable_minutes: int


def percent(part: int, whole: int) -> float:
    """C-67: ``part / whole * 100``; 0 of nothing."""
    return round(100 * part / whole, 2) if whole else 0.0


def hours(minutes: int) -> float:
    return round(minutes / 60, 2)


def daily_rates(open_before: int, changes: Iterable[Change], period: Period) -> list[DayRate]:
    """The completion rate at the end of each day that has begun.

    ``open_before`` is how many tasks were open when the period began, ``changes`` all spans that
    began or ended in it, without those of what was done before.
    """
    begins, ends_at = period.begins, period.ends  # found once, not for each of many changes
    steps: dict[datetime, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for change in changes:
        open_, done = (0, 1) if change.status == DONE else (1, 0)
        if change.since >= begins:
            _add(steps, change.since, open_, done)
        if change.until is not None and change.until < ends_at:
            _add(steps, change.until, -open_, -done)
    moments = sorted(steps)
    open_now, done_now, next_ = open_before, 0, 0
    rates: list[DayRate] = []
    for day, ends in period.past_days():
        while next_ < len(moments) and moments[next_] < ends:
            more_open, more_done = steps[moments[next_]]
            open_now, done_now, next_ = open_now + more_open, done_now + more_done, next_ + 1
        rates.append(DayRate(day, percent(done_now, open_now + done_now)))
    return rates


def _add(steps: dict[datetime, tuple[int, int]], at: datetime, open_: int, done: int) -> None:
    before_open, before_done = steps[at]
    steps[at] = before_open + open_, before_done + done


@dataclass(frozen=True, slots=True)
class MemberFigures:
    """``productivity_score`` is the completion rate of the tasks that are assigned to them."""

    user_id: UUID
    tasks: TaskFigures
    minutes: int

    @property
    def productivity_score(self) -> float:
        return self.tasks.completion_rate


@dataclass(frozen=True, slots=True)
class ProjectFigures:
    project_id: UUID
    period: Period
    tasks: TaskFigures
    time: HourFigures
    members: Sequence[MemberFigures]
    rates: Sequence[DayRate]


@dataclass(frozen=True, slots=True)
class PartFigures:
    """The part of a project in the figures of a person; ``project_id`` is null for hours that
    belong to none."""

    project_id: UUID | None
    tasks: TaskFigures
    minutes: int
    billable_minutes: int


@dataclass(frozen=True, slots=True)
class UserFigures:
    user_id: UUID
    period: Period
    tasks: TaskFigures
    time: HourFigures
    projects: Sequence[PartFigures]
    rates: Sequence[DayRate]


@dataclass(frozen=True, slots=True)
class SharedHours:
    """Hours by person or by project: ``id`` is null for those of no project."""

    id: UUID | None
    minutes: int
    billable_minutes: int


@dataclass(frozen=True, slots=True)
class TimeFigures:
    user_id: UUID | None
    project_id: UUID | None
    period: Period
    time: HourFigures
    days: Sequence[DayHours]
    users: Sequence[SharedHours]
    projects: Sequence[SharedHours]


def members_of(
    people: Iterable[UUID], standing: Iterable[Standing], entries: Iterable[Spent]
) -> list[MemberFigures]:
    """One for each of ``people`` and for others with tasks or hours; those who completed most come
    first, then those with the most hours."""
    tasks: dict[UUID, list[Standing]] = {person: [] for person in people}
    for row in standing:
        if row.assignee_id is not None:
            tasks.setdefault(row.assignee_id, []).append(row)
    minutes = Counter[UUID]()
    for entry in entries:
        minutes[entry.user_id] += entry.minutes
    found = [
        MemberFigures(id, TaskFigures.of(tasks.get(id, ())), minutes[id])
        for id in tasks.keys() | minutes.keys()
    ]
    return sorted(found, key=lambda one: (-one.tasks.completed, -one.minutes, str(one.user_id)))


def parts_of(standing: Iterable[Standing], entries: Iterable[Spent]) -> list[PartFigures]:
    """What each project has of a person's figures, the most hours first."""
    tasks: dict[UUID | None, list[Standing]] = defaultdict(list)
    for row in standing:
        tasks[row.project_id].append(row)
    spent = {one.id: one for one in shared(entries, "project_id")}
    found = [
        PartFigures(
            id,
            TaskFigures.of(tasks.get(id, ())),
            spent[id].minutes if id in spent else 0,
            spent[id].billable_minutes if id in spent else 0,
        )
        for id in tasks.keys() | spent.keys()
    ]
    return sorted(found, key=lambda one: (-one.minutes, -one.tasks.total, str(one.project_id)))


def shared(entries: Iterable[Spent], by: str) -> list[SharedHours]:
    """Hours by ``user_id`` or ``project_id``, the most first."""
    minutes, billable = Counter[UUID | None](), Counter[UUID | None]()
    for entry in entries:
        id: UUID | None = getattr(entry, by)
        minutes[id] += entry.minutes
        billable[id] += entry.minutes if entry.billable else 0
    found = [SharedHours(id, minutes[id], billable[id]) for id in minutes]
    return sorted(found, key=lambda one: (-one.minutes, str(one.id)))


def by_day(entries: Iterable[Spent], period: Period) -> list[DayHours]:
    """The days with entries, in order."""
    minutes, billable = Counter[date](), Counter[date]()
    for entry in entries:
        day = period.day_of(entry.started_at)
        minutes[day] += entry.minutes
        billable[day] += entry.minutes if entry.billable else 0
    return [DayHours(day, minutes[day], billable[day]) for day in sorted(minutes)]
