"""What the projects subgraph keeps of a tenant, and of somebody of no tenant."""

from typing import Any

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.tenants.tenant import PEOPLE, Tenant
from tests.subgraphs.tenants.writing import write
from tests.support.subgraphs import Running
from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.projects import models as projects
from trellis.subgraphs.projects.graph import make_subgraph
from trellis.subgraphs.projects.models import MilestoneStatus, ProjectRole
from trellis.subgraphs.projects.settings import ProjectSettings

_ROLES = {
    "lead": ProjectRole.OWNER,
    "boss": ProjectRole.ADMIN,
    "member": ProjectRole.MEMBER,
}


def make(settings: DataSettings | None, bus: EventBus | None, letters: Letters) -> Subgraph:
    return make_subgraph(settings, bus)


async def plant(tenant: Tenant, tracker: Running) -> None:
    await write(tracker, _projects_of(tenant), _parts_of_projects(tenant))


async def plant_outsider(who: Identity, tracker: Running) -> None:
    assert who.id is not None
    await write(tracker, [projects.Person(id=who.id, version=1)])


def _projects_of(tenant: Tenant) -> list[Any]:
    organization_id = tenant.id("organization")
    people = [
        projects.Person(
            id=tenant.id("user", person),
            organization_id=organization_id,
            is_active=person != "former",
            version=1,
        )
        for person in PEOPLE
    ]
    teams = [projects.Team(id=id, organization_id=organization_id) for id in tenant.ids["team"]]
    return [*people, *teams] + [
        projects.Project(
            id=tenant.id("project", number),
            key=tenant.project_key(number),
            name=tenant.text(f"Project {number}"),
            description=tenant.text("Purpose"),
            lead_id=tenant.id("user", "lead" if number else "boss"),
            owner_id=tenant.id("user", "lead"),
            organization_id=organization_id,
            team_id=tenant.id("team", 0),
            settings=ProjectSettings(issue_types=("Task", tenant.text("Type"))).stored(),
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number in range(len(tenant.ids["project"]))
    ]


def _parts_of_projects(tenant: Tenant) -> list[Any]:
    rows: list[Any] = [
        projects.ProjectMember(
            project_id=id,
            user_id=tenant.id("user", person),
            role=role,
            joined_at=tenant.at(place),
        )
        for id in tenant.ids["project"]
        for place, (person, role) in enumerate(_ROLES.items())
    ]
    rows += [
        projects.Milestone(
            id=tenant.id("milestone", number),
            project_id=tenant.id("project", 0),
            title=tenant.text("Milestone"),
            description=tenant.text("Aim"),
            status=MilestoneStatus.PLANNED,
            created_by=tenant.id("user", "lead"),
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number in range(len(tenant.ids["milestone"]))
    ]
    return rows
