"""The demo world's organizations, people and teams, written once and without events."""

from trellis.db.seed.world import PASSWORD, DemoUser, World, demo_world
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.accounts.models import (
    MembershipRole,
    Organization,
    OrganizationMember,
    Team,
    TeamMember,
    Tier,
    User,
)
from trellis.subgraphs.accounts.passwords import Passwords


async def write_demo_data(uow: UnitOfWork, passwords: Passwords) -> None:
    """Does nothing when the first demo person is here: it was done before."""
    world = demo_world()
    if await uow.session.get(User, world.users[0].id) is not None:
        return
    # One hash for all: they share the password, and twelve hashes would take half a second.
    password_hash = await passwords.hash(PASSWORD)
    uow.session.add_all(_user(demo, password_hash) for demo in world.users)
    uow.session.add_all(
        Organization(
            id=demo.id,
            name=demo.name,
            domain=demo.domain,
            description=demo.description,
            tier=Tier(demo.plan),
            created_at=demo.created_at,
            updated_at=demo.created_at,
        )
        for demo in world.organizations
    )
    await uow.session.flush()
    uow.session.add_all(_memberships(world))
    await _add_teams(uow, world)


def _user(demo: DemoUser, password_hash: str) -> User:
    return User(
        id=demo.id,
        email=demo.email,
        username=demo.username,
        username_key=demo.username.lower(),
        display_name=f"{demo.first_name} {demo.last_name}",
        first_name=demo.first_name,
        last_name=demo.last_name,
        roles=list(demo.roles),
        password_hash=password_hash,
        email_verified_at=demo.created_at,
        created_at=demo.created_at,
        updated_at=demo.created_at,
    )


def _memberships(world: World) -> list[OrganizationMember]:
    owners = {demo.owner_id for demo in world.organizations}
    return [
        OrganizationMember(
            organization_id=demo.organization_id,
            user_id=demo.id,
            role=_role(demo.id in owners),
            joined_at=demo.created_at,
        )
        for demo in world.users
    ]


async def _add_teams(uow: UnitOfWork, world: World) -> None:
    for demo in world.teams:
        uow.session.add(
            Team(
                id=demo.id,
                organization_id=demo.organization_id,
                name=demo.name,
                description=demo.description,
                owner_id=demo.owner_id,
                created_at=demo.created_at,
                updated_at=demo.created_at,
            )
        )
    await uow.session.flush()
    for demo in world.teams:
        uow.session.add_all(
            TeamMember(
                team_id=demo.id,
                user_id=user_id,
                role=_role(user_id == demo.owner_id),
                joined_at=demo.created_at,
            )
            for user_id in demo.member_ids
        )


def _role(is_admin: bool) -> MembershipRole:
    return MembershipRole.ADMIN if is_admin else MembershipRole.MEMBER
