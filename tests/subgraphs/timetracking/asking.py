"""Operations of hours that many tests ask, and what they ask them about."""

from typing import Any
from uuid import UUID

from sqlmodel import select

from tests.support.subgraphs import Running, caller
from trellis.db.outbox import Envelope
from trellis.db.seed.world import demo_id
from trellis.schema.identity import Identity
from trellis.subgraphs.timetracking.models import TimeEntry, Timesheet

ENG, HOP, COMP, ORBIT = (str(demo_id("project", key)) for key in ("ENG", "HOP", "COMP", "ORBIT"))
ALAN, GRACE, ADA = caller("alan"), caller("grace"), caller("ada")
# A Monday on which the demo's people have not worked yet.
MONDAY = "2026-03-02"

ENTRY = """id status date startedAt endedAt durationMinutes billable hourlyRate currency amount
  description version user { id } project { id } task { id } timesheet { id status weekStart }"""
START = f"mutation($i: StartTimerInput!) {{ startTimer(input: $i) {{ timeEntry {{ {ENTRY} }} }} }}"
STOP = f"mutation($id: ID!) {{ stopTimer(id: $id) {{ timeEntry {{ {ENTRY} }} }} }}"
CREATE = f"""mutation($i: CreateTimeEntryInput!) {{
  createTimeEntry(input: $i) {{ timeEntry {{ {ENTRY} }} }} }}"""
UPDATE = f"""mutation($id: ID!, $i: UpdateTimeEntryInput!) {{
  updateTimeEntry(id: $id, input: $i) {{ timeEntry {{ {ENTRY} }} }} }}"""
DELETE = "mutation($id: ID!) { deleteTimeEntry(id: $id) { deletedTimeEntryId } }"
SHEET = """id status weekStart submittedAt approvedBy { id } approvedAt rejectedBy { id }
  rejectedAt rejectionReason totalHours billableHours version"""
SUBMIT = f"mutation($id: ID!) {{ submitTimesheet(id: $id) {{ timesheet {{ {SHEET} }} }} }}"
APPROVE = f"mutation($id: ID!) {{ approveTimesheet(id: $id) {{ timesheet {{ {SHEET} }} }} }}"
REJECT = f"""mutation($id: ID!, $why: String) {{
  rejectTimesheet(id: $id, reason: $why) {{ timesheet {{ {SHEET} }} }} }}"""


def user(name: str) -> str:
    return str(demo_id("user", name))


def task_id(name: str) -> str:
    """Of a demo task: ``ENG-1`` of a project, ``ada-1`` of a person."""
    return str(demo_id("task", name))


def entry_id(name: str) -> str:
    """Of a demo entry, such as ``alan-1``."""
    return str(demo_id("time_entry", name))


def sheet_id(name: str) -> str:
    """Of a demo timesheet, such as ``alan-1``: the first two of a person are approved, the third
    is submitted (Alan's rejected), the fourth a draft."""
    return str(demo_id("timesheet", name))


def span(start: str, end: str, day: str = MONDAY, **members: Any) -> dict[str, Any]:
    """Members of an entry of ENG, from and to a time of a day in UTC."""
    given = {"startedAt": f"{day}T{start}:00Z", "endedAt": f"{day}T{end}:00Z", "projectId": ENG}
    return given | members


async def create(hours: Running, who: Identity = ALAN, **members: Any) -> dict[str, Any]:
    given = span("09:00", "11:30") | members
    return (await hours.ask(CREATE, who, i=given))["createTimeEntry"]["timeEntry"]


async def start(hours: Running, who: Identity = ALAN, **members: Any) -> dict[str, Any]:
    return (await hours.ask(START, who, i={"projectId": ENG} | members))["startTimer"]["timeEntry"]


async def stop(hours: Running, id: str, who: Identity = ALAN) -> dict[str, Any]:
    return (await hours.ask(STOP, who, id=id))["stopTimer"]["timeEntry"]


async def events(hours: Running) -> list[Envelope]:
    return list(await hours.bus.read_after("timetracking", "0", 500))


async def topics(hours: Running) -> list[str]:
    return [event.topic for event in await events(hours)]


async def entries_in_table(hours: Running, user_id: UUID | None) -> list[TimeEntry]:
    """All entries of a person, the earliest first."""
    statement = select(TimeEntry).where(TimeEntry.user_id == user_id)
    async with hours.context().storage.read() as session:
        return sorted(await session.scalars(statement), key=lambda entry: entry.started_at)


async def sheet_in_table(hours: Running, id: str) -> Timesheet:
    async with hours.context().storage.read() as session:
        return await session.get_one(Timesheet, UUID(id))
