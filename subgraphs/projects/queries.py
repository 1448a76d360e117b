"""Every SELECT of projects. What the caller may not see does not exist."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, exists, false, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from trellis.db.paging import (
    NEWEST_FIRST,
    SortColumn,
    count_by_parent,
    count_of,
    instant,
    order_by,
    page_of,
    pages_by_parent,
    text,
)
from trellis.schema.identity import Identity
from trellis.schema.paging import Page, PageRequest
from trellis.subgraphs.projects.models import (
    Milestone,
    Person,
    Project,
    ProjectMember,
    ProjectStatus,
    Team,
)


@dataclass(frozen=True, slots=True)
class ProjectFilters:
    search: str | None = None
    status: ProjectStatus | None = None
    organization_id: UUID | None = None
    team_id: UUID | None = None


def may_see(caller: Identity) -> ColumnElement[bool]:
    """Members see their projects, project administrators all of their organization.

    Nobody but a platform administrator sees over the border of an organization: a membership
    left behind by somebody who has moved to another one counts no more.
    """
    if caller.is_admin:
        return true()
    if caller.id is None:
        return false()
    homeless = col(Project.organization_id).is_(None)
    at_home = col(Project.organization_id) == caller.tenant_id if caller.tenant_id else false()
    mine = aliased(ProjectMember)
    membership = exists().where(
        col(mine.project_id) == col(Project.id), col(mine.user_id) == caller.id
    )
    if caller.may("admin:projects"):
        return or_(at_home, and_(homeless, membership))
    return and_(or_(at_home, homeless), membership)


def visible_to(caller: Identity) -> Select[Project]:
    return select(Project).where(may_see(caller))


def matching(caller: Identity, filters: ProjectFilters) -> Select[Project]:
    """The visible projects that fit all of the filters given."""
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


async def projects_page(
    session: AsyncSession,
    caller: Identity,
    filters: ProjectFilters,
    page: PageRequest,
    order: Sequence[SortColumn] = NEWEST_FIRST,
) -> Page[Project]:
    return await page_of(session, matching(caller, filters), Project, page, order)


async def projects_count(session: AsyncSession, caller: Identity, filters: ProjectFilters) -> int:
    return await count_of(session, matching(caller, filters))


async def projects_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Project | None]:
    rows = await session.scalars(visible_to(caller).where(col(Project.id).in_(ids)))
    found = {project.id: project for project in rows}
    return [found.get(id) for id in ids]


async def projects_by_key(
    session: AsyncSession, caller: Identity, keys: Sequence[str]
) -> list[Project | None]:
    rows = await session.scalars(visible_to(caller).where(col(Project.key).in_(keys)))
    found = {project.key: project for project in rows}
    return [found.get(key) for key in keys]


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

    def statement(self, caller: Identity) -> Select[Project]:
        projects = visible_to(caller)
        if not self.joins_members:
            return projects
        return projects.join(ProjectMember, col(ProjectMember.project_id) == col(Project.id))


OF_MEMBER = ListOf(col(ProjectMember.user_id), joins_members=True)
OF_LEAD = ListOf(col(Project.lead_id))
OF_ORGANIZATION = ListOf(col(Project.organization_id))
OF_TEAM = ListOf(col(Project.team_id))


async def project_lists(
    session: AsyncSession, caller: Identity, kind: ListOf, ids: Sequence[UUID], page: PageRequest
) -> Mapping[UUID, Page[Project]]:
    """One page of each list in one statement."""
    return await pages_by_parent(session, kind.statement(caller), Project, kind.parent, ids, page)


async def project_list_counts(
    session: AsyncSession, caller: Identity, kind: ListOf, ids: Sequence[UUID]
) -> Mapping[UUID, int]:
    return await count_by_parent(session, kind.statement(caller), kind.parent, ids)


async def members_by_project(
    session: AsyncSession, ids: Iterable[UUID]
) -> dict[UUID, list[ProjectMember]]:
    """Members in the order in which they joined. The caller has seen the projects already."""
    statement = (
        select(ProjectMember)
        .where(col(ProjectMember.project_id).in_(list(ids)))
        .order_by(col(ProjectMember.joined_at), col(ProjectMember.user_id))
    )
    members: dict[UUID, list[ProjectMember]] = defaultdict(list)
    for member in await session.scalars(statement):
        members[member.project_id].append(member)
    return members


async def member(session: AsyncSession, project_id: UUID, user_id: UUID) -> ProjectMember | None:
    return await session.get(ProjectMember, (project_id, user_id))


async def milestones_by_project(
    session: AsyncSession, ids: Iterable[UUID]
) -> dict[UUID, list[Milestone]]:
    """Milestones by due date, those without one last."""
    statement = (
        select(Milestone)
        .where(col(Milestone.project_id).in_(list(ids)))
        .order_by(col(Milestone.due_date).nulls_last(), col(Milestone.created_at))
        .order_by(col(Milestone.id))
    )
    milestones: dict[UUID, list[Milestone]] = defaultdict(list)
    for milestone in await session.scalars(statement):
        milestones[milestone.project_id].append(milestone)
    return milestones


async def milestones_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Milestone | None]:
    statement = (
        select(Milestone)
        .join(Project, col(Project.id) == col(Milestone.project_id))
        .where(may_see(caller), col(Milestone.id).in_(ids))
    )
    found = {milestone.id: milestone for milestone in await session.scalars(statement)}
    return [found.get(id) for id in ids]


async def keys_like(session: AsyncSession, base: str) -> set[str]:
    """All keys that begin with ``base``, whoever's they are."""
    statement = select(Project.key).where(col(Project.key).startswith(base, autoescape=True))
    return set(await session.scalars(statement))


async def people(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, Person]:
    """The people known here, by id."""
    rows = await session.scalars(select(Person).where(col(Person.id).in_(list(ids))))
    return {person.id: person for person in rows}


async def team_belongs_to(session: AsyncSession, id: UUID, organization_id: UUID | None) -> bool:
    """Whether there is such a team in the organization."""
    team = await session.get(Team, id)
    return team is not None and team.organization_id == organization_id
