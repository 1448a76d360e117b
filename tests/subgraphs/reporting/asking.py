"""What many tests of reporting ask, and how they make something happen to be counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from tests.support.subgraphs import Running, caller
from trellis.db.outbox import Envelope
from trellis.db.seed.world import demo_id
from trellis.schema.events.event import Event
from trellis.schema.events.tasks import TaskCreated, TaskDeleted, TaskState, TaskUpdated
from trellis.schema.events.timetracking import TimeEntryCreated, TimeEntryState
from trellis.schema.identity import Identity
from trellis.subgraphs.reporting.definitions import Definition
from trellis.subgraphs.reporting.read_models import REPLICAS
from trellis.subgraphs.reporting.use_cases.generation import generate_all

ENG, HOP = demo_id("project", "ENG"), demo_id("project", "HOP")
DAY = datetime(2026, 5, 4, tzinfo=UTC)
"""A Monday on which nothing happens in the demo world."""

_TASKS = "tasks { total completed inProgress todo completionRate }"
_TIME = "timeTracking { totalHours billableHours averageHoursPerDay mostActiveDay }"
_PERIOD = "period { startDate endDate timeZone }"
_TRENDS = "trends { dailyCompletionRate { date rate } }"
_PART = "tasks { total completed } hoursLogged billableHours"
PROJECT = f"""projectId {_PERIOD} {_TASKS} {_TIME} {_TRENDS}
  teamPerformance {{ members {{ user {{ id }} tasksCompleted hoursLogged productivityScore }} }}"""
USER = f"userId {_PERIOD} {_TASKS} {_TIME} {_TRENDS} projects {{ project {{ id }} {_PART} }}"
TIME = f"""query($u: ID, $p: ID, $s: Date, $e: Date, $z: String) {{
  timeAnalytics(userId: $u, projectId: $p, startDate: $s, endDate: $e, timeZone: $z) {{
    userId projectId {_PERIOD} {_TIME} byDay {{ date hours billableHours }}
    byUser {{ user {{ id }} hours billableHours }}
    byProject {{ project {{ id }} hours billableHours }} }} }}"""
ENTITIES = """query($r: [_Any!]!, $s: Date, $e: Date, $z: String) { _entities(representations: $r) {
  ... on Project { analytics(startDate: $s, endDate: $e, timeZone: $z) { %s } }
  ... on User { analytics(startDate: $s, endDate: $e, timeZone: $z) { %s } } } }"""
GENERATE = """mutation($i: GenerateReportInput!) { generateReport(input: $i) { report {
  id name status progress format parameters timeZone estimatedCompletion createdAt version } } }"""
REPORT = """query($id: ID!) { report(id: $id) {
  id name status progress format error data downloadUrl size generatedAt expiresAt version
  definition { id } project { id } } }"""
CANCEL = "mutation($id: ID!) { cancelReport(id: $id) { report { id status version } } }"


def exporter(username: str) -> Identity:
    """Somebody who may have data of reports."""
    who = caller(username)
    return replace(who, scopes=who.scopes | {"export:data"})


def user(name: str) -> str:
    return str(demo_id("user", name))


async def figures(
    reporting: Running, type_: str, id: object, who: Identity, **period: Any
) -> dict[str, Any]:
    """The analytics of a project or person."""
    references = [{"__typename": type_, "id": str(id)}]
    data = await reporting.ask(ENTITIES % (PROJECT, USER), who, r=references, **period)
    return data["_entities"][0]["analytics"]


async def request(
    reporting: Running,
    definition: Definition,
    who: Identity | None = None,
    format: str = "JSON",
    **parameters: Any,
) -> dict[str, Any]:
    given = {"definitionId": str(definition.id), "parameters": parameters, "format": format}
    data = await reporting.ask(GENERATE, who or exporter("alan"), i=given)
    return data["generateReport"]["report"]


async def generated(
    reporting: Running,
    definition: Definition,
    who: Identity | None = None,
    format: str = "JSON",
    **parameters: Any,
) -> dict[str, Any]:
    """A report that is completed or has failed."""
    who = who or exporter("alan")
    id = (await request(reporting, definition, who, format, **parameters))["id"]
    await generate_all(reporting.context().storage)
    return (await reporting.ask(REPORT, who, id=id))["report"]


async def tell(
    reporting: Running, event: Event, at: datetime = DAY, id: UUID | None = None
) -> None:
    """Have reporting read an event that happened then, as its consumers do."""
    envelope = Envelope(id or uuid4(), event.topic, event.key, event.payload(), at)
    async with reporting.context().storage.begin() as uow:
        for replica in REPLICAS:
            await replica.handle(uow, envelope)


def task(status: str | None, version: int = 1, **members: Any) -> Event:
    """An event about a task of ENG, deleted without a status."""
    told: dict[str, Any] = {
        "task_id": uuid4(),
        "project_id": ENG,
        "created_by": demo_id("user", "ada"),
    }
    state = {
        "title": "x",
        "description": None,
        "priority": "low",
        "milestone_id": None,
        "assignee_id": None,
        "due_date": None,
        "estimated_hours": None,
        "tags": (),
    }
    about = told | {key: value for key, value in members.items() if key not in state}
    about["version"] = version
    if status is None:
        return TaskDeleted(**about)
    given = TaskState(
        status=status, **(state | {key: value for key, value in members.items() if key in state})
    )
    if version == 1:
        return TaskCreated(**about, state=given)
    return TaskUpdated(**about, state=given, changed=("status",))


def entry(
    minutes: int, at: datetime, who: str = "alan", *, billable: bool = True, **members: Any
) -> TimeEntryCreated:
    """An entry made by hand, in ENG unless another project is given."""
    state = TimeEntryState(
        description=None,
        started_at=at,
        ended_at=at + timedelta(minutes=minutes),
        duration_minutes=minutes,
        billable=billable,
        hourly_rate=Decimal("75.00"),
        currency="USD",
    )
    told = {
        "entry_id": uuid4(),
        "user_id": demo_id("user", who),
        "project_id": ENG,
        "task_id": None,
        "version": 1,
        **members,
    }
    return TimeEntryCreated(**told, state=state)
