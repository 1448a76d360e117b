"""The JSON of events about webhooks is what outboxes hold, so it does not change."""

from typing import Any
from uuid import UUID

import pytest

from trellis.schema.events import webhooks
from trellis.schema.events.event import Event

A, B = (UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in (1, 2))
a, b = str(A), str(B)

HOOK: dict[str, Any] = {"webhook_id": A, "owner_id": B, "version": 2}
STORED_HOOK = {"webhook_id": a, "owner_id": b, "version": 2}

STORED: list[tuple[Event, str, dict[str, Any]]] = [
    (webhooks.WebhookCreated(**HOOK), "webhook.created", STORED_HOOK),
    (
        webhooks.WebhookUpdated(**HOOK, changed=("events", "url")),
        "webhook.updated",
        {**STORED_HOOK, "changed": ["events", "url"]},
    ),
    (webhooks.WebhookDeleted(**HOOK), "webhook.deleted", STORED_HOOK),
    (
        webhooks.WebhookDisabled(**HOOK, target="example.com:443", reason="gone"),
        "webhook.disabled",
        {**STORED_HOOK, "target": "example.com:443", "reason": "gone"},
    ),
]


@pytest.mark.parametrize(("event", "topic", "payload"), STORED, ids=[row[1] for row in STORED])
def test_the_json_of_an_event_is_what_is_stored(event: Event, topic: str, payload: dict[str, Any]):
    assert event.topic == topic
    assert event.payload() == payload
    assert event.key == a
    assert type(event).read(payload) == event


def test_every_event_about_webhooks_has_its_example_here():
    found = vars(webhooks).values()
    kinds = {one for one in found if isinstance(one, type) and hasattr(one, "topic")}
    assert {type(event) for event, _, _ in STORED} == kinds
