"""Random histories of a project, and its figures by a model that looks at every moment."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.subgraphs.reporting.asking import entry, task
from trellis.db.seed.world import demo_id
from trellis.schema.events.event import Event
from trellis.schema.events.issues import IssueCreated, IssueDeleted, IssueState, IssueUpdated
from trellis.schema.events.timetracking import TimeEntryDeleted, TimeEntryUpdated

PEOPLE = ("alan", "grace")
FIRST = datetime(2026, 3, 26, tzinfo=UTC)
"""Clocks change in Paris on March 29th."""
_STATUSES = ("todo", "in_progress", "review", "done")
_MINUTES = 8 * 24 * 60
_MIDNIGHTS = (0, 22 * 60, 23 * 60, 4 * 60, 18 * 60 + 15, 10 * 60)
"""When days begin in ``ZONES``, in minutes of a day in UTC."""
ZONES = ("UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati")


@dataclass
class TaskRow:
    who: str | None = None
    steps: list[tuple[str, datetime]] = field(default_factory=list)

    def status_before(self, moment: datetime) -> tuple[str, datetime] | None:
        """The status that it had then, and since when."""
        had = [step for step in self.steps if step[1] < moment]
        since = None
        for status, at in had:
            since = (status, at) if since is None or since[0] != status else since
        return since


@dataclass
class History:
    """Events with their moments, and the rows that they lead to."""

    project: UUID
    events: list[tuple[Event, datetime]] = field(default_factory=list)
    tasks: dict[UUID, TaskRow] = field(default_factory=dict)
    entries: dict[UUID, tuple[str, datetime, int, bool]] = field(default_factory=dict)
    issues: dict[UUID, tuple[str, str]] = field(default_factory=dict)


def random_history(random: Random, project: UUID) -> History:
    history = History(project)
    for number in range(random.randint(0, 8)):
        _live_task(history, random, UUID(int=random.getrandbits(128), version=4))
        _live_entry(history, random, UUID(int=random.getrandbits(128), version=4))
        if number % 2:
            _live_issue(history, random, UUID(int=random.getrandbits(128), version=4))
    history.events.sort(key=lambda told: told[1])
    return history


def _moment(random: Random) -> datetime:
    """Often midnight somewhere."""
    minutes = random.randint(0, _MINUTES)
    if random.random() < 0.6:
        minutes -= minutes % (24 * 60) - random.choice(_MIDNIGHTS)
    return FIRST + timedelta(minutes=minutes)


def _live_task(history: History, random: Random, id: UUID) -> None:
    moments = sorted({_moment(random) for _ in range(random.randint(1, 5))})
    row = TaskRow()
    for version, at in enumerate(moments, 1):
        status, row.who = random.choice(_STATUSES), random.choice((*PEOPLE, None))
        about: dict[str, Any] = {"task_id": id, "project_id": history.project}
        about["assignee_id"] = demo_id("user", row.who) if row.who else None
        history.events.append((task(status, version, **about), at))
        row.steps.append((status, at))
    if random.random() < 0.2:
        gone = task(None, len(moments), task_id=id, project_id=history.project)
        history.events.append((gone, moments[-1] + timedelta(seconds=1)))
    else:
        history.tasks[id] = row


def _live_entry(history: History, random: Random, id: UUID) -> None:
    who, began = random.choice(PEOPLE), _moment(random)
    minutes, billable = random.randint(0, 600), random.random() < 0.5
    about = {"entry_id": id, "project_id": history.project}
    made = entry(minutes, began, who, billable=billable, **about)
    history.events.append((made, began))
    told: dict[str, Any] = {"user_id": made.user_id, "task_id": None, **about}
    version = 1
    if random.random() < 0.3:
        began, minutes, version = _moment(random), minutes + 1, 2
        state = entry(minutes, began, who, billable=billable, **about).state
        changed = TimeEntryUpdated(**told, version=2, state=state)
        history.events.append((changed, made.state.started_at + timedelta(seconds=1)))
    history.entries[id] = (who, began, minutes, billable)
    if random.random() < 0.2:
        gone = TimeEntryDeleted(**told, version=version)  # deleting is no version of its own
        history.events.append((gone, made.state.started_at + timedelta(seconds=2)))
        del history.entries[id]


def _live_issue(history: History, random: Random, id: UUID) -> None:
    about: dict[str, Any] = {"issue_id": id, "issue_key": "NEW-1", "project_id": history.project}
    at, last = _moment(random), random.randint(1, 3)
    for version in range(1, last + 1):
        status = random.choice(("Open", "In Progress", "Done", "Closed", "Odd"))
        priority = random.choice(("Low", "High", "Odd"))
        state = IssueState(
            summary="x",
            description=None,
            issue_type="Task",
            status=status,
            priority=priority,
            assignee_id=None,
            reporter_id=demo_id("user", "alan"),
        )
        if version == 1:
            history.events.append((IssueCreated(**about, version=1, state=state), at))
        else:
            changed = IssueUpdated(**about, version=version, state=state, changed=("status",))
            history.events.append((changed, at + timedelta(seconds=version)))
        history.issues[id] = status, priority
    if random.random() < 0.2:
        gone = IssueDeleted(**about, version=last)
        history.events.append((gone, at + timedelta(seconds=9)))
        del history.issues[id]


def expected(history: History, start: date, end: date, zone: str) -> dict[str, Any]:
    """The figures of the project's period, without its members of whom nothing is known."""
    begins, ends = midnight(start, zone), midnight(end + timedelta(days=1), zone)
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    standing = _standing(history, begins, ends)
    spent = [one for one in history.entries.values() if begins <= one[1] < ends]
    by_day = Counter[date]()
    for _, began, minutes, _ in spent:
        by_day[began.astimezone(ZoneInfo(zone)).date()] += minutes
    minutes = by_day.total()
    return {
        "tasks": _counts([status for _, status in standing]),
        "timeTracking": {
            "totalHours": round(minutes / 60, 2),
            "billableHours": round(sum(m for _, _, m, billable in spent if billable) / 60, 2),
            "averageHoursPerDay": round(minutes / 60 / len(days), 2),
            "mostActiveDay": next(
                (str(d) for d in days if by_day[d] == max(by_day.values()) > 0), None
            )
            if by_day
            else None,
        },
        "trends": {
            "dailyCompletionRate": [
                {
                    "date": str(day),
                    "rate": _counts(
                        [
                            status
                            for _, status in _standing(
                                history, begins, midnight(day + timedelta(days=1), zone)
                            )
                        ]
                    )["completionRate"],
                }
                for day in days
            ]
        },
        "members": {
            who: (
                sum(name == who and status == "done" for name, status in standing),
                round(sum(m for name, _, m, _ in spent if name == who) / 60, 2),
                _counts([status for name, status in standing if name == who])["completionRate"],
            )
            for who in PEOPLE
        },
    }


def midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _standing(history: History, begins: datetime, ends: datetime) -> list[tuple[str | None, str]]:
    """Who had which status at the end, of tasks that had not been done before the beginning."""
    found = []
    for row in history.tasks.values():
        had = row.status_before(ends)
        if had is not None and not (had[0] == "done" and had[1] < begins):
            found.append((row.who, had[0]))
    return found


def _counts(statuses: list[str]) -> dict[str, Any]:
    counts = Counter(statuses)
    done, todo, total = counts["done"], counts["todo"], counts.total()
    return {
        "total": total,
        "completed": done,
        "inProgress": counts["in_progress"] + counts["review"],
        "todo": todo,
        "completionRate": round(100 * done / total, 2) if total else 0.0,
    }
