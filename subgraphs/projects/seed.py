"""The demo world's projects, members and milestones, written once and without events."""

from trellis.db.seed.world import DemoProject, World, demo_world
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.projects.models import (
    Milestone,
    MilestoneStatus,
    Person,
    Project,
    ProjectMember,
    ProjectRole,
    ProjectStatus,
    Team,
)
from trellis.subgraphs.projects.settings import ProjectSettings


async def write_demo_data(uow: UnitOfWork) -> None:
    """Does nothing when the first demo person is here: it was done before."""
    world = demo_world()
    await _add_teams(uow, world)
    if await uow.session.get(Person, world.users[0].id) is not None:
        return
    for user in world.users:
        uow.session.add(Person(id=user.id, organization_id=user.organization_id))
    uow.session.add_all(_project(demo) for demo in world.projects)
    await uow.session.flush()
    for demo in world.projects:
        uow.session.add_all(_members(demo))
        uow.session.add_all(_milestones(demo))


async def _add_teams(uow: UnitOfWork, world: World) -> None:
    """Apart from the rest: older demo data has none."""
    if await uow.session.get(Team, world.teams[0].id) is None:
        uow.session.add_all(
            Team(id=demo.id, organization_id=demo.organization_id) for demo in world.teams
        )


def _project(demo: DemoProject) -> Project:
    return Project(
        id=demo.id,
        key=demo.key,
        name=demo.name,
        description=demo.description,
        status=ProjectStatus(demo.status),
        lead_id=demo.lead_id,
        owner_id=demo.lead_id,
        organization_id=demo.organization_id,
        team_id=demo.team_id,
        start_date=demo.start_date,
        end_date=demo.end_date,
        settings=ProjectSettings().stored(),
        created_at=demo.created_at,
        updated_at=demo.created_at,
    )


def _members(demo: DemoProject) -> list[ProjectMember]:
    return [
        ProjectMember(
            project_id=demo.id,
            user_id=member.user_id,
            role=ProjectRole(member.role),
            joined_at=member.joined_at,
        )
        for member in demo.members
    ]


def _milestones(demo: DemoProject) -> list[Milestone]:
    return [
        Milestone(
            id=milestone.id,
            project_id=demo.id,
            title=milestone.title,
            description=milestone.description,
            due_date=milestone.due_date,
            status=MilestoneStatus(milestone.status),
            created_by=milestone.created_by,
            completed_at=milestone.completed_at,
            created_at=milestone.created_at,
            updated_at=milestone.created_at,
        )
        for milestone in demo.milestones
    ]
