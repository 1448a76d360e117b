"""The data of a report as tables and charts, from which its files are made."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from trellis.subgraphs.reporting.definitions import (
    DEFINITIONS,
    ISSUE_SUMMARY,
    PROJECT_ANALYTICS,
    TIME,
    USER_ANALYTICS,
)

Cell = str | int | float | None
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    kind: Literal["bar", "line"]
    labels: Sequence[str]
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    subtitle: str
    tables: Sequence[Table]
    charts: Sequence[Chart]


def make_document(definition_id: UUID, data: Data, about: str) -> Document:
    """The tables and charts of a report with this data; ``about`` stands below its name."""
    tables, charts = _MAKERS[definition_id](data)
    return Document(DEFINITIONS[definition_id].name, about, tables, charts)


_Parts = tuple[list[Table], list[Chart]]


def _issue_summary(data: Data) -> _Parts:
    summary, priorities = data["summary"], data["by_priority"]
    states = {
        "Open": summary["open_issues"],
        "In progress": summary["in_progress_issues"],
        "Closed": summary["closed_issues"],
    }
    counted = [*states.items(), ("All", summary["total_issues"])]
    tables = [
        Table("By status", ("Status", "Issues"), counted),
        Table("By priority", ("Priority", "Issues"), list(priorities.items())),
    ]
    charts = [
        _bars("Issues by status", states.items()),
        _bars("Issues by priority", priorities.items()),
    ]
    return tables, charts


def _project_analytics(data: Data) -> _Parts:
    members = data["team_performance"]["members"]
    names = ("name", "tasks_completed", "hours_logged", "productivity_score")
    team = Table(
        "Team",
        ("Name", "Tasks completed", "Hours logged", "Productivity score"),
        [[one[name] for name in names] for one in members],
    )
    spent = [(one["name"], one["hours_logged"]) for one in members]
    charts = [_rates(data), _bars("Hours by member", spent)]
    return [*_figures(data), team, _days(data)], charts


def _user_analytics(data: Data) -> _Parts:
    names = ("project_key", "tasks_completed", "hours_logged")
    projects = Table(
        "Projects",
        ("Project", "Tasks completed", "Hours logged"),
        [[one[name] for name in names] for one in data["projects"]],
    )
    spent = [(one["project_key"] or "Other", one["hours_logged"]) for one in data["projects"]]
    charts = [_rates(data), _bars("Hours by project", spent)]
    return [*_figures(data), projects, _days(data)], charts


def _time(data: Data) -> _Parts:
    days = Table(
        "By day",
        ("Date", "Hours", "Billable hours"),
        [[one["date"], one["hours"], one["billable_hours"]] for one in data["by_day"]],
    )
    shares = [
        Table(
            f"By {what}",
            (what.capitalize(), "Hours", "Billable hours"),
            [[one["name"], one["hours"], one["billable_hours"]] for one in data[f"by_{what}"]],
        )
        for what in ("user", "project")
    ]
    by_day = [(one["date"], one["hours"]) for one in data["by_day"]]
    return [_time_table(data), days, *shares], [_bars("Hours by day", by_day)]


_MAKERS: Mapping[UUID, Callable[[Data], _Parts]] = {
    ISSUE_SUMMARY.id: _issue_summary,
    PROJECT_ANALYTICS.id: _project_analytics,
    USER_ANALYTICS.id: _user_analytics,
    TIME.id: _time,
}


def _figures(data: Data) -> list[Table]:
    tasks = data["tasks"]
    names = {
        "total": "All",
        "completed": "Completed",
        "in_progress": "In progress",
        "todo": "To do",
        "completion_rate": "Completion rate (percent)",
    }
    rows = [[label, tasks[name]] for name, label in names.items()]
    return [Table("Tasks", ("Tasks", "Figure"), rows), _time_table(data)]


def _time_table(data: Data) -> Table:
    time = data["time_tracking"]
    names = {
        "total_hours": "Hours",
        "billable_hours": "Billable hours",
        "average_hours_per_day": "Average hours per day",
        "most_active_day": "Most active day",
    }
    return Table("Time", ("Time", "Figure"), [[label, time[name]] for name, label in names.items()])


def _days(data: Data) -> Table:
    days = data["trends"]["daily_completion_rate"]
    rows = [[one["date"], one["rate"]] for one in days]
    return Table("Completion by day", ("Date", "Completion rate (percent)"), rows)


def _rates(data: Data) -> Chart:
    days = data["trends"]["daily_completion_rate"]
    labels, values = [one["date"] for one in days], [one["rate"] for one in days]
    return Chart("Completion rate by day", "line", labels, values)


def _bars(title: str, values: Iterable[tuple[str, float]]) -> Chart:
    pairs = list(values)
    return Chart(title, "bar", [label for label, _ in pairs], [value for _, value in pairs])
