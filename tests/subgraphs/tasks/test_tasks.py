"""What can be done with a task, by whom, and what is announced."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.subgraphs.tasks.asking import (
    ASSIGN,
    CREATE,
    DELETE,
    ENG,
    STATUS,
    UPDATE,
    create,
    events,
    task_id,
    user,
)
from tests.support.kept import kept
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.seed.world import demo_id
from trellis.subgraphs.tasks.models import Task, TaskStatus

ALAN = caller("alan")
DRAWINGS = str(demo_id("milestone", "ENG/Drawings"))
OF_HOP = str(demo_id("milestone", "HOP/Drawings"))


async def test_a_new_task_is_to_be_done_and_announced(tasks: Running):
    plain = {
        "description": "All bearings",
        "dueDate": "2026-04-01T12:00:00Z",
        "estimatedHours": 1.5,
        "priority": "HIGH",
    }
    given = {"milestoneId": DRAWINGS, "assigneeId": user("katherine"), "tags": ["oil", " oil "]}

    task = await create(tasks, **plain, **given)

    assert task == plain | {
        "id": task["id"],
        "title": "Oil the mill",
        "status": "TODO",
        "completion": "PENDING",
        "project": {"id": ENG},
        "milestone": {"id": DRAWINGS},
        "assignee": {"id": user("katherine")},
        "createdBy": {"id": user("alan")},
        "tags": ["oil"],
        "version": 1,
    }
    created, assigned = await events(tasks)
    assert (created.topic, created.key) == ("task.created", task["id"])
    assert created.payload["state"] == {
        "title": "Oil the mill",
        "description": "All bearings",
        "status": "todo",
        "priority": "high",
        "milestone_id": DRAWINGS,
        "assignee_id": user("katherine"),
        "due_date": "2026-04-01T12:00:00+00:00",
        "estimated_hours": 1.5,
        "tags": ["oil"],
    }
    assert assigned.topic == "task.assigned"


async def test_an_assignment_tells_who_gave_what_to_whom_and_when(tasks: Running):
    before = utc_now()
    data = await tasks.ask(ASSIGN, ALAN, id=task_id("ENG-1"), to=user("barbara"))

    assert data["assignTask"]["task"] == {"assignee": {"id": user("barbara")}, "version": 2}
    updated, assigned = await events(tasks)
    assert (updated.topic, updated.payload["changed"]) == ("task.updated", ["assignee_id"])
    told = dict(assigned.payload)
    assert before <= datetime.fromisoformat(told.pop("timestamp")) <= datetime.now(UTC)
    assert told == {
        "task_id": task_id("ENG-1"),
        "assigned_to": user("barbara"),
        "assigned_by": user("alan"),
        "project_id": ENG,
        "created_by": user("katherine"),
        "version": 2,
    }


async def test_a_task_can_be_taken_from_everybody(tasks: Running):
    data = await tasks.ask(ASSIGN, ALAN, id=task_id("ENG-1"))

    assert data["assignTask"]["task"]["assignee"] is None
    assert [event.payload["assigned_to"] for event in (await events(tasks))[1:]] == [None]


async def test_an_update_changes_only_what_is_given_and_tells_what(tasks: Running):
    given = {"title": "Renamed", "dueDate": None, "tags": ["a"], "milestoneId": None}
    data = await tasks.ask(UPDATE, ALAN, id=task_id("ENG-1"), i=given)

    assert data["updateTask"]["task"] == {
        "title": "Renamed",
        "description": "So that the gears of Analytical Engine can be relied on.",
        "status": "IN_PROGRESS",
        "priority": "HIGH",
        "milestone": None,
        "dueDate": None,
        "estimatedHours": 4.5,
        "tags": ["a"],
        "version": 2,
    }
    [updated] = await events(tasks)
    assert updated.payload["changed"] == ["title", "milestone_id", "due_date", "tags"]


async def test_a_status_follows_any_other(tasks: Running):
    for number, status in enumerate(("DONE", "TODO", "REVIEW", "IN_PROGRESS"), 2):
        data = await tasks.ask(STATUS, ALAN, id=task_id("ENG-1"), s=status)
        assert data["updateTaskStatus"]["task"] == {
            "status": status,
            "completion": "COMPLETED" if status == "DONE" else "PENDING",
            "version": number,
        }
    told = [(e.topic, e.payload["state"]["status"]) for e in await events(tasks)]
    assert told == [("task.updated", s) for s in ("done", "todo", "review", "in_progress")]


@pytest.mark.parametrize(
    ("before", "completion", "after"),
    [
        ("TODO", "COMPLETED", "DONE"),
        ("REVIEW", "COMPLETED", "DONE"),
        ("DONE", "COMPLETED", "DONE"),
        ("DONE", "PENDING", "TODO"),
        ("IN_PROGRESS", "PENDING", "IN_PROGRESS"),
        ("IN_PROGRESS", None, "IN_PROGRESS"),
    ],
)
async def test_who_knows_two_statuses_moves_between_those(
    tasks: Running, before: str, completion: str | None, after: str
):
    """Sending back what was read changes nothing."""
    id = (await create(tasks))["id"]
    await tasks.ask(STATUS, ALAN, id=id, s=before)

    data = await tasks.ask(UPDATE, ALAN, id=id, i={"completion": completion})

    assert data["updateTask"]["task"]["status"] == after


@pytest.mark.parametrize(
    ("operation", "variables"),
    [
        (UPDATE, {"i": {"title": "Order the gears", "tags": ["backend", "safety"]}}),
        (STATUS, {"s": "IN_PROGRESS"}),
        (ASSIGN, {"to": user("grace")}),
    ],
    ids=["update", "status", "assign"],
)
async def test_what_changes_nothing_announces_nothing(
    tasks: Running, operation: str, variables: dict[str, Any]
):
    await tasks.ask(operation, ALAN, id=task_id("ENG-1"), **variables)

    assert await events(tasks) == []


async def test_of_twenty_updates_with_one_version_one_wins(tasks: Running):
    answers = await asyncio.gather(
        *(
            tasks.answer(UPDATE, ALAN, id=task_id("ENG-1"), i={"title": f"n{n}", "version": 1})
            for n in range(20)
        )
    )

    codes = [a.errors[0].extensions["code"] if a.errors else "ok" for a in answers]
    assert sorted(codes) == ["CONFLICT"] * 19 + ["ok"]
    assert len(await events(tasks)) == 1


@pytest.mark.parametrize(
    ("operation", "given"), [(STATUS, {"s": "DONE"}), (ASSIGN, {"to": user("alan")})]
)
async def test_status_and_assignment_can_be_tied_to_a_version(
    tasks: Running, operation: str, given: dict[str, str]
):
    refusal = await tasks.refusal(operation, ALAN, id=task_id("ENG-1"), v=7, **given)
    assert refusal == {"code": "CONFLICT", "currentVersion": 1}
    await tasks.ask(operation, ALAN, id=task_id("ENG-1"), v=1, **given)


async def test_deleting_is_for_the_maker_and_for_managers(tasks: Running):
    mine, other = [(await create(tasks, who="edsger"))["id"] for _ in range(2)]

    assert (await tasks.refusal(DELETE, ALAN, id=mine))["code"] == "FORBIDDEN"
    assert await tasks.ask(DELETE, caller("edsger"), id=mine) == {
        "deleteTask": {"deletedTaskId": mine}
    }
    await tasks.ask(DELETE, caller("grace"), id=other)
    assert (await tasks.refusal(DELETE, caller("grace"), id=other))["code"] == "NOT_FOUND"
    told = [event for event in await events(tasks) if event.topic == "task.deleted"]
    assert [event.key for event in told] == [mine, other]


REFUSED: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"title": " "}, [("title", "REQUIRED_FIELD_MISSING")]),
    ({"title": "x" * 256}, [("title", "VALUE_TOO_LONG")]),
    ({"description": "x" * 10_001}, [("description", "VALUE_TOO_LONG")]),
    ({"projectId": "ENG"}, [("projectId", "INVALID_FORMAT")]),
    ({"estimatedHours": -1}, [("estimatedHours", "INVALID_FORMAT")]),
    ({"estimatedHours": 100_001}, [("estimatedHours", "INVALID_FORMAT")]),
    ({"tags": [" "]}, [("tags.0", "REQUIRED_FIELD_MISSING")]),
    ({"tags": ["x" * 51]}, [("tags.0", "VALUE_TOO_LONG")]),
    ({"tags": [str(n) for n in range(21)]}, [("tags", "VALUE_TOO_LONG")]),
    ({"assigneeId": user("hedy")}, [("assigneeId", "INVALID_FORMAT")]),
    ({"assigneeId": str(uuid4())}, [("assigneeId", "INVALID_FORMAT")]),
    ({"milestoneId": OF_HOP}, [("milestoneId", "INVALID_FORMAT")]),
    ({"milestoneId": str(uuid4())}, [("milestoneId", "INVALID_FORMAT")]),
    ({"projectId": None, "assigneeId": user("alan")}, [("assigneeId", "INVALID_FORMAT")]),
    ({"projectId": None, "milestoneId": DRAWINGS}, [("milestoneId", "INVALID_FORMAT")]),
    (
        {"title": "", "estimatedHours": -1, "tags": ["\x00"]},
        [
            ("estimatedHours", "INVALID_FORMAT"),
            ("tags.0", "INVALID_FORMAT"),
            ("title", "REQUIRED_FIELD_MISSING"),
        ],
    ),
]


async def test_what_is_not_acceptable_is_named_all_at_once(tasks: Running):
    before = await kept(tasks)
    for given, problems in REFUSED:
        whole = {"projectId": ENG, "title": "x", **given}
        refusal = await tasks.refusal(CREATE, ALAN, i=whole)
        assert refusal["code"] == "BAD_USER_INPUT", given
        assert [(p["field"], p["code"]) for p in refusal["fields"]] == problems, given
    assert await kept(tasks) == before


CHANGES: list[tuple[str, dict[str, Any], str]] = [
    (UPDATE, {"i": {"title": None}}, "title"),
    (UPDATE, {"i": {"priority": None}}, "priority"),
    (UPDATE, {"i": {"milestoneId": OF_HOP}}, "milestoneId"),
    (UPDATE, {"i": {"tags": [""]}}, "tags.0"),
    (UPDATE, {"i": {"estimatedHours": -0.1}}, "estimatedHours"),
    (ASSIGN, {"to": user("hedy")}, "assigneeId"),
    (ASSIGN, {"to": "alan"}, "assigneeId"),
]


async def test_no_change_makes_unacceptable_what_was_not(tasks: Running):
    before = await kept(tasks)
    for operation, variables, field in CHANGES:
        refusal = await tasks.refusal(operation, ALAN, id=task_id("ENG-1"), **variables)
        assert [p["field"] for p in refusal["fields"]] == [field], variables
    assert await kept(tasks) == before


async def test_an_assignee_who_left_the_project_may_stay(tasks: Running):
    left = uuid4()
    async with tasks.context().storage.begin() as uow:
        (await uow.session.get_one(Task, UUID(task_id("ENG-1")))).assignee_id = left

    await tasks.ask(ASSIGN, ALAN, id=task_id("ENG-1"), to=str(left))
    await tasks.ask(UPDATE, ALAN, id=task_id("ENG-1"), i={"title": "x"})


async def test_a_personal_task_is_announced_without_what_is_in_it(tasks: Running):
    task = await create(tasks, projectId=None, title="Bread", description="Rye")
    await tasks.ask(UPDATE, ALAN, id=task["id"], i={"title": "Rye bread"})
    await tasks.ask(STATUS, ALAN, id=task["id"], s="DONE")
    refusal = await tasks.refusal(ASSIGN, ALAN, id=task["id"], to=user("grace"))
    await tasks.ask(DELETE, ALAN, id=task["id"])

    assert task["project"] is None
    assert [problem["field"] for problem in refusal["fields"]] == ["assigneeId"]
    told = await events(tasks)
    assert [e.topic for e in told] == [
        *("task.created", "task.updated", "task.updated", "task.deleted")
    ]
    assert all(e.payload["project_id"] is None for e in told)
    assert "bread" not in str([e.payload for e in told]).lower()


async def test_who_knows_personal_tasks_only_finds_no_others(tasks: Running):
    own, of_project = (await create(tasks, projectId=None))["id"], (await create(tasks))["id"]
    get = "query($id: ID!) { task(id: $id, personal: true) { id } }"

    assert (await tasks.ask(get, ALAN, id=of_project))["task"] is None
    for operation, variables in ((UPDATE, {"i": {"title": "x"}}), (DELETE, {})):
        refusal = await tasks.refusal(operation, ALAN, id=of_project, p=True, **variables)
        assert refusal["code"] == "NOT_FOUND"
    assert (await tasks.ask(get, ALAN, id=own))["task"] == {"id": own}
    await tasks.ask(UPDATE, ALAN, id=own, p=True, i={"title": "x"})
    await tasks.ask(DELETE, ALAN, id=own, p=True)


async def test_every_change_needs_somebody(tasks: Running):
    id = task_id("ENG-1")
    changes: list[tuple[str, dict[str, Any]]] = [
        (CREATE, {"i": {"title": "x"}}),
        (UPDATE, {"id": id, "i": {"title": "x"}}),
        (STATUS, {"id": id, "s": TaskStatus.DONE.name}),
        (ASSIGN, {"id": id}),
        (DELETE, {"id": id}),
    ]
    for operation, variables in changes:
        assert (await tasks.refusal(operation, **variables))["code"] == "UNAUTHENTICATED"
