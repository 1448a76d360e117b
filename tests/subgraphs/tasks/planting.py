"""What the tasks subgraph keeps of a tenant."""

from typing import Any

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.tenants.tenant import PEOPLE, Tenant
from tests.subgraphs.tenants.writing import write
from tests.support.subgraphs import Running
from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.tasks import models as tasks
from trellis.subgraphs.tasks.graph import make_subgraph
from trellis.subgraphs.tasks.models import TaskPriority, TaskStatus

_ROLES = {"lead": "owner", "boss": "admin", "member": "member"}


def make(settings: DataSettings | None, bus: EventBus | None, letters: Letters) -> Subgraph:
    return make_subgraph(settings, bus)


async def plant(tenant: Tenant, board: Running) -> None:
    rows = [*_tasks_of(tenant), *_personal_tasks_of(tenant)]
    await write(board, _copies_of(tenant), _members_of(tenant), rows, _dependencies_of(tenant))


async def plant_outsider(who: Identity, board: Running) -> None:
    """Tasks keep nothing about people."""


def _copies_of(tenant: Tenant) -> list[Any]:
    """What tasks know of projects."""
    projects = [
        tasks.Project(
            id=tenant.id("project", number),
            key=tenant.project_key(number),
            organization_id=tenant.id("organization"),
            version=1,
        )
        for number in range(len(tenant.ids["project"]))
    ]
    first = tenant.id("project", 0)
    return projects + [tasks.Milestone(id=id, project_id=first) for id in tenant.ids["milestone"]]


def _members_of(tenant: Tenant) -> list[Any]:
    return [
        tasks.ProjectMember(project_id=id, user_id=tenant.id("user", person), role=role)
        for id in tenant.ids["project"]
        for person, role in _ROLES.items()
    ]


def _tasks_of(tenant: Tenant) -> list[Any]:
    statuses, priorities = list(TaskStatus), list(TaskPriority)
    return [
        tasks.Task(
            id=tenant.id("task", number),
            project_id=tenant.id("project", 0),
            milestone_id=tenant.id("milestone", number % 2),
            created_by=tenant.id("user", ("boss", "lead")[number % 2]),
            assignee_id=tenant.id("user", ("boss", "member")[number % 2]),
            title=tenant.text("Task"),
            description=tenant.text("Steps"),
            status=statuses[number % len(statuses)],
            priority=priorities[number % len(priorities)],
            due_date=tenant.at(100 + number),
            estimated_hours=float(number),
            tags=[tenant.text("Tag")],
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number in range(len(tenant.ids["task"]))
    ]


def _personal_tasks_of(tenant: Tenant) -> list[Any]:
    return [
        tasks.Task(
            id=tenant.id("personal_task", person),
            created_by=tenant.id("user", person),
            title=tenant.text(f"Errand of the {person}"),
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number, person in enumerate(PEOPLE)
    ]


def _dependencies_of(tenant: Tenant) -> list[Any]:
    return [
        tasks.TaskDependency(
            id=id,
            task_id=tenant.id("task", number + 1),
            depends_on_id=tenant.id("task", 0),
            type=tasks.DependencyType.FINISH_TO_START,
            created_at=tenant.at(number),
        )
        for number, id in enumerate(tenant.ids["dependency"])
    ]
