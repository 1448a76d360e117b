"""What can be done with projects: one function per use case, each inside one transaction."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from trellis.db.locks import hold
from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.identity import Identity
from trellis.subgraphs.projects import queries
from trellis.subgraphs.projects.errors import (
    AlreadyMember,
    MemberNotFound,
    MilestoneChanged,
    MilestoneNotFound,
    OrganizationNotYours,
    OwnerStays,
    ProjectChanged,
    ProjectKeyTaken,
    ProjectNotFound,
    ProjectNotYours,
    TooManyMembers,
    UnknownPerson,
    UnknownTeam,
)
from trellis.subgraphs.projects.events import (
    MilestoneUpdated,
    ProjectCreated,
    ProjectDeleted,
    ProjectMemberAdded,
    ProjectMemberRemoved,
    ProjectUpdated,
    milestone_created,
    state_of,
)
from trellis.subgraphs.projects.models import (
    Milestone,
    MilestoneStatus,
    Project,
    ProjectMember,
    ProjectRole,
)
from trellis.subgraphs.projects.settings import ProjectSettings

MAX_MEMBERS = 1_000
_KEY_LENGTH = 10
_KEY_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProject:
    """A checked wish for a project; without a key one is made from the name."""

    name: str
    key: str | None = None
    description: str | None = None
    project_type: str = "software"
    lead_id: UUID | None = None
    organization_id: UUID | None = None
    team_id: UUID | None = None
    start_date: date | None = None
    end_date: date | None = None
    settings: ProjectSettings = field(default_factory=ProjectSettings)


async def create_project(uow: UnitOfWork, caller: Identity, wish: NewProject) -> Project:
    """Make a project; the caller becomes its owner, and its lead unless another is named."""
    assert caller.id is not None
    organization_id = wish.organization_id or caller.tenant_id
    if not caller.is_admin and organization_id != caller.tenant_id:
        raise OrganizationNotYours
    lead_id = wish.lead_id or caller.id
    await _require_person(uow, lead_id, organization_id, caller, field="leadId")
    await _require_team(uow, wish.team_id, organization_id)

    project = await _insert_with_key(
        uow,
        wish,
        owner_id=caller.id,
        lead_id=lead_id,
        organization_id=organization_id,
    )
    members = [ProjectMember(project_id=project.id, user_id=caller.id, role=ProjectRole.OWNER)]
    if lead_id != caller.id:
        lead = ProjectMember(project_id=project.id, user_id=lead_id, role=ProjectRole.ADMIN)
        members.append(lead)
    uow.session.add_all(members)
    uow.emit(
        ProjectCreated(
            project_id=project.id, version=project.version, state=state_of(project, members)
        )
    )
    return project


async def update_project(
    uow: UnitOfWork,
    caller: Identity,
    id: UUID,
    changes: Mapping[str, Any],
    *,
    version: int | None = None,
) -> Project:
    """Set the given members. With ``version`` the project must still have it."""
    project = await _changeable(uow, caller, id)
    if version is not None and project.version != version:
        raise ProjectChanged(project.version)
    lead_id = changes.get("lead_id")
    if lead_id is not None and lead_id != project.lead_id:
        await _require_person(uow, lead_id, project.organization_id, caller, field="leadId")
        if await queries.member(uow.session, id, lead_id) is None:
            uow.session.add(ProjectMember(project_id=id, user_id=lead_id, role=ProjectRole.ADMIN))
    if changes.get("team_id") != project.team_id:
        await _require_team(uow, changes.get("team_id"), project.organization_id)
    changed = tuple(name for name, value in changes.items() if getattr(project, name) != value)
    if not changed:
        return project
    for name in changed:
        setattr(project, name, changes[name])
    await uow.session.flush()
    await _announce(uow, project, ProjectUpdated, changed=changed)
    return project


async def delete_project(uow: UnitOfWork, caller: Identity, id: UUID) -> None:
    """Remove a project with its members and milestones: for its owner and administrators."""
    project = await queries.project_for_update(uow.session, caller, id)
    if project is None:
        raise ProjectNotFound(id)
    if project.owner_id != caller.id and not _administers(caller, project):
        raise ProjectNotYours("its owner or an administrator")
    state = state_of(project, [])
    uow.emit(ProjectDeleted(project_id=id, version=project.version + 1, state=state))
    await uow.session.delete(project)


async def add_member(
    uow: UnitOfWork, caller: Identity, project_id: UUID, user_id: UUID, role: ProjectRole
) -> ProjectMember:
    """Let a person of the same organization into the project."""
    project = await _changeable(uow, caller, project_id)
    await _require_person(uow, user_id, project.organization_id, caller, field="userId")
    members = (await queries.members_by_project(uow.session, [project_id])).get(project_id, [])
    if any(member.user_id == user_id for member in members):
        raise AlreadyMember
    if len(members) >= MAX_MEMBERS:
        raise TooManyMembers(MAX_MEMBERS)
    member = ProjectMember(project_id=project_id, user_id=user_id, role=role)
    uow.session.add(member)
    await _touch(uow, project)
    await _announce(uow, project, ProjectMemberAdded, user_id=user_id, role=role)
    return member


async def remove_member(
    uow: UnitOfWork, caller: Identity, project_id: UUID, user_id: UUID
) -> Project:
    """Take a person out of the project. Members may leave by themselves."""
    project = (
        await _visible(uow, caller, project_id)
        if user_id == caller.id
        else await _changeable(uow, caller, project_id)
    )
    member = await queries.member(uow.session, project_id, user_id)
    if member is None:
        raise MemberNotFound
    if user_id in (project.owner_id, project.lead_id):
        raise OwnerStays
    await uow.session.delete(member)
    await _touch(uow, project)
    await _announce(uow, project, ProjectMemberRemoved, user_id=user_id)
    return project


async def forget_person(uow: UnitOfWork, user_id: UUID) -> None:
    """Take somebody whose account was deleted out of all projects that they do not own or lead.

    Owner and lead stay as ids: a project without them would be incomplete, and accounts shows
    nothing personal behind them any more.
    """
    for project in await queries.projects_of_member_for_update(uow.session, user_id):
        member = await queries.member(uow.session, project.id, user_id)
        if member is None or user_id in (project.owner_id, project.lead_id):
            continue
        await uow.session.delete(member)
        await _touch(uow, project)
        await _announce(uow, project, ProjectMemberRemoved, user_id=user_id)


async def create_milestone(
    uow: UnitOfWork,
    caller: Identity,
    project_id: UUID,
    *,
    title: str,
    description: str | None = None,
    due_date: date | None = None,
) -> Milestone:
    """Add a milestone in state PLANNED."""
    assert caller.id is not None
    await _changeable(uow, caller, project_id)
    milestone = Milestone(
        project_id=project_id,
        title=title,
        description=description,
        due_date=due_date,
        created_by=caller.id,
    )
    uow.session.add(milestone)
    await uow.session.flush()
    uow.emit(milestone_created(milestone))
    return milestone


async def update_milestone(
    uow: UnitOfWork,
    caller: Identity,
    id: UUID,
    changes: Mapping[str, Any],
    *,
    version: int | None = None,
) -> Milestone:
    """Set the given members; completing it notes the time, reopening it forgets that."""
    [milestone] = await queries.milestones_by_id(uow.session, caller, [id])
    if milestone is None:
        raise MilestoneNotFound(id)
    await _changeable(uow, caller, milestone.project_id)
    if version is not None and milestone.version != version:
        raise MilestoneChanged(milestone.version)
    changed = tuple(name for name, value in changes.items() if getattr(milestone, name) != value)
    for name in changed:
        setattr(milestone, name, changes[name])
    if "status" in changed:
        done = milestone.status is MilestoneStatus.COMPLETED
        milestone.completed_at = utc_now() if done else None
    if changed:
        await uow.session.flush()
        uow.emit(
            MilestoneUpdated(milestone_id=id, project_id=milestone.project_id, changed=changed)
        )
    return milestone


def key_from(name: str) -> str:
    """A project key out of a name: initials of several words, the beginning of a single one."""
    words = re.findall(r"[A-Z0-9]+", name.upper())
    letters = "".join(word[0] for word in words) if len(words) > 1 else "".join(words)[:4]
    key = letters.lstrip("0123456789")[: _KEY_LENGTH - 3]
    return key if len(key) >= 2 else f"{key}PRJ"[:4]


async def _insert_with_key(
    uow: UnitOfWork,
    wish: NewProject,
    *,
    owner_id: UUID,
    lead_id: UUID,
    organization_id: UUID | None,
) -> Project:
    """Insert under the wished key, or under the first free one made from the name.

    Makers of keys queue up; against a wished key that comes in between the unique index
    decides, and the maker tries the next.
    """
    if wish.key is None:
        await hold(uow.session, "project-key")
    for _ in range(_KEY_TRIES):
        key = wish.key or await _free_key(uow, key_from(wish.name))
        project = Project(
            key=key,
            name=wish.name,
            description=wish.description,
            project_type=wish.project_type,
            lead_id=lead_id,
            owner_id=owner_id,
            organization_id=organization_id,
            team_id=wish.team_id,
            start_date=wish.start_date,
            end_date=wish.end_date,
            settings=wish.settings.stored(),
        )
        try:
            async with uow.session.begin_nested():
                uow.session.add(project)
            return project
        except IntegrityError as taken:
            if wish.key is not None:
                raise ProjectKeyTaken(wish.key) from taken
    raise ProjectKeyTaken(key_from(wish.name))


async def _free_key(uow: UnitOfWork, base: str) -> str:
    taken = await queries.keys_like(uow.session, base)
    if base not in taken:
        return base
    number = 2
    while f"{base}{number}" in taken:
        number += 1
    return f"{base}{number}"


async def _visible(uow: UnitOfWork, caller: Identity, id: UUID) -> Project:
    project = await queries.project_for_update(uow.session, caller, id)
    if project is None:
        raise ProjectNotFound(id)
    return project


async def _changeable(uow: UnitOfWork, caller: Identity, id: UUID) -> Project:
    """The project, held for update, if the caller may change it."""
    project = await _visible(uow, caller, id)
    if not _administers(caller, project):
        assert caller.id is not None
        membership = await queries.member(uow.session, id, caller.id)
        if membership is None or membership.role is ProjectRole.MEMBER:
            raise ProjectNotYours("its owner and administrators")
    return project


def _administers(caller: Identity, project: Project) -> bool:
    in_tenant = caller.tenant_id is not None and project.organization_id == caller.tenant_id
    return caller.is_admin or (in_tenant and caller.may("admin:projects"))


async def _require_person(
    uow: UnitOfWork, id: UUID, organization_id: UUID | None, caller: Identity, *, field: str
) -> None:
    """Raises ``UnknownPerson`` unless ``id`` is active in the project's organization."""
    if id == caller.id:
        return
    person = (await queries.people(uow.session, [id])).get(id)
    if person is None or not person.is_active or person.organization_id != organization_id:
        raise UnknownPerson(field)


async def _require_team(uow: UnitOfWork, id: UUID | None, organization_id: UUID | None) -> None:
    """Raises ``UnknownTeam`` unless the team, if any, is one of the project's organization."""
    if id is not None and not await queries.team_belongs_to(uow.session, id, organization_id):
        raise UnknownTeam


async def _touch(uow: UnitOfWork, project: Project) -> None:
    """Count the project's version up although only its members change."""
    project.updated_at = utc_now()
    await uow.session.flush()


async def _announce(uow: UnitOfWork, project: Project, kind: Any, **news: Any) -> None:
    await uow.session.flush()
    members = (await queries.members_by_project(uow.session, [project.id])).get(project.id, [])
    state = state_of(project, members)
    uow.emit(kind(project_id=project.id, version=project.version, state=state, **news))
