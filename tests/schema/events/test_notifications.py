"""The JSON of events about notifications is what outboxes hold, so it does not change."""

from typing import Any
from uuid import UUID

import pytest

from trellis.schema.events import notifications
from trellis.schema.events.event import Event

A, B = (UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in (1, 2))
a, b = str(A), str(B)

STORED: list[tuple[Event, str, str, dict[str, Any]]] = [
    (
        notifications.NotificationsCreated(type="task_assigned", notifications={A: B}),
        "notification.created",
        "task_assigned",
        {"type": "task_assigned", "notifications": {a: b}},
    ),
    (
        notifications.NotificationsRead(user_id=A, notification_ids=(B,)),
        "notification.read",
        a,
        {"user_id": a, "notification_ids": [b]},
    ),
    (
        notifications.NotificationPreferencesChanged(user_id=A),
        "notification.preferences_changed",
        a,
        {"user_id": a},
    ),
]


def test_every_event_has_its_example_here():
    known = vars(notifications).values()
    kinds = {one for one in known if isinstance(one, type) and hasattr(one, "topic")}
    assert {type(event) for event, *_ in STORED} == kinds - {Event}


@pytest.mark.parametrize(
    ("event", "topic", "key", "stored"), STORED, ids=[topic for _, topic, *_ in STORED]
)
def test_an_event_is_written_as_ever_and_read_back_as_it_was(
    event: Event, topic: str, key: str, stored: dict[str, Any]
):
    assert (event.topic, event.key) == (topic, key)
    assert event.payload() == stored
    assert list(event.payload()) == list(stored)
    assert type(event).read(stored) == event
