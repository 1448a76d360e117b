"""What the workflows subgraph keeps of a tenant."""

from typing import Any

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.tenants.tenant import Tenant
from tests.subgraphs.tenants.writing import write
from tests.support.subgraphs import Running
from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.workflows import models as workflows
from trellis.subgraphs.workflows.graph import make_subgraph

_ROLES = {"lead": "owner", "boss": "admin", "member": "member"}


def make(settings: DataSettings | None, bus: EventBus | None, letters: Letters) -> Subgraph:
    return make_subgraph(settings, bus)


async def plant(tenant: Tenant, part: Running) -> None:
    rows = [*_members_of(tenant), *_workflows_of(tenant)]
    await write(part, _projects_of(tenant), rows, _history_of(tenant))


async def plant_outsider(who: Identity, part: Running) -> None:
    """Workflows keep nothing about people."""


def drawing_of(tenant: Tenant, number: int) -> dict[str, Any]:
    """States and transitions of a workflow: the first one leads from Open to In Progress, the
    second one on to Done."""
    states = ("Open", "In Progress", "Done")
    kinds = ("initial", "intermediate", "final")
    return {
        "states": [
            {"id": str(tenant.id(f"state {number}", name)), "name": name, "type": kind}
            for name, kind in zip(states, kinds, strict=True)
        ],
        "transitions": [
            {
                "id": str(tenant.id("workflow_transition", number)),
                "name": tenant.text("Step"),
                "from_state": states[number],
                "to_state": states[number + 1],
                "conditions": [],
                "validators": [],
            }
        ],
    }


def _projects_of(tenant: Tenant) -> list[Any]:
    """What workflows know of projects."""
    return [
        workflows.Project(
            id=id,
            key=tenant.project_key(number),
            organization_id=tenant.id("organization"),
            version=1,
        )
        for number, id in enumerate(tenant.ids["project"])
    ]


def _members_of(tenant: Tenant) -> list[Any]:
    return [
        workflows.ProjectMember(project_id=id, user_id=tenant.id("user", person), role=role)
        for id in tenant.ids["project"]
        for person, role in _ROLES.items()
    ]


def _workflows_of(tenant: Tenant) -> list[Any]:
    """The first one is active for tasks."""
    return [
        workflows.Workflow(
            id=id,
            project_id=tenant.id("project", 0),
            name=tenant.text("Workflow"),
            description=tenant.text("Plan"),
            issue_types=["Task"],
            is_active=number == 0,
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
            **drawing_of(tenant, number),
        )
        for number, id in enumerate(tenant.ids["workflow"])
    ]


def _history_of(tenant: Tenant) -> list[Any]:
    first = tenant.id("workflow", 0)
    active = workflows.ActiveWorkflow(
        project_id=tenant.id("project", 0), issue_type="Task", workflow_id=first
    )
    executions = [
        workflows.TransitionExecution(
            id=id,
            workflow_id=first,
            project_id=tenant.id("project", 0),
            issue_id=tenant.id("issue", number),
            issue_key=f"{tenant.project_key(0)}-{number + 1}",
            transition_id=tenant.id("workflow_transition", 0),
            transition_name=tenant.text("Step"),
            from_state="Open",
            to_state="In Progress",
            executed_by=tenant.id("user", "member"),
            executed_at=tenant.at(number),
        )
        for number, id in enumerate(tenant.ids["execution"])
    ]
    return [active, *executions]
