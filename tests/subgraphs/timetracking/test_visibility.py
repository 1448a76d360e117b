"""Who sees which hours, on every way to them: a table of callers over one planted world."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete

from tests.subgraphs import seeing
from tests.subgraphs.seeing import (
    ADMIN,
    BOSS,
    INSIDER,
    OURS,
    SEES,
    THEIRS,
    id_of,
    person,
    representation,
)
from tests.subgraphs.timetracking.asking import APPROVE, CREATE, DELETE, STOP, SUBMIT, UPDATE
from tests.support.kept import kept
from tests.support.subgraphs import Running
from trellis.schema.identity import Identity
from trellis.subgraphs.timetracking.models import (
    Project,
    ProjectMember,
    Task,
    TimeEntry,
    Timesheet,
)

# Members by project, and of each project who leads it; GONE was deleted, so it has no members.
PROJECTS: dict[str, tuple[UUID | None, tuple[str, ...]]] = {**seeing.PROJECTS, "GONE": (OURS, ())}
LEADS = {"OURS": "lead", "FREE": "lead", "THEIRS": "their lead"}
WORKER, WORKER_ID = person("worker", OURS), id_of("user", "worker")

MANAGES: tuple[tuple[Identity, frozenset[str]], ...] = tuple(
    (who, frozenset(keys.split()))
    for who, keys in (
        (ADMIN, "OURS EMPTY THEIRS FREE NOBODYS GONE"),
        (BOSS, "OURS EMPTY GONE"),
        (person("other boss", THEIRS, scopes=seeing.ADMINISTERS), "THEIRS"),
        (person("lead", OURS), "OURS FREE"),
        (person("lead", THEIRS), "FREE"),  # has moved there and is still in OURS' list
        (person("their lead", THEIRS), "THEIRS"),
        (INSIDER, ""),
        (person("foreigner", THEIRS), ""),
        (seeing.STRAY, ""),
        (seeing.ANONYMOUS, ""),
        (Identity(scopes=seeing.ADMINISTERS, tenant_id=OURS), ""),
        (WORKER, "OURS EMPTY THEIRS FREE NOBODYS GONE PRIVATE"),  # whose hours they all are
    )
)
KEYS = (*PROJECTS, "PRIVATE")
_LISTED = "{ totalCount edges { node { description } } }"
_SHEETS = "{ totalCount edges { node { user { id } weekStart } } }"
EVERY_WAY = f"""query($reps: [_Any!]!) {{
  timeEntries(first: 100) {_LISTED} timesheets(first: 100) {_SHEETS}
  {" ".join(f'e{key}: timeEntry(id: "{id_of("entry", key)}") {{ description }}' for key in KEYS)}
  _entities(representations: $reps) {{
    ... on User {{ timeEntries(first: 100) {_LISTED} timesheets(first: 100) {_SHEETS}
      runningTimer {{ description }} }}
    ... on TimeEntry {{ description timesheet {{ weekStart }} }}
    ... on Project {{ timeEntries {_LISTED} }}
    ... on Task {{ timeEntries {_LISTED} }}
    ... on Timesheet {{ weekStart totalHours entries {{ description }} }}
  }}
}}"""
REPRESENTATIONS = [
    representation("User", id=WORKER.id),
    *(representation("TimeEntry", id=id_of("entry", key)) for key in KEYS),
    *(representation("Project", id=id_of("project", key)) for key in PROJECTS),
    *(representation("Task", id=id_of("task", key)) for key in PROJECTS),
    *(representation("Timesheet", id=id_of("sheet", key)) for key in PROJECTS),
]
MONDAYS = {key: date(2025, 6, 2) + timedelta(weeks=number) for number, key in enumerate(PROJECTS)}


async def plant(hours: Running) -> None:
    """In place of the demo's: of WORKER an entry of one hour for each project, each in a week of
    its own and with a task, a private one, and a timer that runs for THEIRS."""
    async with hours.context().storage.begin() as uow:
        for table in (TimeEntry, Timesheet, Task, ProjectMember, Project):
            await uow.session.execute(delete(table))
        for key, (organization, _) in PROJECTS.items():
            uow.session.add(
                Project(
                    id=id_of("project", key),
                    key=key,
                    organization_id=organization,
                    version=1,
                    is_deleted=key == "GONE",
                )
            )
            sheet = Timesheet(id=id_of("sheet", key), user_id=WORKER_ID, week_start=MONDAYS[key])
            uow.session.add(sheet)
        await uow.session.flush()
        for key, (_, members) in PROJECTS.items():
            uow.session.add_all(_parts(key, members))
        uow.session.add_all([_entry("PRIVATE", date(2025, 5, 1), None), _timer()])


def _parts(key: str, members: tuple[str, ...]) -> list[Any]:
    project_id = id_of("project", key)
    seats = dict.fromkeys(members, "member") | ({LEADS[key]: "owner"} if key in LEADS else {})
    task = Task(id=id_of("task", key), project_id=project_id, version=1)
    people = [
        ProjectMember(project_id=project_id, user_id=id_of("user", name), role=role)
        for name, role in seats.items()
    ]
    return [task, *people, _entry(key, MONDAYS[key], project_id)]


def _entry(key: str, day: date, project_id: UUID | None) -> TimeEntry:
    start = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    return TimeEntry(
        id=id_of("entry", key),
        user_id=WORKER_ID,
        project_id=project_id,
        task_id=id_of("task", key),
        timesheet_id=id_of("sheet", key) if project_id else None,
        day=day,
        description=key,
        started_at=start,
        ended_at=start + timedelta(hours=1),
        duration_minutes=60,
        billable=True,
    )


def _timer() -> TimeEntry:
    timer = _entry("THEIRS", MONDAYS["THEIRS"], id_of("project", "THEIRS"))
    timer.id, timer.description = id_of("entry", "timer"), "timer"
    timer.task_id = timer.ended_at = timer.duration_minutes = None
    timer.started_at += timedelta(hours=2)
    return timer


def told(connection: dict[str, Any]) -> set[str]:
    """The descriptions in a list, which has each once."""
    found = [edge["node"]["description"] for edge in connection["edges"]]
    assert connection["totalCount"] == len(found) == len(set(found))
    return set(found)


def weeks(connection: dict[str, Any]) -> set[str]:
    assert connection["totalCount"] == len(connection["edges"])
    return {edge["node"]["weekStart"] for edge in connection["edges"]}


async def test_everybody_sees_the_same_hours_on_every_way(hours: Running):
    await plant(hours)
    for who, keys in MANAGES:
        data = await hours.ask(EVERY_WAY, who, reps=REPRESENTATIONS)
        user, *entities = data.pop("_entities")
        all_of = keys | ({"timer"} if "THEIRS" in keys else set())
        sheets = {MONDAYS[key].isoformat() for key in keys if key in PROJECTS}
        assert told(data.pop("timeEntries")) == told(user["timeEntries"]) == all_of, who
        assert weeks(data.pop("timesheets")) == weeks(user["timesheets"]) == sheets, who
        assert user["runningTimer"] == ({"description": "timer"} if "timer" in all_of else None)
        assert [one and one["description"] for one in data.values()] == [
            key if key in keys else None for key in KEYS
        ], who
        parts = iter(entities)
        for key in KEYS:
            week = {"weekStart": MONDAYS[key].isoformat()} if key in PROJECTS else None
            wanted = {"description": key, "timesheet": week} if key in keys else None
            assert next(parts) == wanted, (who, key)
        for kind in ("Project", "Task"):
            for key in PROJECTS:
                of_project = {key, "timer"} if (kind, key) == ("Project", "THEIRS") else {key}
                seen = of_project if key in keys else set()
                assert told(next(parts)["timeEntries"]) == seen, (who, kind, key)
        for key in PROJECTS:
            one = next(parts)
            assert (one is not None) == (key in keys), (who, key)
            if one is not None:
                assert one["weekStart"] == MONDAYS[key].isoformat() and one["totalHours"] == 1.0
                in_it = [entry["description"] for entry in one["entries"]]
                assert in_it == (["timer", key] if key == "THEIRS" else [key])


async def test_totals_are_for_whoever_sees_the_project(hours: Running):
    """Also for those who see none of its entries; a timer that runs counts nothing yet."""
    await plant(hours)
    selection = """... on Project { totalHours billableHours }
      ... on Task { actualHours remainingHours }"""
    reps = [
        *(representation("Project", id=id_of("project", key)) for key in PROJECTS),
        *(
            {**representation("Task", id=id_of("task", key)), "estimatedHours": 2.5}
            for key in PROJECTS
        ),
    ]
    for who, keys in SEES:
        found = await hours.entities(who, selection, *reps)
        none, none_of_task = (
            dict.fromkeys(("totalHours", "billableHours")),
            dict.fromkeys(("actualHours", "remainingHours")),
        )
        one, one_of_task = (
            {"totalHours": 1.0, "billableHours": 1.0},
            {
                "actualHours": 1.0,
                "remainingHours": 1.5,
            },
        )
        wanted = [one if key in keys else none for key in PROJECTS]
        wanted += [one_of_task if key in keys else none_of_task for key in PROJECTS]
        assert found == wanted, who


async def test_whatever_somebody_does_not_see_is_not_found_by_any_change(hours: Running):
    await plant(hours)
    before, tried = await kept(hours), 0
    for who, keys in MANAGES:
        if who == WORKER:
            continue
        code = "NOT_FOUND" if who.is_authenticated else "UNAUTHENTICATED"
        for key in KEYS:
            id, sheet = str(id_of("entry", key)), str(id_of("sheet", key))
            asked: list[tuple[str, dict[str, Any]]] = [
                (UPDATE, {"id": id, "i": {"description": "x"}}),
                (DELETE, {"id": id}),
                (STOP, {"id": id}),
                (SUBMIT, {"id": sheet}),
                (APPROVE, {"id": sheet}),
            ]
            for operation, variables in asked if key not in keys else ():
                refusal = await hours.refusal(operation, who, **variables)
                assert refusal["code"] == code, (who, key, operation)
                tried += 1
    assert tried == 5 * sum(len(set(KEYS) - keys) for who, keys in MANAGES if who != WORKER)
    for who, keys in SEES:
        for key in PROJECTS if who.is_authenticated else ():
            span = {"startedAt": "2025-01-01T09:00:00Z", "endedAt": "2025-01-01T10:00:00Z"}
            for member in ("project", "task"):
                given = {"i": {**span, f"{member}Id": str(id_of(member, key))}}
                if key not in keys:
                    assert (await hours.refusal(CREATE, who, **given))["code"] == "NOT_FOUND"
    assert await kept(hours) == before


@pytest.mark.parametrize("key", ["GONE", "THEIRS"])
async def test_nobody_listens_to_a_project_that_they_do_not_see(hours: Running, key: str):
    await plant(hours)
    stream: Any = await hours.subgraph.schema.subscribe(
        "subscription($p: ID) { timeEntryUpdated(projectId: $p) { id } }",
        variable_values={"p": str(id_of("project", key))},
        context_value=hours.context(BOSS),
    )
    first = await anext(stream)
    assert [error.extensions["code"] for error in first.errors] == ["NOT_FOUND"]
