"""Organizations and teams, and who is in them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import (
    OrganizationCreated,
    TeamCreated,
)
from trellis.schema.identity import Identity
from trellis.subgraphs.accounts import queries
from trellis.subgraphs.accounts.errors import (
    AlreadyMember,
    DomainTaken,
    LastAdminStays,
    MemberNotFound,
    NotAnAdminThere,
    OrganizationNotFound,
    TeamNotFound,
    TooManyOrganizations,
    UserNotFound,
)
from trellis.subgraphs.accounts.models import (
    MembershipRole,
    Organization,
    OrganizationMember,
    Team,
    TeamMember,
)
from trellis.subgraphs.accounts.use_cases.people import announce

MOST_ORGANIZATIONS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrganization:
    name: str
    domain: str | None = None
    description: str | None = None
    logo_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTeam:
    organization_id: UUID
    name: str
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Who is what in an organization."""

    organization_id: UUID
    user_id: UUID
    role: MembershipRole


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamSeat:
    """Who is what in a team."""

    team_id: UUID
    user_id: UUID
    role: MembershipRole


async def create_organization(
    uow: UnitOfWork, caller: Identity, new: NewOrganization
) -> Organization:
    """Make an organization that the caller administers.

    Raises ``DomainTaken``, and ``UserNotFound`` for callers whom another issuer vouches for and who
    have no account here.
    """
    caller_id = await _account_of(uow, caller)
    organization = Organization(
        name=new.name, domain=new.domain, description=new.description, logo_url=new.logo_url
    )
    try:
        async with uow.session.begin_nested():
            uow.session.add(organization)
    except IntegrityError:
        raise DomainTaken from None
    await join(uow, organization.id, caller_id, MembershipRole.ADMIN)
    uow.emit(
        OrganizationCreated(
            organization_id=organization.id, name=organization.name, created_by=caller_id
        )
    )
    return organization


async def add_member(uow: UnitOfWork, caller: Identity, seat: Seat) -> OrganizationMember:
    """Take somebody whom the caller knows into an organization that the caller administers.

    Others must be invited: members of an organization see more of each other, so strangers are not
    added without consent. Raises ``UserNotFound`` for them.
    """
    await administered(uow, caller, seat.organization_id)
    if not await queries.is_colleague(uow.session, caller, seat.user_id):
        raise UserNotFound
    user = await queries.user_for_update(uow.session, seat.user_id)
    if user is None or not user.is_active:
        raise UserNotFound
    if await queries.organization_member(uow.session, seat.organization_id, seat.user_id):
        raise AlreadyMember
    return await join(uow, seat.organization_id, seat.user_id, seat.role)


async def change_member_role(uow: UnitOfWork, caller: Identity, seat: Seat) -> OrganizationMember:
    """Appoint or dismiss an administrator; the last one stays."""
    await administered(uow, caller, seat.organization_id)
    member = await queries.organization_member(uow.session, seat.organization_id, seat.user_id)
    if member is None:
        raise MemberNotFound
    if seat.role is not MembershipRole.ADMIN:
        await _keep_an_admin(uow, seat.organization_id, leaving=seat.user_id)
    member.role = seat.role
    return member


async def remove_member(
    uow: UnitOfWork, caller: Identity, organization_id: UUID, user_id: UUID
) -> None:
    """Remove a member from an organization and its teams; members may leave by themselves."""
    if user_id != caller.id:
        await administered(uow, caller, organization_id)
    member = await queries.organization_member(uow.session, organization_id, user_id)
    if member is None:
        raise MemberNotFound if user_id != caller.id else OrganizationNotFound
    await _keep_an_admin(uow, organization_id, leaving=user_id)
    for seat in await queries.team_seats(uow.session, organization_id, user_id):
        await uow.session.delete(seat)
    await uow.session.delete(member)
    await uow.session.flush()
    await _announce_user(uow, user_id, lost_rights=True)


async def create_team(uow: UnitOfWork, caller: Identity, new: NewTeam) -> Team:
    """Make a team in an organization that the caller administers; the caller owns it.

    Raises ``UserNotFound`` for administrators who have no account here.
    """
    await administered(uow, caller, new.organization_id)
    caller_id = await _account_of(uow, caller)
    team = Team(
        organization_id=new.organization_id,
        name=new.name,
        description=new.description,
        owner_id=caller_id,
    )
    uow.session.add(team)
    await uow.session.flush()
    seat = TeamMember(team_id=team.id, user_id=caller_id, role=MembershipRole.ADMIN)
    uow.session.add(seat)
    uow.emit(TeamCreated(team_id=team.id, organization_id=team.organization_id, name=team.name))
    return team


async def add_team_member(uow: UnitOfWork, caller: Identity, seat: TeamSeat) -> TeamMember:
    """Take a member of the organization into one of its teams."""
    team = await _administered_team(uow, caller, seat.team_id)
    if not await queries.organization_member(uow.session, team.organization_id, seat.user_id):
        raise UserNotFound
    if await queries.team_member(uow.session, seat.team_id, seat.user_id):
        raise AlreadyMember
    member = TeamMember(team_id=seat.team_id, user_id=seat.user_id, role=seat.role)
    uow.session.add(member)
    await uow.session.flush()
    return member


async def remove_team_member(
    uow: UnitOfWork, caller: Identity, team_id: UUID, user_id: UUID
) -> None:
    """Remove a member from a team; members may leave by themselves."""
    if user_id != caller.id:
        await _administered_team(uow, caller, team_id)
    seat = await queries.team_member(uow.session, team_id, user_id)
    if seat is None:
        raise MemberNotFound if user_id != caller.id else TeamNotFound
    await uow.session.delete(seat)
    await uow.session.flush()
    await _announce_user(uow, user_id, changed="team_id", lost_rights=True)


async def administered(uow: UnitOfWork, caller: Identity, organization_id: UUID) -> Organization:
    """The organization, if the caller administers it.

    Raises ``OrganizationNotFound`` for outsiders and ``NotAnAdminThere`` for its other members.
    """
    (seen,) = await queries.organizations_by_id(uow.session, caller, [organization_id])
    if seen is None or not seen.is_visible:
        raise OrganizationNotFound
    if not caller.is_admin:
        (role,) = await queries.organization_roles(uow.session, caller, [organization_id])
        if role is not MembershipRole.ADMIN:
            raise NotAnAdminThere
    return seen.row


async def _administered_team(uow: UnitOfWork, caller: Identity, team_id: UUID) -> Team:
    (seen,) = await queries.teams_by_id(uow.session, caller, [team_id])
    if seen is None or not seen.is_visible:
        raise TeamNotFound
    (role,) = await queries.team_roles(uow.session, caller, [team_id])
    if role is not MembershipRole.ADMIN and seen.row.owner_id != caller.id:
        await administered(uow, caller, seen.row.organization_id)
    return seen.row


async def join(
    uow: UnitOfWork, organization_id: UUID, user_id: UUID, role: MembershipRole
) -> OrganizationMember:
    """Make somebody a member; whether that is right has been found out before.

    Raises ``TooManyOrganizations``.
    """
    if len(await queries.memberships_of(uow.session, user_id)) >= MOST_ORGANIZATIONS:
        raise TooManyOrganizations(MOST_ORGANIZATIONS)
    member = OrganizationMember(organization_id=organization_id, user_id=user_id, role=role)
    uow.session.add(member)
    await uow.session.flush()
    await _announce_user(uow, user_id)
    return member


async def _account_of(uow: UnitOfWork, caller: Identity) -> UUID:
    """The caller's id. Raises ``UserNotFound`` for somebody whom only another issuer knows."""
    assert caller.id is not None
    if await queries.user_for_update(uow.session, caller.id) is None:
        raise UserNotFound
    return caller.id


async def _announce_user(
    uow: UnitOfWork, user_id: UUID, *, changed: str = "organization_id", lost_rights: bool = False
) -> None:
    user = await queries.user_for_update(uow.session, user_id)
    if user is not None:
        # Readers keep the state with the greatest version, so a membership has to raise it.
        user.updated_at = utc_now()
        if lost_rights:
            user.rights_changed_at = user.updated_at
        await uow.session.flush()
        await announce(uow, user, (changed,))


async def _keep_an_admin(uow: UnitOfWork, organization_id: UUID, *, leaving: UUID) -> None:
    admins = await queries.admins_of(uow.session, organization_id)
    if [admin.user_id for admin in admins] == [leaving]:
        raise LastAdminStays
