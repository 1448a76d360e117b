"""The time tracking of the project management suite."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx

from tests.conformance.rest.asking import Ask, Asking, Case, by, changed
from tests.conformance.rest.world import World
from trellis.db.seed.world import demo_id

VALIDATION = (400, "VALIDATION_ERROR")
FORBIDDEN = (403, "AUTHORIZATION_FAILED")
MISSING = (404, "RESOURCE_NOT_FOUND")
CONFLICT = (409, "RESOURCE_CONFLICT")
ENTRIES, SHEETS = "/pm/api/v1/time-entries", "/pm/api/v1/timesheets"

# Each week is used once, so that no two entries overlap and no week is closed.
_WEEKS = (datetime(2021, 1, 4, 14, tzinfo=UTC) + timedelta(weeks=n) for n in count())


def without_rights(ask: Asking) -> Asking:
    """The same request by somebody without any scopes."""
    return by(ask, lambda world: world.nobody())


def by_the_deputy(ask: Asking) -> Asking:
    """The same request by Grace, who manages the project: of ENG she sees everybody's hours."""
    return by(ask, lambda world: world.token("grace"))


def demo_task(name: str = "ENG-7") -> str:
    return str(demo_id("task", name))


def entries(world: World) -> Ask:
    """Of Alan, as the deputy of his project asks for them."""
    query = {
        "user_id": world.person_id("alan"),
        "project_id": world.project,
        "start_date": "2026-01-13",
        "end_date": "2026-01-21",
        "per_page": "100",
    }
    return Ask(token=world.token("grace"), query=query)


def filters_hold(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    found = response.json()["data"]
    days = [entry["start_time"][:10] for entry in found]
    wrong = [
        f"a foreign entry: {entry}"
        for entry in found
        if (entry["user_id"], entry["project"]["id"])
        != (ask.query["user_id"], ask.query["project_id"])
    ]
    wrong += [f"{e['id']}: minutes" for e in found if e["duration_minutes"] != _minutes(e)]
    if days != sorted(days, reverse=True) or {days[0], days[-1]} != {"2026-01-13", "2026-01-21"}:
        wrong.append(f"days: {days}")
    whole = Ask(token=ask.token, query={"user_id": ask.query["user_id"], "per_page": "1"})
    total = whole.send(world, "GET", ENTRIES).json()["pagination"]["total"]
    return wrong if total > len(found) else [*wrong, f"{total} entries without filters"]


def _minutes(entry: Mapping[str, Any]) -> float:
    start, end = (datetime.fromisoformat(entry[name]) for name in ("start_time", "end_time"))
    return (end - start).total_seconds() / 60


def stop_the_timer(world: World) -> None:
    """Of Alan, if it runs: his latest entry."""
    latest = Ask(
        token=world.token("alan"),
        query={"user_id": world.person_id("alan"), "per_page": "1"},
    )
    for entry in latest.send(world, "GET", ENTRIES).json()["data"]:
        if entry["status"] == "running":
            Ask(token=latest.token).send(world, "PUT", f"{ENTRIES}/{entry['id']}/stop")


def start(world: World) -> Ask:
    stop_the_timer(world)
    body = {"task_id": demo_task(), "description": "Working on authentication system"}
    return Ask(token=world.token("alan"), body=body)


def start_again(world: World) -> Ask:
    ask = start(world)
    ask.send(world, "POST", f"{ENTRIES}/start")
    return ask


def it_runs(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    told = (data["status"], data["end_time"], data["duration_minutes"], data["task"]["id"])
    wrong = [] if told == ("running", None, None, ask.body["task_id"]) else [f"{data}"]
    return wrong if data["project"]["id"] == world.project else [*wrong, "not the task's project"]


def stop(world: World) -> Ask:
    made = start(world).send(world, "POST", f"{ENTRIES}/start").json()["data"]
    return Ask(token=world.token("alan"), path={"time_entry_id": made["id"]})


def stop_again(world: World) -> Ask:
    ask = stop(world)
    ask.send(world, "PUT", f"{ENTRIES}/{{time_entry_id}}/stop")
    return ask


def it_has_ended(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    told = (data["status"], data["duration_minutes"])
    return [] if told == ("completed", 0) and data["end_time"] else [f"{data}"]


def new_entry(world: World) -> Ask:
    begin = next(_WEEKS)
    body = {
        "task_id": demo_task(),
        "project_id": world.project,
        "description": "Code review and testing",
        "start_time": begin.isoformat().replace("+00:00", "Z"),
        "end_time": (begin + timedelta(hours=2)).isoformat().replace("+00:00", "Z"),
        "billable": True,
        "hourly_rate": 75.0,
    }
    return Ask(token=world.token("alan"), body=body)


def is_noted(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    """As it was told; and projects and tasks count it."""
    data = response.json()["data"]
    same = ("description", "start_time", "end_time", "billable", "hourly_rate")
    wrong = [name for name in same if data[name] != ask.body[name]]
    if (data["duration_minutes"], data["currency"], data["status"]) != (120, "USD", "completed"):
        wrong.append(f"{data}")
    before = figures(world)
    changed(new_entry, billable=False)(world).send(world, "POST", ENTRIES)
    after = figures(world)
    more = [round(new - old, 2) for old, new in zip(before, after, strict=True)]
    return wrong if more == [2, 0, 2, 1] else [*wrong, f"figures: {before}, then {after}"]


def figures(world: World) -> tuple[float, float, float, int]:
    """The hours of the project, those that are billable, and of the task hours and entries."""
    token = world.token("alan")
    project = Ask(token=token).send(world, "GET", f"/pm/api/v1/projects/{world.project}")
    task = Ask(token=token).send(world, "GET", f"/pm/api/v1/tasks/{demo_task()}").json()["data"]
    told = project.json()["data"]
    shape = {frozenset(entry) for entry in task["time_entries"]}
    assert shape == {frozenset({"id", "duration_minutes", "description", "date"})}
    return (
        told["total_hours"],
        told["billable_hours"],
        task["actual_hours"],
        len(task["time_entries"]),
    )


def sheets(world: World) -> Ask:
    query = {"user_id": world.person_id("barbara"), "week_start_date": "2026-01-12"}
    return Ask(token=world.token("grace"), query=query)


def is_approved(_world: World, ask: Ask, response: httpx.Response) -> list[str]:
    """By the demo's data; the totals are those of the entries."""
    [sheet] = response.json()["data"]
    entries = sheet["entries"]
    hours = sum(entry["duration_minutes"] for entry in entries) / 60
    billable = sum(entry["duration_minutes"] for entry in entries if entry["billable"]) / 60
    told = [sheet["total_hours"], sheet["billable_hours"]]
    wrong = [] if told == [round(hours, 2), round(billable, 2)] else [f"hours: {told}"]
    asked = (ask.query["user_id"], ask.query["week_start_date"])
    same = (sheet["user_id"], sheet["week_start_date"]) == asked and len(entries) == 10
    return wrong if same and sheet["status"] == "approved" else [*wrong, f"{sheet}"]


def draft(world: World) -> dict[str, str]:
    """The path to a week of Alan with two hours."""
    made = new_entry(world).send(world, "POST", ENTRIES).json()["data"]
    day = datetime.fromisoformat(made["start_time"]).date().isoformat()
    query = {"user_id": made["user_id"], "week_start_date": day}
    listed = Ask(token=world.token("alan"), query=query).send(world, "GET", SHEETS)
    [sheet] = listed.json()["data"]
    assert (sheet["status"], sheet["submitted_at"]) == ("draft", None)
    return {"timesheet_id": sheet["id"]}


def submit(world: World) -> Ask:
    return Ask(token=world.token("alan"), path=draft(world))


def submit_again(world: World) -> Ask:
    ask = submit(world)
    ask.send(world, "PUT", f"{SHEETS}/{{timesheet_id}}/submit")
    return ask


def is_submitted(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    told = (data["status"], data["approved_by"], data["approved_at"], data["total_hours"])
    return [] if told == ("submitted", None, None, 2) and data["submitted_at"] else [f"{data}"]


def approve(world: World) -> Ask:
    return Ask(token=world.token("grace"), path=submit_again(world).path)


def approve_a_draft(world: World) -> Ask:
    return Ask(token=world.token("grace"), path=draft(world))


def is_approved_by_grace(world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    told = (data["status"], data["approved_by"])
    right = told == ("approved", world.person_id("grace")) and data["approved_at"]
    return [] if right else [f"{data}"]


PM_HOURS: Mapping[str, Case] = {
    "S0-time-entries-list": Case(
        entries,
        {FORBIDDEN: without_rights(entries)},
        filters_hold,
        nullable=("data.hourly_rate", "data.currency"),  # of time without a rate
    ),
    "S0-time-entries-start": Case(
        start,
        {
            VALIDATION: changed(start, task_id=None),
            MISSING: changed(start, task_id=demo_task("HOP-1")),
            CONFLICT: start_again,
        },
        it_runs,
    ),
    "S0-time-entries-stop": Case(
        stop, {FORBIDDEN: by_the_deputy(stop), CONFLICT: stop_again}, it_has_ended
    ),
    "S0-time-entries-create": Case(
        new_entry,
        {
            VALIDATION: changed(new_entry, end_time="2020-12-31T00:00:00Z"),
            MISSING: changed(new_entry, task_id=demo_task("HOP-1"), project_id=None),
        },
        is_noted,
    ),
    "S0-timesheets-list": Case(sheets, {FORBIDDEN: without_rights(sheets)}, is_approved),
    "S0-timesheets-submit": Case(
        submit, {FORBIDDEN: by_the_deputy(submit), CONFLICT: submit_again}, is_submitted
    ),
    "S0-timesheets-approve": Case(
        approve,
        {FORBIDDEN: by(approve, lambda world: world.token("alan")), CONFLICT: approve_a_draft},
        is_approved_by_grace,
    ),
}
