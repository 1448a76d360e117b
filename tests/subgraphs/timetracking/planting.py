"""What the timetracking subgraph keeps of a tenant."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.tenants.tenant import PEOPLE, Tenant
from tests.subgraphs.tenants.writing import write
from tests.support.subgraphs import Running
from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.timetracking import models as hours
from trellis.subgraphs.timetracking.graph import make_subgraph
from trellis.subgraphs.timetracking.models import TimesheetStatus

_ROLES = {"lead": "owner", "boss": "admin", "member": "member"}
_WEEK = date(2019, 12, 30)  # in which the tenants' time begins
# Whose the timesheets are, and what has become of them; entries are on the first two in turn.
_SHEETS = (
    ("boss", TimesheetStatus.DRAFT),
    ("member", TimesheetStatus.DRAFT),
    ("lead", TimesheetStatus.SUBMITTED),
)


def make(settings: DataSettings | None, bus: EventBus | None, letters: Letters) -> Subgraph:
    return make_subgraph(settings, bus)


async def plant(tenant: Tenant, book: Running) -> None:
    await write(
        book, _copies_of(tenant), _members_of(tenant), _sheets_of(tenant), _entries_of(tenant)
    )


async def plant_outsider(who: Identity, book: Running) -> None:
    """Nobody has spent time before they say so."""


def _copies_of(tenant: Tenant) -> list[Any]:
    """What timetracking knows of projects, tasks and people."""
    projects = [
        hours.Project(
            id=tenant.id("project", number),
            key=tenant.project_key(number),
            organization_id=tenant.id("organization"),
            version=1,
        )
        for number in range(len(tenant.ids["project"]))
    ]
    tasks = [
        hours.Task(id=id, project_id=tenant.id("project"), version=1) for id in tenant.ids["task"]
    ]
    personal = [
        hours.Task(id=tenant.id("personal_task", name), owner_id=tenant.id("user", name), version=1)
        for name in PEOPLE
    ]
    people = [
        hours.Person(id=tenant.id("user", name), timezone="UTC", version=1) for name in PEOPLE
    ]
    return [*projects, *tasks, *personal, *people]


def _members_of(tenant: Tenant) -> list[Any]:
    return [
        hours.ProjectMember(project_id=id, user_id=tenant.id("user", person), role=role)
        for id in tenant.ids["project"]
        for person, role in _ROLES.items()
    ]


def _sheets_of(tenant: Tenant) -> list[Any]:
    return [
        hours.Timesheet(
            id=id,
            user_id=tenant.id("user", person),
            week_start=_WEEK,
            status=status,
            submitted_at=None if status is TimesheetStatus.DRAFT else tenant.at(500),
            rejection_reason=tenant.text("Reason"),
            rejected_by=tenant.id("user", "lead"),
            rejected_at=tenant.at(400),
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number, (id, (person, status)) in enumerate(
            zip(tenant.ids["timesheet"], _SHEETS, strict=True)
        )
    ]


def _entries_of(tenant: Tenant) -> list[Any]:
    """Some in turn of those with a draft, and one that was submitted."""
    count = len(tenant.ids["time_entry"])
    people = [2 if number == count - 1 else number % 2 for number in range(count)]
    return [_entry(tenant, number, sheet) for number, sheet in enumerate(people)]


def _entry(tenant: Tenant, number: int, sheet: int) -> Any:
    started = tenant.at(20 * number)
    return hours.TimeEntry(
        id=tenant.id("time_entry", number),
        user_id=tenant.id("user", _SHEETS[sheet][0]),
        project_id=tenant.id("project"),
        task_id=tenant.id("task", number % len(tenant.ids["task"])),
        timesheet_id=tenant.id("timesheet", sheet),
        day=started.date(),
        description=tenant.text("Hours"),
        started_at=started,
        ended_at=started + timedelta(minutes=10),
        duration_minutes=10,
        billable=number % 2 == 0,
        hourly_rate=Decimal("75.00"),
        currency="USD",
        created_at=tenant.at(number),
        updated_at=tenant.at(number),
    )
