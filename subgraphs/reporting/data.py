"""What is in a report: the figures of each definition, as JSON."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.schema.identity import Identity
from trellis.subgraphs.reporting import queries
from trellis.subgraphs.reporting.definitions import (
    ISSUE_SUMMARY,
    PROJECT_ANALYTICS,
    TIME,
    USER_ANALYTICS,
    stored_period,
)
from trellis.subgraphs.reporting.errors import FiguresNotYours
from trellis.subgraphs.reporting.figures import (
    DayRate,
    HourFigures,
    SharedHours,
    TaskFigures,
    hours,
)
from trellis.subgraphs.reporting.models import Issue, Person, Project, Report
from trellis.subgraphs.reporting.periods import Period, period_of
from trellis.subgraphs.reporting.queries import PROJECTS, WORKFLOWS
from trellis.subgraphs.workflow_scope.vocabulary import StatusCategory, Vocabulary

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Contents:
    """The data of a report, and what it is about in words, for the head of its file."""

    data: Data
    about: str


async def make_contents(session: AsyncSession, report: Report, viewer: Identity) -> Contents:
    """What is in a report, with what its owner, the ``viewer``, may see now.

    Raises ``ProjectNotFound`` and ``FiguresNotYours`` where that is less than when it was asked
    for.
    """
    return await _MAKERS[report.definition_id](session, report, viewer)


async def _issue_summary(session: AsyncSession, report: Report, viewer: Identity) -> Contents:
    project = await PROJECTS.require(session, viewer, _id(report, "project_id"))
    period = stored_period(report.parameters, report.timezone, report.created_at)
    categories = (await WORKFLOWS.categories(session, [project]))[project.id]
    kinds = col(Issue.issue_type), col(Issue.status), col(Issue.priority)
    counted = select(*kinds, func.count()).where(
        col(Issue.project_id) == project.id, col(Issue.is_deleted).is_(False)
    )
    if period is not None:
        made = col(Issue.created_at)
        counted = counted.where(made >= period.begins, made < period.ends)
    by_category, by_priority = Counter[StatusCategory](), Counter[str]()
    for issue_type, status, priority, count in await session.execute(counted.group_by(*kinds)):
        by_category[categories.of(issue_type, status)] += count
        by_priority[_word(priority)] += count
    words = [_word(one) for one in reversed(Vocabulary.read(project.settings).priorities)]
    data = {
        "summary": {
            "total_issues": by_category.total(),
            "open_issues": by_category[StatusCategory.OPEN],
            "in_progress_issues": by_category[StatusCategory.IN_PROGRESS],
            "closed_issues": by_category[StatusCategory.CLOSED],
        },
        # Words that the project no longer has come last: the parts add up to all issues.
        "by_priority": {word: by_priority[word] for word in [*words, *sorted(by_priority)]},
    }
    return Contents(data, _about(f"Project {project.key}", period))


async def _project_analytics(session: AsyncSession, report: Report, viewer: Identity) -> Contents:
    project = await PROJECTS.require(session, viewer, _id(report, "project_id"))
    period = _period_of(report)
    [found] = await queries.project_figures(session, viewer, [(period, project.id)])
    if found is None:
        raise FiguresNotYours
    names = await _names(session, [one.user_id for one in found.members])
    data = {
        "project_id": str(project.id),
        "project_key": project.key,
        "period": _period(period),
        "tasks": _tasks(found.tasks),
        "time_tracking": _time(found.time),
        "team_performance": {
            "members": [
                {
                    "user_id": str(one.user_id),
                    "name": names[one.user_id],
                    "tasks_completed": one.tasks.completed,
                    "hours_logged": hours(one.minutes),
                    "productivity_score": one.productivity_score,
                }
                for one in found.members
            ]
        },
        "trends": {"daily_completion_rate": [_rate(one) for one in found.rates]},
    }
    return Contents(data, _about(f"Project {project.key}", period))


async def _user_analytics(session: AsyncSession, report: Report, viewer: Identity) -> Contents:
    wanted, period = _person(report, viewer), _period_of(report)
    [found] = await queries.user_figures(session, viewer, [(period, wanted)])
    if found is None:
        raise FiguresNotYours
    keys = await _keys(session, [one.project_id for one in found.projects])
    name = (await _names(session, [wanted]))[wanted]
    data = {
        "user_id": str(wanted),
        "name": name,
        "period": _period(period),
        "tasks": _tasks(found.tasks),
        "time_tracking": _time(found.time),
        "projects": [
            {
                "project_id": str(one.project_id) if one.project_id else None,
                "project_key": keys.get(one.project_id),
                "tasks_completed": one.tasks.completed,
                "hours_logged": hours(one.minutes),
            }
            for one in found.projects
        ],
        "trends": {"daily_completion_rate": [_rate(one) for one in found.rates]},
    }
    return Contents(data, _about(name, period))


async def _time_report(session: AsyncSession, report: Report, viewer: Identity) -> Contents:
    project_id = UUID(report.parameters["project_id"]) if _has(report, "project_id") else None
    own = None if project_id else viewer.id
    user_id = UUID(report.parameters["user_id"]) if _has(report, "user_id") else own
    period = _period_of(report)
    found = await queries.time_figures(
        session, viewer, period, user_id=user_id, project_id=project_id
    )
    if found is None:
        raise FiguresNotYours
    names = await _names(session, [one.id for one in found.users if one.id])
    keys = await _keys(session, [one.id for one in found.projects])
    data = {
        "user_id": str(user_id) if user_id else None,
        "project_id": str(project_id) if project_id else None,
        "period": _period(period),
        "time_tracking": _time(found.time),
        "by_day": [
            {
                "date": one.date.isoformat(),
                "hours": hours(one.minutes),
                "billable_hours": hours(one.billable_minutes),
            }
            for one in found.days
        ],
        "by_user": [_shared(one, "user", names) for one in found.users],
        "by_project": [_shared(one, "project", keys) for one in found.projects],
    }
    return Contents(data, _about("", period))


_MAKERS: Mapping[UUID, Callable[[AsyncSession, Report, Identity], Awaitable[Contents]]] = {
    ISSUE_SUMMARY.id: _issue_summary,
    PROJECT_ANALYTICS.id: _project_analytics,
    USER_ANALYTICS.id: _user_analytics,
    TIME.id: _time_report,
}


def _has(report: Report, name: str) -> bool:
    return report.parameters.get(name) is not None


def _id(report: Report, name: str) -> UUID:
    return UUID(report.parameters[name])


def _person(report: Report, viewer: Identity) -> UUID:
    assert viewer.id is not None
    return _id(report, "user_id") if _has(report, "user_id") else viewer.id


def _period_of(report: Report) -> Period:
    asked: datetime = report.created_at
    found = stored_period(report.parameters, report.timezone, asked)
    return found or period_of(None, None, report.timezone, now=asked)


def _word(priority: str) -> str:
    return priority.lower().replace(" ", "_")


def _about(what: str, period: Period | None) -> str:
    days = f"{period.start} to {period.end} ({period.zone})" if period else ""
    return ", ".join(part for part in (what, days) if part)


def _period(period: Period) -> Data:
    return {
        "start_date": period.start.isoformat(),
        "end_date": period.end.isoformat(),
        "time_zone": period.zone,
    }


def _tasks(found: TaskFigures) -> Data:
    return {
        "total": found.total,
        "completed": found.completed,
        "in_progress": found.in_progress,
        "todo": found.todo,
        "completion_rate": found.completion_rate,
    }


def _time(found: HourFigures) -> Data:
    return {
        "total_hours": hours(found.minutes),
        "billable_hours": hours(found.billable_minutes),
        "average_hours_per_day": found.average_hours_per_day,
        "most_active_day": found.most_active_day.isoformat() if found.most_active_day else None,
    }


def _rate(one: DayRate) -> Data:
    return {"date": one.date.isoformat(), "rate": one.rate}


def _shared(one: SharedHours, what: str, names: Mapping[UUID | None, str]) -> Data:
    return {
        f"{what}_id": str(one.id) if one.id else None,
        "name": names.get(one.id),
        "hours": hours(one.minutes),
        "billable_hours": hours(one.billable_minutes),
    }


async def _names(session: AsyncSession, ids: list[UUID]) -> dict[UUID | None, str]:
    rows = await session.scalars(select(Person).where(col(Person.id).in_(ids)))
    known = {row.id: row.display_name for row in rows}
    return {id: known.get(id, "") for id in ids}


async def _keys(session: AsyncSession, ids: list[UUID | None]) -> dict[UUID | None, str]:
    wanted = [id for id in ids if id is not None]
    rows = await session.scalars(select(Project).where(col(Project.id).in_(wanted)))
    return {row.id: row.key for row in rows}
