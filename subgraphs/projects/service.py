"""What can be done with projects: one function per use case, each inside one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.projects import (
    MilestoneCreated,
    MilestoneUpdated,
    ProjectCreated,
    ProjectDeleted,
    ProjectMemberAdded,
    ProjectMemberRemoved,
    ProjectState,
    ProjectUpdated,
)
from trellis.schema.identity import Identity
from trellis.subgraphs.people_scope import people, teams
from trellis.subgraphs.project_scope.visibility import administers
from trellis.subgraphs.projects import queries
from trellis.subgraphs.projects.errors import (
    AlreadyMember,
    MemberNotFound,
    MilestoneChanged,
    MilestoneNotFound,
    OrganizationNotYours,
    OwnerStays,
    ProjectChanged,
    ProjectNotFound,
    ProjectNotYours,
    TokenOfBefore,
    TooManyMembers,
    UnknownOrganization,
    UnknownPerson,
    UnknownTeam,
)
from trellis.subgraphs.projects.keys import insert_with_key
from trellis.subgraphs.projects.models import (
    Milestone,
    MilestoneStatus,
    Person,
    Project,
    ProjectMember,
    ProjectRole,
    Team,
)
from trellis.subgraphs.projects.settings import ProjectSettings

MAX_MEMBERS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProject:
    """A checked request for a project; without a key one is made from the name."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    project_id: UUID
    user_id: UUID
    role: ProjectRole


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMilestone:
    project_id: UUID
    title: str
    description: str | None = None
    due_date: date | None = None


async def create_project(uow: UnitOfWork, caller: Identity, new: NewProject) -> Project:
    """Make a project; the caller becomes its owner, and its lead unless another is named."""
    owner_id = caller.id
    assert owner_id is not None
    organization_id = new.organization_id or caller.tenant_id
    if not caller.is_admin and organization_id != caller.tenant_id:
        owner = await uow.session.get(Person, owner_id)
        is_home = owner is not None and owner.organization_id == organization_id
        raise TokenOfBefore if is_home else OrganizationNotYours
    if new.organization_id is not None and new.organization_id != caller.tenant_id:
        await _require_organization(uow, new.organization_id)
    lead_id = new.lead_id or owner_id
    await _require_person(uow, lead_id, organization_id, caller, field="leadId")
    await _require_team(uow, new.team_id, organization_id)

    def with_key(key: str) -> Project:
        return Project(
            key=key,
            name=new.name,
            description=new.description,
            project_type=new.project_type,
            lead_id=lead_id,
            owner_id=owner_id,
            organization_id=organization_id,
            team_id=new.team_id,
            start_date=new.start_date,
            end_date=new.end_date,
            settings=new.settings.stored(),
        )

    project = await insert_with_key(uow, with_key, name=new.name, key=new.key)
    owner = ProjectMember(project_id=project.id, user_id=owner_id, role=ProjectRole.OWNER)
    uow.session.add(owner)
    if lead_id != owner_id:
        lead = ProjectMember(project_id=project.id, user_id=lead_id, role=ProjectRole.ADMIN)
        uow.session.add(lead)
    uow.emit(ProjectCreated(**await _about(uow, project)))
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
    uow.emit(ProjectUpdated(**await _about(uow, project), changed=changed))
    return project


async def delete_project(uow: UnitOfWork, caller: Identity, id: UUID) -> None:
    """Remove a project with its members and milestones: for its owner and administrators."""
    project = await queries.project_for_update(uow.session, caller, id)
    if project is None:
        raise ProjectNotFound(id)
    if project.owner_id != caller.id and not administers(caller, project.organization_id):
        raise ProjectNotYours("its owner or an administrator")
    state = _state(project, [])
    uow.emit(ProjectDeleted(project_id=id, version=project.version + 1, state=state))
    await uow.session.delete(project)


async def add_member(uow: UnitOfWork, caller: Identity, new: NewMember) -> ProjectMember:
    """Let a person of the same organization into the project."""
    project = await _changeable(uow, caller, new.project_id)
    await _require_person(uow, new.user_id, project.organization_id, caller, field="userId")
    [members] = await queries.members_by_project(uow.session, [project.id])
    if any(member.user_id == new.user_id for member in members):
        raise AlreadyMember
    if len(members) >= MAX_MEMBERS:
        raise TooManyMembers(MAX_MEMBERS)
    member = ProjectMember(project_id=project.id, user_id=new.user_id, role=new.role)
    uow.session.add(member)
    _touch(project)
    about = await _about(uow, project)
    uow.emit(ProjectMemberAdded(**about, user_id=member.user_id, role=member.role))
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
    await _remove(uow, project, member)
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
        await _remove(uow, project, member)


async def create_milestone(uow: UnitOfWork, caller: Identity, new: NewMilestone) -> Milestone:
    """Add a milestone in state PLANNED."""
    assert caller.id is not None
    await _changeable(uow, caller, new.project_id)
    milestone = Milestone(
        project_id=new.project_id,
        title=new.title,
        description=new.description,
        due_date=new.due_date,
        created_by=caller.id,
    )
    uow.session.add(milestone)
    await uow.session.flush()
    uow.emit(
        MilestoneCreated(
            milestone_id=milestone.id, project_id=milestone.project_id, title=milestone.title
        )
    )
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


async def _visible(uow: UnitOfWork, caller: Identity, id: UUID) -> Project:
    project = await queries.project_for_update(uow.session, caller, id)
    if project is None:
        raise ProjectNotFound(id)
    return project


async def _changeable(uow: UnitOfWork, caller: Identity, id: UUID) -> Project:
    """The project, held for update, if the caller may change it."""
    project = await _visible(uow, caller, id)
    if not administers(caller, project.organization_id):
        assert caller.id is not None
        membership = await queries.member(uow.session, id, caller.id)
        if membership is None or membership.role is ProjectRole.MEMBER:
            raise ProjectNotYours("its owner and administrators")
    return project


async def _require_person(
    uow: UnitOfWork, id: UUID, organization_id: UUID | None, caller: Identity, *, field: str
) -> None:
    """Raises ``UnknownPerson`` unless ``id`` is active in the project's organization."""
    if id == caller.id:
        return
    if not await people.is_active_in(uow.session, Person, id, organization_id):
        raise UnknownPerson(field)


async def _require_organization(uow: UnitOfWork, id: UUID) -> None:
    """Raises ``UnknownOrganization``: administrators may name any, but it must exist."""
    if not await people.is_organization(uow.session, Person, id):
        raise UnknownOrganization


async def _require_team(uow: UnitOfWork, id: UUID | None, organization_id: UUID | None) -> None:
    """Raises ``UnknownTeam`` unless the team, if any, is one of the project's organization."""
    if id is not None and not await teams.belongs_to(uow.session, Team, id, organization_id):
        raise UnknownTeam


async def _remove(uow: UnitOfWork, project: Project, member: ProjectMember) -> None:
    await uow.session.delete(member)
    _touch(project)
    uow.emit(ProjectMemberRemoved(**await _about(uow, project), user_id=member.user_id))


def _touch(project: Project) -> None:
    """Count the project's version up although only its members change."""
    project.updated_at = utc_now()


class _About(TypedDict):
    """The fields of ``ProjectEvent``."""

    project_id: UUID
    version: int
    state: ProjectState


async def _about(uow: UnitOfWork, project: Project) -> _About:
    """The project as it is written now."""
    await uow.session.flush()
    [members] = await queries.members_by_project(uow.session, [project.id])
    state = _state(project, members)
    return {"project_id": project.id, "version": project.version, "state": state}


def _state(project: Project, members: Sequence[ProjectMember]) -> ProjectState:
    return ProjectState(
        key=project.key,
        name=project.name,
        status=project.status,
        organization_id=project.organization_id,
        lead_id=project.lead_id,
        settings=project.settings,
        members={member.user_id: member.role for member in members},
        description=project.description,
    )
