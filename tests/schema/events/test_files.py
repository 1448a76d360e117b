"""The JSON of events about files is what outboxes hold, so it does not change."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from trellis.schema.events import files
from trellis.schema.events.event import Event

A, B, C, D = (UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in (1, 2, 3, 4))
SOON = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
a, b, c, d = str(A), str(B), str(C), str(D)

FILE: dict[str, Any] = {"file_id": A, "project_id": B, "uploaded_by": C, "version": 2}
PERSONAL: dict[str, Any] = {**FILE, "project_id": None}
STORED_FILE = {"file_id": a, "project_id": b, "uploaded_by": c, "version": 2}
STORED_PERSONAL = {**STORED_FILE, "project_id": None}
STATE = files.FileState(filename="a.txt", mime_type="text/plain", size=3, description=None)
STORED_STATE = {"filename": "a.txt", "mime_type": "text/plain", "size": 3, "description": None}

STORED: list[tuple[Event, str, dict[str, Any]]] = [
    (
        files.FileUploaded(**FILE, state=STATE),
        "file.uploaded",
        {**STORED_FILE, "state": STORED_STATE},
    ),
    (
        files.FileUpdated(**PERSONAL, state=STATE),
        "file.updated",
        {**STORED_PERSONAL, "state": STORED_STATE},
    ),
    (files.FileDeleted(**FILE), "file.deleted", STORED_FILE),
    (
        files.FileShared(
            **PERSONAL, shared_by=C, shared_with=(A, D), permission="read", expires_at=SOON
        ),
        "file.shared",
        {
            **STORED_PERSONAL,
            "shared_by": c,
            "shared_with": [a, d],
            "permission": "read",
            "expires_at": "2026-03-01T12:30:00+00:00",
        },
    ),
    (files.FileUnshared(**FILE, user_id=D), "file.unshared", {**STORED_FILE, "user_id": d}),
    (
        files.FileAttached(**FILE, subject_type="issue", subject_id=D),
        "file.attached",
        {**STORED_FILE, "subject_type": "issue", "subject_id": d},
    ),
    (
        files.FileDetached(**FILE, subject_type="task", subject_id=D),
        "file.detached",
        {**STORED_FILE, "subject_type": "task", "subject_id": d},
    ),
]


@pytest.mark.parametrize(("event", "topic", "payload"), STORED)
def test_an_event_is_written_and_read_as_it_always_was(
    event: Event, topic: str, payload: dict[str, Any]
):
    assert (event.topic, event.key, event.payload()) == (topic, a, payload)
    assert type(event).read(payload) == event


def test_every_event_is_here():
    kinds = {type(event) for event, _, _ in STORED}
    told = {kind for kind in vars(files).values() if isinstance(kind, type)}
    assert kinds == {kind for kind in told if hasattr(kind, "topic")}
