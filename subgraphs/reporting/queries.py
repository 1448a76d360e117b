"""Every SELECT about figures. What the caller may not see does not count."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.batching import in_groups, rows_by
from trellis.db.models import utc_now
from trellis.schema.identity import Identity
from trellis.schema.times import known_time_zones
from trellis.subgraphs.project_scope.scope import ProjectScope
from trellis.subgraphs.project_scope.visibility import administers
from trellis.subgraphs.reporting import figures
from trellis.subgraphs.reporting.figures import (
    Change,
    HourFigures,
    ProjectFigures,
    Spent,
    Standing,
    TaskFigures,
    TimeFigures,
    UserFigures,
)
from trellis.subgraphs.reporting.models import (
    DONE,
    Person,
    Project,
    ProjectMember,
    Report,
    ReportStatus,
    Task,
    TaskSpan,
    TimeEntry,
    Workflow,
)
from trellis.subgraphs.reporting.periods import Period
from trellis.subgraphs.workflow_scope.scope import WorkflowScope

PROJECTS = ProjectScope(Project, ProjectMember)
WORKFLOWS = WorkflowScope(Workflow)


async def project_figures(
    session: AsyncSession, caller: Identity, keys: Sequence[tuple[Period, UUID]]
) -> list[ProjectFigures | None]:
    """None for projects that the caller may not see."""

    async def load(period: Period, ids: list[UUID]) -> dict[UUID, ProjectFigures | None]:
        return await _project_figures(session, caller, period, ids)

    return await in_groups(keys, load)


async def _project_figures(
    session: AsyncSession, caller: Identity, period: Period, ids: list[UUID]
) -> dict[UUID, ProjectFigures | None]:
    visible = select(Project.id).where(PROJECTS.may_see(caller), col(Project.id).in_(ids))
    seen = set(await session.scalars(visible))
    of_tasks, of_entries = col(Task.project_id).in_(seen), col(TimeEntry.project_id).in_(seen)
    standing = _by(await _standing(session, period, of_tasks), "project_id")
    entries = _by(await _entries(session, caller, period, of_entries), "project_id")
    opened, changes = await _course(session, period, col(Task.project_id), of_tasks)
    people: dict[UUID, list[UUID]] = defaultdict(list)
    members = select(ProjectMember).where(col(ProjectMember.project_id).in_(seen))
    for member in await session.scalars(members):
        people[member.project_id].append(member.user_id)
    return {
        id: ProjectFigures(
            id,
            period,
            TaskFigures.of(standing[id]),
            HourFigures.of(entries[id], period),
            figures.members_of(people[id], standing[id], entries[id]),
            figures.daily_rates(opened[id], changes[id], period),
        )
        if id in seen
        else None
        for id in ids
    }


async def user_figures(
    session: AsyncSession, caller: Identity, keys: Sequence[tuple[Period, UUID]]
) -> list[UserFigures | None]:
    """None for people whose figures the caller may not have."""

    async def load(period: Period, ids: list[UUID]) -> dict[UUID, UserFigures | None]:
        return await _user_figures(session, caller, period, ids)

    return await in_groups(keys, load)


async def _user_figures(
    session: AsyncSession, caller: Identity, period: Period, ids: list[UUID]
) -> dict[UUID, UserFigures | None]:
    rights = await _rights(session, caller, ids)
    in_sight = select(Project.id).where(PROJECTS.may_see(caller))
    of_tasks = and_(
        _for_rights(rights, col(Task.assignee_id), col(Task.project_id)),
        col(Task.project_id).in_(in_sight),
    )
    standing = _by(await _standing(session, period, of_tasks), "assignee_id")
    entries = _by(
        await _entries(session, caller, period, _entries_by(caller, rights, in_sight)), "user_id"
    )
    opened, changes = await _course(session, period, col(Task.assignee_id), of_tasks)
    return {
        id: UserFigures(
            id,
            period,
            TaskFigures.of(standing[id]),
            HourFigures.of(entries[id], period),
            figures.parts_of(standing[id], entries[id]),
            figures.daily_rates(opened[id], changes[id], period),
        )
        if id in rights
        else None
        for id in ids
    }


_Rights = dict[UUID, frozenset[UUID] | None]
"""Of whom the caller may have figures: of all their work that the caller sees (None), or in these
projects only."""


async def _rights(session: AsyncSession, caller: Identity, ids: Sequence[UUID]) -> _Rights:
    """One's own, as administrator those of people of the organization, and those of members of
    projects that one manages, there."""
    found: _Rights = {}
    for person in await session.scalars(select(Person).where(col(Person.id).in_(ids))):
        if administers(caller, person.organization_id, "admin:reports"):
            found[person.id] = None
    if caller.id is not None and caller.id in ids:
        found[caller.id] = None
    managed = select(Project.id).where(PROJECTS.may_see(caller), PROJECTS.may_manage(caller))
    here = col(ProjectMember.project_id).in_(managed)
    theirs = select(ProjectMember).where(here, col(ProjectMember.user_id).in_(ids))
    where: dict[UUID, set[UUID]] = defaultdict(set)
    for member in await session.scalars(theirs):
        where[member.user_id].add(member.project_id)
    return {id: frozenset(projects) for id, projects in where.items()} | found


def _for_rights(rights: _Rights, person: Any, project: Any) -> ColumnElement[bool]:
    """What the rights allow to count, of rows with these columns."""
    wholly = [id for id, projects in rights.items() if projects is None]
    partly = [
        and_(person == id, project.in_(projects)) for id, projects in rights.items() if projects
    ]
    return or_(person.in_(wholly), *partly)


def _entries_by(caller: Identity, rights: _Rights, in_sight: Select[UUID]) -> ColumnElement[bool]:
    """One's own hours all count, also those in projects that one has left."""
    person, project = col(TimeEntry.user_id), col(TimeEntry.project_id)
    seen = or_(person == caller.id, project.is_(None), project.in_(in_sight))
    return and_(_for_rights(rights, person, project), seen)


async def time_figures(
    session: AsyncSession,
    caller: Identity,
    period: Period,
    *,
    user_id: UUID | None,
    project_id: UUID | None,
) -> TimeFigures | None:
    """The hours of a person, of a project, or of a person in a project; None if the caller may not
    see them. Everyone who may see a project sees the hours of each person in it."""
    in_sight = select(Project.id).where(PROJECTS.may_see(caller))
    if project_id is not None:
        seen = await session.scalars(in_sight.where(col(Project.id) == project_id))
        if seen.one_or_none() is None:
            return None
        where = col(TimeEntry.project_id) == project_id
        if user_id is not None:
            where = and_(where, col(TimeEntry.user_id) == user_id)
    else:
        assert user_id is not None
        rights = await _rights(session, caller, [user_id])
        if user_id not in rights:
            return None
        where = _entries_by(caller, rights, in_sight)
    entries = await _entries(session, caller, period, where)
    return TimeFigures(
        user_id,
        project_id,
        period,
        HourFigures.of(entries, period),
        figures.by_day(entries, period),
        figures.shared(entries, "user_id"),
        figures.shared(entries, "project_id"),
    )


async def _standing(
    session: AsyncSession, period: Period, which: ColumnElement[bool]
) -> list[Standing]:
    """How many tasks of the period had which status at its end, by project and assignee."""
    groups = col(Task.project_id), col(Task.assignee_id), col(TaskSpan.status)
    until = col(TaskSpan.until)
    statement = (
        select(*groups, func.count())
        .join(TaskSpan, col(TaskSpan.task_id) == col(Task.id))
        .where(
            which,
            col(TaskSpan.since) < period.ends,
            or_(until.is_(None), until >= period.ends),
            _not_done_before(period),
        )
        .group_by(*groups)
    )
    return [Standing(*row) for row in await session.execute(statement)]


def _not_done_before(period: Period) -> ColumnElement[bool]:
    """What was done when the period began is no task of it."""
    return or_(col(TaskSpan.status) != DONE, col(TaskSpan.since) >= period.begins)


async def _course(
    session: AsyncSession, period: Period, group: Any, which: ColumnElement[bool]
) -> tuple[dict[Any, int], dict[Any, list[Change]]]:
    """By group how many tasks were open when the period began, and what changed in it."""
    since, until = col(TaskSpan.since), col(TaskSpan.until)
    begins, ends = period.begins, period.ends
    spans = select(group).join(TaskSpan, col(TaskSpan.task_id) == col(Task.id)).where(which)
    was_open = and_(col(TaskSpan.status) != DONE, since < begins)
    counted = spans.add_columns(func.count()).where(was_open, or_(until.is_(None), until >= begins))
    found = await session.execute(counted.group_by(group))
    opened = defaultdict(int, dict(found.all()))
    changed = spans.add_columns(col(TaskSpan.status), since, until).where(
        or_(
            and_(since >= begins, since < ends),
            and_(was_open, until >= begins, until < ends),
        )
    )
    changes: dict[Any, list[Change]] = defaultdict(list)
    for key, status, begun, ended in await session.execute(changed):
        changes[key].append(Change(status, begun, ended))
    return opened, changes


async def _entries(
    session: AsyncSession, caller: Identity, period: Period, which: ColumnElement[bool]
) -> list[Spent]:
    """Entries belong to the day on which they began. A project that the caller does not see is
    none to them."""
    shown = case((PROJECTS.may_see(caller), col(Project.id)), else_=None)
    started, minutes = col(TimeEntry.started_at), col(TimeEntry.minutes)
    columns: list[Any] = [col(TimeEntry.user_id), shown, started, minutes, col(TimeEntry.billable)]
    statement = (
        select(*columns)
        .outerjoin(Project, col(Project.id) == col(TimeEntry.project_id))
        .where(
            which,
            col(TimeEntry.is_deleted).is_(False),
            minutes.is_not(None),
            started >= period.begins,
            started < period.ends,
        )
    )
    return [Spent(*row) for row in await session.execute(statement)]


def _by(rows: Sequence[Any], name: str) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


async def zones_of(session: AsyncSession, ids: Sequence[UUID]) -> list[str]:
    """The time zones of people; UTC of those who are not known here, or whose zone is not."""
    people = await rows_by(session, select(Person), Person.id, ids)
    zones = [person.timezone if person is not None else "UTC" for person in people]
    return [zone if zone in known_time_zones() else "UTC" for zone in zones]


def own_reports(caller: Identity) -> Select[Report]:
    """The caller's reports, without those about projects that the caller may no longer see."""
    in_sight = select(Project.id).where(PROJECTS.may_see(caller))
    about = col(Report.project_id)
    return select(Report).where(
        col(Report.owner_id) == caller.id, or_(about.is_(None), about.in_(in_sight))
    )


async def reports_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Report | None]:
    return await rows_by(session, own_reports(caller), Report.id, ids)


async def report_for_update(session: AsyncSession, caller: Identity, id: UUID) -> Report | None:
    """The report, held against other writers until the transaction ends."""
    statement = own_reports(caller).where(col(Report.id) == id).with_for_update(of=Report)
    return (await session.scalars(statement)).one_or_none()


def matching(
    caller: Identity, status: Sequence[ReportStatus] | None, definition_id: UUID | None
) -> Select[Report]:
    """The caller's reports with one of these statuses, of this definition.

    One whose time is over counts as expired, also before it is removed."""
    statement = own_reports(caller)
    if definition_id is not None:
        statement = statement.where(col(Report.definition_id) == definition_id)
    if status is not None:
        is_over = and_(
            col(Report.status) == ReportStatus.COMPLETED, col(Report.expires_at) <= utc_now()
        )
        shown = case((is_over, ReportStatus.EXPIRED.value), else_=cast(Report.status, String))
        statement = statement.where(shown.in_([one.value for one in status]))
    return statement
