"""Every SELECT of projects. What the caller may not see does not exist."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.batching import lists_by, rows_by
from trellis.db.paging import ChildRows, SortColumn, instant, order_by, text
from trellis.schema.identity import Identity
from trellis.subgraphs.project_scope.visibility import may_see_project
from trellis.subgraphs.projects.models import Milestone, Project, ProjectMember, ProjectStatus


@dataclass(frozen=True, slots=True)
class ProjectFilters:
    search: str | None = None
    status: ProjectStatus | None = None
    organization_id: UUID | None = None
    team_id: UUID | None = None


def visible_to(caller: Identity) -> Select[Project]:
    return select(Project).where(may_see_project(caller, Project, ProjectMember))


def matching(caller: Identity, filters: ProjectFilters) -> Select[Project]:
    """The visible projects that match all filters."""
    conditions: list[ColumnElement[bool]] = []
    if filters.search:
        texts = (Project.key, Project.name, Project.description)
        conditions.append(
            or_(*(col(text).icontains(filters.search, autoescape=True) for text in texts))
        )
    if filters.status:
        conditions.append(col(Project.status) == filters.status)
    if filters.organization_id:
        conditions.append(col(Project.organization_id) == filters.organization_id)
    if filters.team_id:
        conditions.append(col(Project.team_id) == filters.team_id)
    return visible_to(caller).where(*conditions)


class ProjectSort(StrEnum):
    """The columns that clients may sort by."""

    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    NAME = "name"
    KEY = "key"

    def order(self, *, descending: bool) -> Sequence[SortColumn]:
        parse = text if self in {ProjectSort.NAME, ProjectSort.KEY} else instant
        return order_by(self.value, parse, descending=descending)


async def projects_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Project | None]:
    return await rows_by(session, visible_to(caller), Project.id, ids)


async def projects_by_key(
    session: AsyncSession, caller: Identity, keys: Sequence[str]
) -> list[Project | None]:
    return await rows_by(session, visible_to(caller), Project.key, keys)


async def project_for_update(session: AsyncSession, caller: Identity, id: UUID) -> Project | None:
    """The project, held against other writers until the transaction ends."""
    statement = visible_to(caller).where(col(Project.id) == id).with_for_update()
    return (await session.scalars(statement)).one_or_none()


async def projects_of_member_for_update(session: AsyncSession, user_id: UUID) -> list[Project]:
    """All projects of a person, held against other writers; for events, which have no caller."""
    theirs = select(ProjectMember.project_id).where(col(ProjectMember.user_id) == user_id)
    statement = select(Project).where(col(Project.id).in_(theirs)).order_by(col(Project.id))
    return list(await session.scalars(statement.with_for_update()))


@dataclass(frozen=True, slots=True, eq=False)
class ListOf:
    """A kind of list of projects that hangs on something: a person's, a team's, ..."""

    parent: SQLColumnExpression[Any]
    joins_members: bool = False


OF_MEMBER = ListOf(col(ProjectMember.user_id), joins_members=True)
OF_LEAD = ListOf(col(Project.lead_id))
OF_ORGANIZATION = ListOf(col(Project.organization_id))
OF_TEAM = ListOf(col(Project.team_id))


def projects_of(caller: Identity, kind: ListOf) -> ChildRows[Project]:
    """The projects of people, organizations or teams, as the kind of list says."""
    projects = visible_to(caller)
    if kind.joins_members:
        projects = projects.join(ProjectMember, col(ProjectMember.project_id) == col(Project.id))
    return ChildRows(projects, Project, kind.parent)


async def members_by_project(
    session: AsyncSession, ids: Sequence[UUID]
) -> list[list[ProjectMember]]:
    """Members in the order in which they joined. The caller has seen the projects already."""
    in_order = col(ProjectMember.joined_at), col(ProjectMember.user_id)
    statement = select(ProjectMember).order_by(*in_order)
    return await lists_by(session, statement, ProjectMember.project_id, ids)


async def member(session: AsyncSession, project_id: UUID, user_id: UUID) -> ProjectMember | None:
    return await session.get(ProjectMember, (project_id, user_id))


async def milestones_by_project(
    session: AsyncSession, ids: Sequence[UUID]
) -> list[list[Milestone]]:
    """Milestones by due date, those without one last. The caller has seen the projects already."""
    due = col(Milestone.due_date).nulls_last()
    statement = select(Milestone).order_by(due, col(Milestone.created_at), col(Milestone.id))
    return await lists_by(session, statement, Milestone.project_id, ids)


async def milestones_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Milestone | None]:
    joined = select(Milestone).join(Project, col(Project.id) == col(Milestone.project_id))
    statement = joined.where(may_see_project(caller, Project, ProjectMember))
    return await rows_by(session, statement, Milestone.id, ids)


async def keys_like(session: AsyncSession, base: str) -> set[str]:
    """All keys that begin with ``base``, without a visibility filter."""
    statement = select(Project.key).where(col(Project.key).startswith(base, autoescape=True))
    return set(await session.scalars(statement))
