"""Entries that are made by hand, changed and deleted."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.subgraphs.timetracking.asking import (
    ALAN,
    COMP,
    CREATE,
    DELETE,
    ENG,
    GRACE,
    HOP,
    UPDATE,
    create,
    entries_in_table,
    entry_id,
    events,
    sheet_id,
    span,
    start,
    task_id,
    topics,
    user,
)
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.subgraphs.timetracking.models import Person, Project


async def update(hours: Running, id: str, **members: Any) -> dict[str, Any]:
    return (await hours.ask(UPDATE, ALAN, id=id, i=members))["updateTimeEntry"]["timeEntry"]


async def test_an_entry_is_as_it_was_told(hours: Running):
    made = await create(
        hours,
        taskId=task_id("ENG-1"),
        description=" Review ",
        hourlyRate="75.00",
        currency="EUR",
    )

    sheet, id, version = made.pop("timesheet"), made.pop("id"), made.pop("version")
    assert made == {
        "status": "COMPLETED",
        "date": "2026-03-02",
        "startedAt": "2026-03-02T09:00:00Z",
        "endedAt": "2026-03-02T11:30:00Z",
        "durationMinutes": 150,
        "billable": True,
        "hourlyRate": "75.00",
        "currency": "EUR",
        "amount": "187.50",
        "description": "Review",
        "user": {"id": user("alan")},
        "project": {"id": ENG},
        "task": {"id": task_id("ENG-1")},
    }
    assert (sheet["status"], sheet["weekStart"], version) == ("DRAFT", "2026-03-02", 1)
    [event] = await events(hours)
    assert (event.topic, event.key) == ("time_entry.created", id)
    assert event.payload["state"] == {
        "description": "Review",
        "started_at": "2026-03-02T09:00:00+00:00",
        "ended_at": "2026-03-02T11:30:00+00:00",
        "duration_minutes": 150,
        "billable": True,
        "hourly_rate": "75.00",
        "currency": "EUR",
    }


async def test_what_is_left_out_follows(hours: Running):
    """The project of a task; US dollars of a rate; billable what is for a project."""
    given = {**span("09:00", "10:00"), "projectId": None}
    of_task = await create(hours, projectId=None, taskId=task_id("ENG-2"), hourlyRate=60.5)
    own = (await hours.ask(CREATE, ALAN, i=given | span("12:00", "13:00", projectId=None)))[
        "createTimeEntry"
    ]["timeEntry"]

    assert (of_task["project"], of_task["currency"]) == ({"id": ENG}, "USD")
    assert (of_task["hourlyRate"], of_task["amount"]) == ("60.50", "151.25")
    assert (own["project"], own["billable"], own["timesheet"]) == (None, False, None)
    assert (own["hourlyRate"], own["currency"], own["amount"]) == (None, None, None)


async def test_of_private_time_others_hear_only_when_it_was(hours: Running):
    await create(
        hours, projectId=None, taskId=task_id("alan-1"), description="Dentist", hourlyRate=9
    )

    [event] = await events(hours)
    assert event.payload["project_id"] is None
    state = event.payload["state"]
    assert (state["description"], state["hourly_rate"], state["currency"]) == (None, None, None)
    assert (state["duration_minutes"], state["billable"]) == (150, False)


# What is sent, and the problem of each field.
IMPOSSIBLE: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"endedAt": "2026-03-02T09:00:00Z"}, {"endedAt": "INVALID_FORMAT"}),
    ({"endedAt": "2026-03-02T08:59:59Z"}, {"endedAt": "INVALID_FORMAT"}),
    ({"endedAt": "2026-03-03T09:00:01Z"}, {"endedAt": "VALUE_TOO_LONG"}),
    (
        {"startedAt": "2999-03-02T09:00:00Z", "endedAt": "2999-03-02T10:00:00Z"},
        {"startedAt": "INVALID_FORMAT", "endedAt": "INVALID_FORMAT"},
    ),
    (
        {"startedAt": "0001-01-01T00:00:00Z", "endedAt": "0001-01-01T01:00:00Z"},
        {"startedAt": "INVALID_FORMAT"},
    ),
    ({"hourlyRate": "-1"}, {"hourlyRate": "INVALID_FORMAT"}),
    ({"hourlyRate": "1.005"}, {"hourlyRate": "INVALID_FORMAT"}),
    ({"hourlyRate": "1000000.01"}, {"hourlyRate": "INVALID_FORMAT"}),
    ({"hourlyRate": "1e30"}, {"hourlyRate": "INVALID_FORMAT"}),
    ({"hourlyRate": 1, "currency": "XYZ"}, {"currency": "INVALID_ENUM_VALUE"}),
    ({"currency": "EUR"}, {"currency": "INVALID_FORMAT"}),
    ({"description": "x" * 2001}, {"description": "VALUE_TOO_LONG"}),
    (
        {"taskId": "x", "projectId": "y"},
        dict.fromkeys(("taskId", "projectId"), "INVALID_FORMAT"),
    ),
]


async def test_what_cannot_be_is_refused(hours: Running):
    for members, problems in IMPOSSIBLE:
        refusal = await hours.refusal(CREATE, ALAN, i=span("09:00", "10:00") | members)
        assert refusal["code"] == "BAD_USER_INPUT", members
        assert {one["field"]: one["code"] for one in refusal["fields"]} == problems, members
    assert await topics(hours) == []


async def test_a_day_and_a_clock_a_little_ahead_are_possible(hours: Running):
    day = span("00:00", "00:00") | {"endedAt": "2026-03-03T00:00:00Z"}
    made = (await hours.ask(CREATE, ALAN, i=day))["createTimeEntry"]["timeEntry"]
    assert made["durationMinutes"] == 24 * 60
    now = utc_now()
    given = {"startedAt": (now - timedelta(hours=1)).isoformat(), "projectId": ENG}
    await hours.ask(CREATE, ALAN, i={**given, "endedAt": (now + timedelta(seconds=30)).isoformat()})
    # The timer begins where that ends, and not in it.
    timer = await start(hours)
    assert timer["startedAt"] > now.isoformat()


# What time is spent for, and why not.
ELSEWHERE: list[tuple[dict[str, Any], str]] = [
    ({"projectId": HOP}, "NOT_FOUND"),
    ({"projectId": str(uuid4())}, "NOT_FOUND"),
    ({"taskId": task_id("HOP-1"), "projectId": None}, "NOT_FOUND"),
    ({"taskId": task_id("grace-1"), "projectId": None}, "NOT_FOUND"),
    ({"taskId": str(uuid4()), "projectId": None}, "NOT_FOUND"),
    ({"taskId": task_id("ORBIT-1")}, "BAD_USER_INPUT"),
    ({"taskId": task_id("alan-1")}, "BAD_USER_INPUT"),
]


async def test_time_is_spent_for_what_one_sees(hours: Running):
    for members, code in ELSEWHERE:
        refusal = await hours.refusal(CREATE, ALAN, i=span("09:00", "10:00") | members)
        assert refusal["code"] == code, members
    assert await topics(hours) == []


async def test_a_project_may_not_track_time(hours: Running):
    async with hours.context().storage.begin() as uow:
        project = await uow.session.get_one(Project, UUID(ENG))
        project.settings = {"time_tracking": False}
    refusal = await hours.refusal(CREATE, ALAN, i=span("09:00", "10:00"))
    assert refusal["code"] == "CONFLICT"


OVERLAPS = [
    ("09:00", "11:30", True),
    ("08:00", "09:00", False),
    ("11:30", "12:00", False),
    ("08:00", "09:01", True),
    ("11:29", "12:00", True),
    ("10:00", "11:00", True),
    ("08:00", "13:00", True),
]


async def test_nobody_does_two_things_at_once(hours: Running):
    """Entries that touch do not overlap, nor do those of two people."""
    for number, (begin, end, overlaps) in enumerate(OVERLAPS):
        day = f"2026-03-1{number}"
        made = await create(hours, **span("09:00", "11:30", day))
        await create(hours, GRACE, **span("09:00", "11:30", day))
        other = await create(hours, **span("15:00", "16:00", day))
        tried = span(begin, end, day)
        moved = {name: tried[name] for name in ("startedAt", "endedAt")}
        change = await hours.answer(UPDATE, ALAN, id=other["id"], i=moved)
        await hours.ask(DELETE, ALAN, id=other["id"])
        for answer in (change, await hours.answer(CREATE, ALAN, i=tried)):
            told = [error.extensions for error in answer.errors or ()]
            taken = {"code": "CONFLICT", "timeEntryId": made["id"]}
            assert told == ([taken] if overlaps else []), (begin, end)


async def test_a_change_sets_what_is_given_and_what_follows(hours: Running):
    made = await create(hours, hourlyRate=10, description="x")

    told = await update(hours, made["id"], endedAt="2026-03-02T10:00:00Z", description=None)
    assert (told["durationMinutes"], told["amount"], told["version"]) == (60, "10.00", 2)
    assert (told["description"], told["startedAt"]) == (None, made["startedAt"])
    told = await update(hours, made["id"], hourlyRate=None)
    assert (told["hourlyRate"], told["currency"], told["amount"]) == (None, None, None)
    told = await update(hours, made["id"], hourlyRate="12.50", currency="CHF", billable=False)
    assert (told["hourlyRate"], told["currency"], told["amount"]) == ("12.50", "CHF", None)
    moved = span("09:00", "10:00", "2026-03-09")
    told = await update(hours, made["id"], startedAt=moved["startedAt"], endedAt=moved["endedAt"])
    assert (told["date"], told["timesheet"]["weekStart"]) == ("2026-03-09", "2026-03-09")
    assert told["timesheet"]["id"] != made["timesheet"]["id"]
    assert await update(hours, made["id"], billable=False, version=5) == told  # nothing changes
    changed = [event for event in await events(hours) if event.topic == "time_entry.updated"]
    assert [event.payload["version"] for event in changed] == [2, 3, 4, 5]


async def test_an_entry_moves_to_another_task_or_project(hours: Running):
    made = await create(hours, taskId=task_id("ENG-1"))

    told = await update(hours, made["id"], taskId=task_id("ORBIT-2"))
    assert (told["project"]["id"], told["task"]["id"]) != (ENG, task_id("ENG-1"))
    refusal = await hours.refusal(UPDATE, ALAN, id=made["id"], i={"projectId": ENG})
    assert refusal["code"] == "BAD_USER_INPUT"
    told = await update(hours, made["id"], projectId=ENG, taskId=None)
    assert (told["project"], told["task"]) == ({"id": ENG}, None)
    told = await update(hours, made["id"], taskId=task_id("alan-1"))
    assert (told["project"], told["timesheet"]) == (None, None)
    told = await update(hours, made["id"], taskId=None, projectId=ENG)
    assert told["timesheet"]["id"] == made["timesheet"]["id"]
    for foreign in ({"taskId": task_id("HOP-1")}, {"projectId": COMP, "taskId": None}):
        refusal = await hours.refusal(UPDATE, ALAN, id=made["id"], i=foreign)
        assert refusal["code"] == "NOT_FOUND"


async def test_no_change_makes_what_cannot_be(hours: Running):
    made = await create(hours)
    wrong: list[dict[str, Any]] = [
        {"endedAt": "2026-03-02T09:00:00Z"},
        {"startedAt": "2026-03-02T12:00:00Z"},
        {"startedAt": None},
        {"endedAt": None},
        {"billable": None},
        {"hourlyRate": "0.001"},
        {"hourlyRate": 1, "currency": "ZZZ"},
    ]
    for members in wrong:
        refusal = await hours.refusal(UPDATE, ALAN, id=made["id"], i=members)
        assert refusal["code"] == "BAD_USER_INPUT", members
    assert await topics(hours) == ["time_entry.created"]


async def test_an_outdated_change_is_refused(hours: Running):
    made = await create(hours)
    await update(hours, made["id"], description="first")
    refusal = await hours.refusal(
        UPDATE, ALAN, id=made["id"], i={"description": "second", "version": 1}
    )
    assert refusal == {"code": "CONFLICT", "currentVersion": 2}


async def test_a_deleted_entry_is_gone(hours: Running):
    made = await create(hours)
    assert await hours.ask(DELETE, ALAN, id=made["id"]) == {
        "deleteTimeEntry": {"deletedTimeEntryId": made["id"]}
    }
    refusal = await hours.refusal(DELETE, ALAN, id=made["id"])
    assert refusal["code"] == "NOT_FOUND"
    assert await topics(hours) == ["time_entry.created", "time_entry.deleted"]
    await create(hours)  # its time is free again


async def test_nobody_changes_the_hours_of_others(hours: Running):
    """Grace manages the project and sees the entry; Katherine is a member of it."""
    before = await entries_in_table(hours, ALAN.id)
    for who, code in (("grace", "FORBIDDEN"), ("katherine", "NOT_FOUND"), ("hedy", "NOT_FOUND")):
        for operation, more in ((UPDATE, {"i": {"description": "x"}}), (DELETE, {})):
            refusal = await hours.refusal(operation, caller(who), id=entry_id("alan-36"), **more)
            assert refusal["code"] == code, (who, operation)
    assert await entries_in_table(hours, ALAN.id) == before


async def test_hours_of_a_closed_week_stay_as_they_are(hours: Running):
    """In the second demo week, which is approved: none is made, changed, moved or deleted."""
    approved, draft = entry_id("alan-12"), entry_id("alan-35")
    before = await entries_in_table(hours, ALAN.id)
    week = span("18:00", "19:00", "2026-01-20")
    times = {"startedAt": week["startedAt"], "endedAt": week["endedAt"]}
    for operation, variables in (
        (CREATE, {"i": week}),
        (UPDATE, {"id": approved, "i": {"description": "x"}}),
        (UPDATE, {"id": approved, "i": span("18:00", "19:00") | {"projectId": ENG}}),
        (UPDATE, {"id": draft, "i": times}),
        (DELETE, {"id": approved}),
    ):
        refusal = await hours.refusal(operation, ALAN, **variables)
        assert refusal == {
            "code": "CONFLICT",
            "timesheetId": sheet_id("alan-2"),
            "status": "approved",
        }
    assert await entries_in_table(hours, ALAN.id) == before
    # What is for no project is on no sheet, and a rejected one is open.
    await create(hours, **span("18:00", "19:00", "2026-01-20", projectId=None))
    await create(hours, **span("18:00", "19:00", "2026-01-27"))


async def test_a_week_begins_on_monday_where_the_person_lives(hours: Running):
    async with hours.context().storage.begin() as uow:
        for who, timezone in ((ALAN, "Pacific/Auckland"), (GRACE, "America/New_York")):
            assert who.id is not None
            uow.session.add(Person(id=who.id, timezone=timezone, version=1))
    late = span("12:00", "12:30", "2026-03-08")  # a Sunday
    auckland = await create(hours, ALAN, **late)
    york = await create(hours, GRACE, **late)
    utc = await create(hours, caller("katherine"), **late)

    assert (auckland["date"], auckland["timesheet"]["weekStart"]) == ("2026-03-09", "2026-03-09")
    for made in (york, utc):
        assert (made["date"], made["timesheet"]["weekStart"]) == ("2026-03-08", "2026-03-02")
