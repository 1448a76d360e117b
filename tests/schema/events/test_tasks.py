"""The JSON of events about tasks is what outboxes hold, so it does not change."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from trellis.schema.events import tasks
from trellis.schema.events.event import Event

A, B, C = (UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in (1, 2, 3))
SOON = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
a, b, c = str(A), str(B), str(C)

TASK: dict[str, Any] = {"task_id": A, "project_id": B, "created_by": C, "version": 2}
PERSONAL: dict[str, Any] = {**TASK, "project_id": None}
STORED_TASK = {"task_id": a, "project_id": b, "created_by": c, "version": 2}
STATE = tasks.TaskState(
    title="x",
    description=None,
    status="todo",
    priority="low",
    milestone_id=None,
    assignee_id=C,
    due_date=SOON,
    estimated_hours=1.5,
    tags=("one", "two"),
)
STORED_STATE = {
    "title": "x",
    "description": None,
    "status": "todo",
    "priority": "low",
    "milestone_id": None,
    "assignee_id": c,
    "due_date": "2026-03-01T12:30:00+00:00",
    "estimated_hours": 1.5,
    "tags": ["one", "two"],
}

STORED: list[tuple[Event, str, dict[str, Any]]] = [
    (
        tasks.TaskCreated(**TASK, state=STATE),
        "task.created",
        {**STORED_TASK, "state": STORED_STATE},
    ),
    (
        tasks.TaskUpdated(**PERSONAL, changed=("title",), state=None),
        "task.updated",
        {**STORED_TASK, "project_id": None, "changed": ["title"], "state": None},
    ),
    (
        tasks.TaskAssigned(**TASK, assigned_to=None, assigned_by=C, timestamp=SOON),
        "task.assigned",
        {
            **STORED_TASK,
            "assigned_to": None,
            "assigned_by": c,
            "timestamp": "2026-03-01T12:30:00+00:00",
        },
    ),
    (tasks.TaskDeleted(**TASK), "task.deleted", STORED_TASK),
    (
        tasks.TaskDependencyAdded(**TASK, depends_on_id=C, type="finish_to_start"),
        "task.dependency_added",
        {**STORED_TASK, "depends_on_id": c, "type": "finish_to_start"},
    ),
    (
        tasks.TaskDependencyRemoved(**TASK, depends_on_id=C, type="finish_to_start"),
        "task.dependency_removed",
        {**STORED_TASK, "depends_on_id": c, "type": "finish_to_start"},
    ),
]


def test_every_event_has_its_example_here():
    kinds = {one for one in vars(tasks).values() if isinstance(one, type) and hasattr(one, "topic")}
    assert {type(event) for event, *_ in STORED} == kinds - {Event}


@pytest.mark.parametrize(
    ("event", "topic", "stored"), STORED, ids=[topic for _, topic, _ in STORED]
)
def test_an_event_is_written_as_ever_and_read_back_as_it_was(
    event: Event, topic: str, stored: dict[str, Any]
):
    assert (event.topic, event.key) == (topic, a)
    assert event.payload() == stored
    assert list(event.payload()) == list(stored)
    assert type(event).read(stored) == event
