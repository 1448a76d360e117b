"""The demo world's hours: four weeks of work for its projects, and the timesheets of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from uuid import UUID

from trellis.db.seed.world import DemoProject, demo_id, demo_world

_FIRST_MONDAY = date(2026, 1, 12)
# One person's sheets by week; whoever has none in a week has not worked for a project.
_STATUSES = ("approved", "approved", "submitted", "draft")
_REJECTED = ("alan", 2)
_DOINGS = ("Measured and drew", "Assembled the parts", "Tested again", "Wrote it down")
_RATES = (Decimal("75.00"), Decimal("60.50"), None, Decimal("90.00"))
_TASKS_TOUCHED = 24


@dataclass(frozen=True, slots=True)
class DemoTimesheet:
    id: UUID
    user_id: UUID
    week_start: date
    status: str
    submitted_at: datetime | None
    decided_by: UUID | None
    decided_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class DemoTimeEntry:
    """``rate`` is in USD."""

    id: UUID
    user_id: UUID
    project_id: UUID
    task_id: UUID
    timesheet_id: UUID
    description: str
    started_at: datetime
    minutes: int
    billable: bool
    rate: Decimal | None


@cache
def demo_time_entries() -> tuple[DemoTimeEntry, ...]:
    """All entries, called ``demo_id("time_entry", "ada-1")`` and so on, the oldest first."""
    people = (user.username for user in demo_world().users)
    return tuple(entry for username in people for entry in _of_person(username))


@cache
def demo_timesheets() -> tuple[DemoTimesheet, ...]:
    """A sheet for each week in which somebody has worked, called
    ``demo_id("timesheet", "ada-1")`` and so on."""
    used = {entry.timesheet_id for entry in demo_time_entries()}
    sheets = (_sheet(user.username, week) for user in demo_world().users for week in range(4))
    return tuple(sheet for sheet in sheets if sheet.id in used)


def _of_person(username: str) -> Iterator[DemoTimeEntry]:
    """Two stretches on each working day, for one project of the person after the other."""
    user_id, number = demo_id("user", username), 0
    projects = [
        project
        for project in demo_world().projects
        if user_id in [member.user_id for member in project.members]
    ]
    for week in range(len(_STATUSES) if projects else 0):
        for weekday in range(5):
            day = _FIRST_MONDAY + timedelta(weeks=week, days=weekday)
            for hour in (9, 13):
                number += 1
                yield _entry(
                    username,
                    number,
                    week,
                    projects,
                    datetime(day.year, day.month, day.day, hour, tzinfo=UTC),
                )


def _entry(
    username: str, number: int, week: int, projects: list[DemoProject], start: datetime
) -> DemoTimeEntry:
    project = projects[number % len(projects)]
    task = 1 + number * 5 % _TASKS_TOUCHED
    return DemoTimeEntry(
        id=demo_id("time_entry", f"{username}-{number}"),
        user_id=demo_id("user", username),
        project_id=project.id,
        task_id=demo_id("task", f"{project.key}-{task}"),
        timesheet_id=_sheet_id(username, week),
        description=_DOINGS[number % len(_DOINGS)],
        started_at=start,
        minutes=(150, 180, 90, 210)[number % 4],
        billable=number % 5 != 0,
        rate=_RATES[number % len(_RATES)],
    )


def _sheet_id(username: str, week: int) -> UUID:
    return demo_id("timesheet", f"{username}-{week + 1}")


def _sheet(username: str, week: int) -> DemoTimesheet:
    """Decided by the administrator of the person's organization, or for her by the deputy."""
    monday = _FIRST_MONDAY + timedelta(weeks=week)
    status = "rejected" if (username, week) == _REJECTED else _STATUSES[week]
    user = next(user for user in demo_world().users if user.username == username)
    heads = [
        one.username
        for one in demo_world().users
        if one.organization_id == user.organization_id
        and {"admin", "project_admin"} & set(one.roles)
    ]
    head = next((name for name in heads if name != username), None)
    if head is None and status == "approved":
        status = "submitted"
    submitted = datetime(monday.year, monday.month, monday.day, 17, tzinfo=UTC) + timedelta(days=4)
    is_decided = status in ("approved", "rejected")
    return DemoTimesheet(
        id=_sheet_id(username, week),
        user_id=user.id,
        week_start=monday,
        status=status,
        submitted_at=None if status == "draft" else submitted,
        decided_by=demo_id("user", head) if is_decided and head else None,
        decided_at=submitted + timedelta(days=3) if is_decided else None,
        reason="Tuesday is missing" if status == "rejected" else None,
    )
