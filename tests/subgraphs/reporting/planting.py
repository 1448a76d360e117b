"""What the reporting subgraph keeps of a tenant."""

from datetime import timedelta
from typing import Any

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.reporting.quiet import make_quiet
from tests.subgraphs.tenants.tenant import PEOPLE, Tenant
from tests.subgraphs.tenants.writing import write
from tests.support.subgraphs import Running
from trellis.db.bus import EventBus
from trellis.db.models import utc_now
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.reporting import models as reporting
from trellis.subgraphs.reporting.definitions import ISSUE_SUMMARY
from trellis.subgraphs.reporting.models import DONE, TODO, ReportFormat, ReportStatus
from trellis.subgraphs.reporting.use_cases.requests import stored_viewer

_ROLES = {"lead": "owner", "boss": "admin", "member": "member"}


def make(settings: DataSettings | None, bus: EventBus | None, letters: Letters) -> Subgraph:
    return make_quiet(settings, bus)


async def plant(tenant: Tenant, figures: Running) -> None:
    await write(
        figures,
        [*_projects_of(tenant), *_people_of(tenant)],
        [*_members_of(tenant), *_issues_of(tenant), *_entries_of(tenant), *_tasks_of(tenant)],
        [*_spans_of(tenant), *_reports_of(tenant)],
        _files_of(tenant),
    )


async def plant_outsider(who: Identity, figures: Running) -> None:
    """Nothing counts of them."""


def _projects_of(tenant: Tenant) -> list[Any]:
    return [
        reporting.Project(
            id=id,
            key=tenant.project_key(number),
            organization_id=tenant.id("organization"),
            version=1,
        )
        for number, id in enumerate(tenant.ids["project"])
    ]


def _people_of(tenant: Tenant) -> list[Any]:
    return [
        reporting.Person(
            id=tenant.id("user", person),
            organization_id=tenant.id("organization"),
            is_active=person != "former",
            version=1,
            display_name=tenant.text(person),
        )
        for person in PEOPLE
    ]


def _members_of(tenant: Tenant) -> list[Any]:
    return [
        reporting.ProjectMember(project_id=id, user_id=tenant.id("user", person), role=role)
        for id in tenant.ids["project"]
        for person, role in _ROLES.items()
    ]


def _issues_of(tenant: Tenant) -> list[Any]:
    return [
        reporting.Issue(
            id=id,
            project_id=tenant.id("project", 0),
            issue_type="Task",
            status="Open",
            priority=tenant.text("Type"),
            created_at=tenant.at(number),
            version=1,
        )
        for number, id in enumerate(tenant.ids["issue"])
    ]


def _entries_of(tenant: Tenant) -> list[Any]:
    """Of the last days, in a project and in none."""
    return [
        reporting.TimeEntry(
            id=tenant.id("time_entry", number),
            user_id=tenant.id("user", ("lead", "member")[number % 2]),
            project_id=tenant.id("project", 0) if number < 3 else None,
            started_at=utc_now() - timedelta(days=number + 1),
            minutes=30 + number,
            billable=number == 0,
            version=1,
        )
        for number in range(5)
    ]


def _tasks_of(tenant: Tenant) -> list[Any]:
    return [
        reporting.Task(
            id=id,
            project_id=tenant.id("project", 0),
            assignee_id=tenant.id("user", ("boss", "member")[number % 2]),
            version=1,
        )
        for number, id in enumerate(tenant.ids["task"])
    ]


def _spans_of(tenant: Tenant) -> list[Any]:
    return [
        reporting.TaskSpan(
            task_id=id,
            version=1,
            status=DONE if number == 0 else TODO,
            since=utc_now() - timedelta(days=number + 1),
        )
        for number, id in enumerate(tenant.ids["task"])
    ]


def _reports_of(tenant: Tenant) -> list[Any]:
    """Two that are completed, and one that somebody generates at the moment."""
    return [
        reporting.Report(
            id=id,
            owner_id=tenant.id("user", ("boss", "lead")[number % 2]),
            project_id=tenant.id("project", 0),
            definition_id=ISSUE_SUMMARY.id,
            name=tenant.text("Report"),
            format=ReportFormat.JSON,
            parameters={"project_id": str(tenant.id("project", 0))},
            timezone="UTC",
            viewer=stored_viewer(tenant.caller("lead")),
            status=ReportStatus.COMPLETED if number < 2 else ReportStatus.GENERATING,
            data={"about": tenant.text("Figures")} if number < 2 else None,
            estimated_completion=tenant.at(number),
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
            expires_at=utc_now() + timedelta(days=1) if number < 2 else None,
            lease_until=utc_now() + timedelta(days=1),
        )
        for number, id in enumerate(tenant.ids["report"])
    ]


def _files_of(tenant: Tenant) -> list[Any]:
    return [
        reporting.ReportContent(
            report_id=id,
            filename=f"{tenant.word}.json",
            media_type="application/json",
            content=tenant.text("Figures").encode(),
        )
        for id in tenant.ids["report"][:2]
    ]
