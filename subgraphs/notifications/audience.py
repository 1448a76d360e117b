"""Who of those chosen may know of it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.schema.roles import scopes_of
from trellis.subgraphs.notifications.models import Person, Project, ProjectMember
from trellis.subgraphs.project_scope.scope import MANAGING_ROLES

_ADMIN, _ALL_PROJECTS = "admin", "admin:projects"


async def who_see_project(
    session: AsyncSession, ids: Collection[UUID], project_id: UUID
) -> list[Person]:
    """The people of ``ids`` who see the project: its members within its organization, and
    administrators of that or of the platform, as in ``project_scope.visibility``."""
    people = await active_people(session, ids)
    project = await session.get(Project, project_id)
    if project is None or project.is_deleted:
        return []
    members = await _members_among(session, project_id, [one.id for one in people])
    at_home = project.organization_id
    return [
        one
        for one in people
        if _administers(one, at_home)
        or (one.id in members and at_home in (None, one.organization_id))
    ]


async def who_decide(
    session: AsyncSession, project_ids: Collection[UUID], of: UUID
) -> frozenset[UUID]:
    """Who else than ``of``, whose hours they are, manages all of these projects by role and sees
    them; where nobody does, the administrators of the organization that they belong to."""
    of_all = (
        select(ProjectMember.user_id)
        .where(
            col(ProjectMember.project_id).in_(project_ids),
            col(ProjectMember.role).in_(MANAGING_ROLES),
        )
        .group_by(col(ProjectMember.user_id))
        .having(func.count() == len(set(project_ids)))
    )
    managers = frozenset(await session.scalars(of_all)) - {of}
    for project_id in project_ids:  # those of a week: some of them
        managers &= {one.id for one in await who_see_project(session, managers, project_id)}
    return managers or await _administrators(session, project_ids) - {of}


async def _administrators(session: AsyncSession, project_ids: Collection[UUID]) -> frozenset[UUID]:
    of_them = select(Project.organization_id).where(col(Project.id).in_(project_ids)).distinct()
    homes = set(await session.scalars(of_them))
    if len(homes) != 1 or None in homes:
        return frozenset()
    [home] = homes
    people = await session.scalars(
        select(Person).where(col(Person.organization_id) == home, col(Person.is_active).is_(True))
    )
    return frozenset(one.id for one in people if _administers(one, home))


async def active_people(session: AsyncSession, ids: Collection[UUID]) -> list[Person]:
    """Who of them has an account that is open."""
    here = col(Person.is_active).is_(True)
    found = select(Person).where(col(Person.id).in_(ids), here)
    return list((await session.scalars(found)).all())


async def _members_among(
    session: AsyncSession, project_id: UUID, ids: Collection[UUID]
) -> frozenset[UUID]:
    statement = select(ProjectMember.user_id).where(
        col(ProjectMember.project_id) == project_id, col(ProjectMember.user_id).in_(ids)
    )
    return frozenset(await session.scalars(statement))


def _administers(person: Person, organization_id: UUID | None) -> bool:
    """Whether the person looks after all projects of that organization, by role."""
    if _ADMIN in person.roles:
        return True
    own = organization_id is not None and organization_id == person.organization_id
    return own and _ALL_PROJECTS in scopes_of(person.roles)
