"""What the issues subgraph keeps of a tenant."""

from typing import Any

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.tenants.tenant import Tenant
from tests.subgraphs.tenants.writing import write
from tests.subgraphs.workflows.planting import drawing_of
from tests.support.subgraphs import Running
from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.issues import models as issues
from trellis.subgraphs.issues.graph import make_subgraph

_ROLES = {"lead": "owner", "boss": "admin", "member": "member"}


def make(settings: DataSettings | None, bus: EventBus | None, letters: Letters) -> Subgraph:
    return make_subgraph(settings, bus)


async def plant(tenant: Tenant, board: Running) -> None:
    copies = [*_copies_of(tenant), *_workflows_of(tenant)]
    await write(board, copies, _issues_of(tenant), _parts_of_issues(tenant))


async def plant_outsider(who: Identity, board: Running) -> None:
    """Issues keep nothing about people."""


def _copies_of(tenant: Tenant) -> list[Any]:
    """What issues know of projects."""
    return [
        issues.Project(
            id=tenant.id("project", number),
            key=tenant.project_key(number),
            organization_id=tenant.id("organization"),
            version=1,
        )
        for number in range(len(tenant.ids["project"]))
    ]


def _workflows_of(tenant: Tenant) -> list[Any]:
    """What issues know of workflows: the same as in ``tests.subgraphs.workflows.planting``."""
    return [
        issues.Workflow(
            id=id,
            project_id=tenant.id("project", 0),
            name=tenant.text("Workflow"),
            issue_types=["Task"],
            is_active=number == 0,
            version=1,
            **drawing_of(tenant, number),
        )
        for number, id in enumerate(tenant.ids["workflow"])
    ]


def _issues_of(tenant: Tenant) -> list[Any]:
    rows: list[Any] = []
    for id in tenant.ids["project"]:
        rows.append(issues.IssueCounter(project_id=id, last_number=len(tenant.ids["issue"])))
        rows += [
            issues.ProjectMember(project_id=id, user_id=tenant.id("user", person), role=role)
            for person, role in _ROLES.items()
        ]
    statuses = ("Open", "In Progress", "Done")
    rows += [
        issues.Issue(
            id=tenant.id("issue", number),
            project_id=tenant.id("project", 0),
            number=number + 1,
            key=f"{tenant.project_key(0)}-{number + 1}",
            summary=tenant.text("Issue"),
            description=tenant.text("Trouble"),
            issue_type=tenant.text("Type") if number == len(tenant.ids["issue"]) - 1 else "Task",
            status=statuses[number % len(statuses)],
            priority=("High", tenant.text("Type"))[number % 2],
            assignee_id=tenant.id("user", ("boss", "member")[number % 2]),
            reporter_id=tenant.id("user", ("boss", "lead")[number % 2]),
            custom_fields={"note": tenant.text("Note")},
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number in range(len(tenant.ids["issue"]))
    ]
    return rows


def _parts_of_issues(tenant: Tenant) -> list[Any]:
    first = tenant.id("issue", 0)
    comments = [
        issues.Comment(
            id=tenant.id("comment", number),
            issue_id=first,
            author_id=tenant.id("user", "member"),
            content=tenant.text("Opinion"),
            is_told=True,
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number in range(len(tenant.ids["comment"]))
    ]
    attachments = [
        issues.Attachment(
            id=tenant.id("attachment", number),
            issue_id=first,
            filename=f"{tenant.word}.txt",
            mime_type="text/plain",
            size=len(tenant.word),
            created_at=tenant.at(number),
        )
        for number in range(len(tenant.ids["attachment"]))
    ]
    links = [
        issues.IssueLink(
            id=tenant.id("link", number),
            source_id=first,
            target_id=tenant.id("issue", number + 1),
            type=issues.LinkType.BLOCKS,
            created_at=tenant.at(number),
        )
        for number in range(len(tenant.ids["link"]))
    ]
    return [*comments, *attachments, *links]
