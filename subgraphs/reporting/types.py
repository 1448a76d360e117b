"""The types of figures in the graph, and what reporting adds to projects and people."""

from datetime import date
from typing import Self
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID, Info
from strawberry.federation.schema_directives import Cost

from trellis.db.caller_context import CallerContext
from trellis.schema.inputs import as_uuid
from trellis.schema.list_sizes import list_size
from trellis.subgraphs.reporting import figures
from trellis.subgraphs.reporting.errors import FiguresNotYours
from trellis.subgraphs.reporting.figures import hours
from trellis.subgraphs.reporting.inputs import TimeZone
from trellis.subgraphs.reporting.loaders import Loaders
from trellis.subgraphs.reporting.periods import Period, period_of

READ = [["read:reports"]]
WRITE = [["write:reports"]]
EXPORT = [["read:reports", "export:data"]]

# They come with the figures that they are part of.
_FREE = [Cost(weight=0)]
_FIGURES = Cost(weight=10)
_DAYS = list_size(31)
_PARTS = list_size(20)

Ctx = Info[CallerContext[Loaders], None]


@strawberry.type(description="Whole days, both included.", directives=_FREE)
class AnalyticsPeriod:
    start_date: date
    end_date: date
    time_zone: str = strawberry.field(description="The time zone of the days.")

    @classmethod
    def of(cls, period: Period) -> Self:
        return cls(start_date=period.start, end_date=period.end, time_zone=period.zone)


@strawberry.type(
    description="The tasks of a period: created before its end and not completed before its "
    "start, by their status at its end.",
    directives=_FREE,
)
class TaskAnalytics:
    total: int
    completed: int
    in_progress: int
    todo: int
    completion_rate: float = strawberry.field(
        description="completed / total * 100; 0 without tasks."
    )

    @classmethod
    def of(cls, found: figures.TaskFigures) -> Self:
        return cls(
            total=found.total,
            completed=found.completed,
            in_progress=found.in_progress,
            todo=found.todo,
            completion_rate=found.completion_rate,
        )


@strawberry.type(
    description="Hours of completed time entries that started in the period.", directives=_FREE
)
class TimeTrackingAnalytics:
    total_hours: float
    billable_hours: float
    average_hours_per_day: float = strawberry.field(
        description="totalHours / number of days in the period, including days without work."
    )
    most_active_day: date | None = strawberry.field(
        description="The first day with the most hours; null if there are none."
    )

    @classmethod
    def of(cls, found: figures.HourFigures) -> Self:
        return cls(
            total_hours=hours(found.minutes),
            billable_hours=hours(found.billable_minutes),
            average_hours_per_day=found.average_hours_per_day,
            most_active_day=found.most_active_day,
        )


@strawberry.type(directives=_FREE)
class DailyRate:
    date: date
    rate: float

    @classmethod
    def of(cls, found: figures.DayRate) -> Self:
        return cls(date=found.date, rate=found.rate)


@strawberry.type(directives=_FREE)
class AnalyticsTrends:
    daily_completion_rate: list[DailyRate] = strawberry.federation.field(
        directives=[_DAYS],
        description="For each day that has begun, the tasks of the period as they were at its end.",
    )


@strawberry.federation.type(keys=["id"])
class User:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ,
        directives=[_FIGURES],
        description="Statistics of their tasks and hours that the caller may see: all for "
        "themselves and administrators of their organization, those of a project for "
        "its managers. Without dates, the last thirty days in the time zone of the "
        "caller.",
    )
    async def analytics(
        self,
        info: Ctx,
        start_date: date | None = None,
        end_date: date | None = None,
        time_zone: TimeZone | None = None,
    ) -> "UserAnalytics | None":
        period = await asked_period(info, start_date, end_date, time_zone)
        id = as_uuid(self.id)
        found = await info.context.loaders.user_figures.load((period, id)) if id else None
        if found is None:
            raise FiguresNotYours
        return UserAnalytics.of(found)


@strawberry.federation.type(keys=["id"])
class Project:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ,
        directives=[_FIGURES],
        description="Without dates, the last thirty days in the time zone of the caller.",
    )
    async def analytics(
        self,
        info: Ctx,
        start_date: date | None = None,
        end_date: date | None = None,
        time_zone: TimeZone | None = None,
    ) -> "ProjectAnalytics | None":
        period = await asked_period(info, start_date, end_date, time_zone)
        id = as_uuid(self.id)
        found = await info.context.loaders.project_figures.load((period, id)) if id else None
        return ProjectAnalytics.of(found) if found else None


@strawberry.type(directives=_FREE)
class MemberPerformance:
    user: User | None
    tasks_completed: int
    hours_logged: float
    productivity_score: float = strawberry.field(
        description="Percent of their tasks of the period that are completed."
    )

    @classmethod
    def of(cls, found: figures.MemberFigures) -> Self:
        return cls(
            user=User(id=ID(str(found.user_id))),
            tasks_completed=found.tasks.completed,
            hours_logged=hours(found.minutes),
            productivity_score=found.productivity_score,
        )


@strawberry.type(directives=_FREE)
class TeamPerformance:
    members: list[MemberPerformance] = strawberry.federation.field(
        directives=[_PARTS],
        description="The members of the project, and others with tasks or hours in the period.",
    )


@strawberry.type
class ProjectAnalytics:
    project_id: ID
    period: AnalyticsPeriod
    tasks: TaskAnalytics
    time_tracking: TimeTrackingAnalytics
    team_performance: TeamPerformance
    trends: AnalyticsTrends

    @classmethod
    def of(cls, found: figures.ProjectFigures) -> Self:
        return cls(
            project_id=ID(str(found.project_id)),
            period=AnalyticsPeriod.of(found.period),
            tasks=TaskAnalytics.of(found.tasks),
            time_tracking=TimeTrackingAnalytics.of(found.time),
            team_performance=TeamPerformance(
                members=[MemberPerformance.of(one) for one in found.members]
            ),
            trends=AnalyticsTrends(daily_completion_rate=[DailyRate.of(d) for d in found.rates]),
        )


@strawberry.type(directives=_FREE)
class ProjectShare:
    project: Project | None = strawberry.field(
        description="Null if it belongs to no project, or to one that the caller may not see."
    )
    tasks: TaskAnalytics
    hours_logged: float
    billable_hours: float

    @classmethod
    def of(cls, found: figures.PartFigures) -> Self:
        return cls(
            project=_project(found.project_id),
            tasks=TaskAnalytics.of(found.tasks),
            hours_logged=hours(found.minutes),
            billable_hours=hours(found.billable_minutes),
        )


@strawberry.type
class UserAnalytics:
    user_id: ID
    period: AnalyticsPeriod
    tasks: TaskAnalytics
    time_tracking: TimeTrackingAnalytics
    projects: list[ProjectShare] = strawberry.federation.field(directives=[_PARTS])
    trends: AnalyticsTrends

    @classmethod
    def of(cls, found: figures.UserFigures) -> Self:
        return cls(
            user_id=ID(str(found.user_id)),
            period=AnalyticsPeriod.of(found.period),
            tasks=TaskAnalytics.of(found.tasks),
            time_tracking=TimeTrackingAnalytics.of(found.time),
            projects=[ProjectShare.of(one) for one in found.projects],
            trends=AnalyticsTrends(daily_completion_rate=[DailyRate.of(d) for d in found.rates]),
        )


@strawberry.type(directives=_FREE)
class DailyHours:
    date: date
    hours: float
    billable_hours: float

    @classmethod
    def of(cls, found: figures.DayHours) -> Self:
        return cls(
            date=found.date,
            hours=hours(found.minutes),
            billable_hours=hours(found.billable_minutes),
        )


@strawberry.type(directives=_FREE)
class UserHours:
    user: User | None
    hours: float
    billable_hours: float

    @classmethod
    def of(cls, found: figures.SharedHours) -> Self:
        return cls(
            user=User(id=ID(str(found.id))),
            hours=hours(found.minutes),
            billable_hours=hours(found.billable_minutes),
        )


@strawberry.type(directives=_FREE)
class ProjectHours:
    project: Project | None = strawberry.field(
        description="Null if it belongs to no project, or to one that the caller may not see."
    )
    hours: float
    billable_hours: float

    @classmethod
    def of(cls, found: figures.SharedHours) -> Self:
        return cls(
            project=_project(found.id),
            hours=hours(found.minutes),
            billable_hours=hours(found.billable_minutes),
        )


@strawberry.type
class TimeAnalytics:
    user_id: ID | None
    project_id: ID | None
    period: AnalyticsPeriod
    time_tracking: TimeTrackingAnalytics
    by_day: list[DailyHours] = strawberry.federation.field(
        directives=[_DAYS], description="The days with hours."
    )
    by_user: list[UserHours] = strawberry.federation.field(directives=[_PARTS])
    by_project: list[ProjectHours] = strawberry.federation.field(directives=[_PARTS])

    @classmethod
    def of(cls, found: figures.TimeFigures) -> Self:
        return cls(
            user_id=ID(str(found.user_id)) if found.user_id else None,
            project_id=ID(str(found.project_id)) if found.project_id else None,
            period=AnalyticsPeriod.of(found.period),
            time_tracking=TimeTrackingAnalytics.of(found.time),
            by_day=[DailyHours.of(one) for one in found.days],
            by_user=[UserHours.of(one) for one in found.users],
            by_project=[ProjectHours.of(one) for one in found.projects],
        )


async def asked_period(
    info: Ctx, start: date | None, end: date | None, time_zone: str | None
) -> Period:
    """The period of a field's arguments. Raises ``BadPeriod``."""
    return period_of(start, end, time_zone if time_zone is not None else await own_zone(info))


async def own_zone(info: Ctx) -> str:
    """The time zone of the caller."""
    id = info.context.caller.id
    return await info.context.loaders.zone.load(id) if id is not None else "UTC"


def _project(id: UUID | None) -> Project | None:
    return Project(id=ID(str(id))) if id is not None else None
