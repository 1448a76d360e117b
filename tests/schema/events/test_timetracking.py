"""The JSON of events about hours is what outboxes hold, so it does not change."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from trellis.schema.events import timetracking
from trellis.schema.events.event import Event

A, B, C, D = (UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in (1, 2, 3, 4))
START, END = datetime(2026, 3, 1, 12, 30, tzinfo=UTC), datetime(2026, 3, 1, 15, tzinfo=UTC)
a, b, c, d = str(A), str(B), str(C), str(D)

ENTRY: dict[str, Any] = {
    "entry_id": A,
    "user_id": B,
    "project_id": C,
    "task_id": D,
    "version": 2,
}
STORED_ENTRY = {"entry_id": a, "user_id": b, "project_id": c, "task_id": d, "version": 2}
STATE = timetracking.TimeEntryState(
    description="x",
    started_at=START,
    ended_at=END,
    duration_minutes=150,
    billable=True,
    hourly_rate=Decimal("75.00"),
    currency="USD",
)
STORED_STATE = {
    "description": "x",
    "started_at": "2026-03-01T12:30:00+00:00",
    "ended_at": "2026-03-01T15:00:00+00:00",
    "duration_minutes": 150,
    "billable": True,
    "hourly_rate": "75.00",
    "currency": "USD",
}
RUNNING = timetracking.TimeEntryState(
    description=None,
    started_at=START,
    ended_at=None,
    duration_minutes=None,
    billable=False,
    hourly_rate=None,
    currency=None,
)
STORED_RUNNING = {
    **dict.fromkeys(STORED_STATE),
    "started_at": "2026-03-01T12:30:00+00:00",
    "billable": False,
}
SHEET: dict[str, Any] = {
    "timesheet_id": A,
    "user_id": B,
    "week_start": date(2026, 3, 2),
    "version": 3,
}
STORED_SHEET = {"timesheet_id": a, "user_id": b, "week_start": "2026-03-02", "version": 3}

STORED: list[tuple[Event, str, dict[str, Any]]] = [
    (
        timetracking.TimerStarted(**{**ENTRY, "project_id": None, "task_id": None}, state=RUNNING),
        "timer.started",
        {**STORED_ENTRY, "project_id": None, "task_id": None, "state": STORED_RUNNING},
    ),
    *(
        (kind(**ENTRY, state=STATE), topic, {**STORED_ENTRY, "state": STORED_STATE})
        for kind, topic in (
            (timetracking.TimerStopped, "timer.stopped"),
            (timetracking.TimeEntryCreated, "time_entry.created"),
            (timetracking.TimeEntryUpdated, "time_entry.updated"),
        )
    ),
    (timetracking.TimeEntryDeleted(**ENTRY), "time_entry.deleted", STORED_ENTRY),
    (
        timetracking.TimesheetSubmitted(**SHEET, project_ids=(C, D)),
        "timesheet.submitted",
        {**STORED_SHEET, "project_ids": [c, d]},
    ),
    (
        timetracking.TimesheetApproved(**SHEET, approved_by=C),
        "timesheet.approved",
        {**STORED_SHEET, "approved_by": c},
    ),
    (
        timetracking.TimesheetRejected(**SHEET, rejected_by=C, reason=None),
        "timesheet.rejected",
        {**STORED_SHEET, "rejected_by": c, "reason": None},
    ),
]


def test_every_event_has_its_example_here():
    found = {
        kind
        for kind in vars(timetracking).values()
        if isinstance(kind, type) and issubclass(kind, Event) and hasattr(kind, "topic")
    }
    assert found == {type(event) for event, *_ in STORED}


@pytest.mark.parametrize(("event", "topic", "stored"), STORED, ids=[one[1] for one in STORED])
def test_an_event_is_written_as_ever_and_read_back_as_it_was(
    event: Event, topic: str, stored: dict[str, Any]
):
    assert (event.topic, event.key) == (topic, a)
    assert event.payload() == stored
    assert type(event).read(stored) == event


def test_a_submission_of_an_earlier_release_names_no_projects():
    assert timetracking.TimesheetSubmitted.read(STORED_SHEET).project_ids == ()
