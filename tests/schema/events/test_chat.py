"""The JSON of events about chat is what outboxes hold, so it does not change."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from trellis.schema.events import chat
from trellis.schema.events.chat import ChannelState
from trellis.schema.events.event import Event

A, B, C, D, E, F = (UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in range(1, 7))
SOON = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
STATE = ChannelState(
    kind="group",
    name="General",
    organization_id=None,
    course_id=B,
    is_private=True,
    is_archived=False,
)
STORED_STATE = {
    "kind": "group",
    "name": "General",
    "organization_id": None,
    "course_id": str(B),
    "is_private": True,
    "is_archived": False,
}
CHANNEL: dict[str, Any] = {"channel_id": A, "version": 3, "state": STATE}
STORED_CHANNEL = {"channel_id": str(A), "version": 3, "state": STORED_STATE}
MEMBER = {"channel_id": A, "user_id": B}
STORED_MEMBER = {"channel_id": str(A), "user_id": str(B)}
MESSAGE: dict[str, Any] = {
    "channel_id": A,
    "message_id": C,
    "author_id": B,
    "sequence": 7,
    "version": 2,
}
STORED_MESSAGE = {**MESSAGE, "channel_id": str(A), "message_id": str(C), "author_id": str(B)}

STORED: list[tuple[Event, str, dict[str, Any]]] = [
    (chat.ChannelCreated(**CHANNEL), "channel.created", STORED_CHANNEL),
    (
        chat.ChannelUpdated(**CHANNEL, changed=("name",)),
        "channel.updated",
        {**STORED_CHANNEL, "changed": ["name"]},
    ),
    (chat.ChannelDeleted(**CHANNEL), "channel.deleted", STORED_CHANNEL),
    (
        chat.ChannelMemberAdded(**MEMBER, role="member", sequence=4),
        "channel.member_added",
        {**STORED_MEMBER, "role": "member", "sequence": 4},
    ),
    (chat.ChannelMemberRemoved(**MEMBER), "channel.member_removed", STORED_MEMBER),
    (chat.ChannelRead(**MEMBER, sequence=7), "channel.read", {**STORED_MEMBER, "sequence": 7}),
    (
        chat.TypingStarted(**MEMBER, until=SOON),
        "typing.started",
        {**STORED_MEMBER, "until": "2026-03-01T12:30:00+00:00"},
    ),
    (
        chat.MessageSent(
            **MESSAGE,
            type="code",
            reply_to_id=D,
            thread_id=E,
            attachment_ids=(F,),
            recipient_ids=(D,),
        ),
        "message.sent",
        {
            **STORED_MESSAGE,
            "type": "code",
            "reply_to_id": str(D),
            "thread_id": str(E),
            "attachment_ids": [str(F)],
            "recipient_ids": [str(D)],
        },
    ),
    (chat.MessageEdited(**MESSAGE), "message.edited", STORED_MESSAGE),
    (chat.MessageDeleted(**MESSAGE), "message.deleted", STORED_MESSAGE),
    (
        chat.UserMentioned(**MESSAGE, user_id=D),
        "user.mentioned",
        {**STORED_MESSAGE, "user_id": str(D)},
    ),
    (
        chat.MessageReactionAdded(**MESSAGE, user_id=D, type="heart"),
        "message.reaction_added",
        {**STORED_MESSAGE, "user_id": str(D), "type": "heart"},
    ),
    (
        chat.MessageReactionRemoved(**MESSAGE, user_id=D, type="heart"),
        "message.reaction_removed",
        {**STORED_MESSAGE, "user_id": str(D), "type": "heart"},
    ),
]
PRESENCE = chat.PresenceChanged(user_id=B, status="away", since=SOON)
STORED_PRESENCE = {"user_id": str(B), "status": "away", "since": "2026-03-01T12:30:00+00:00"}


def test_every_event_has_its_example_here():
    named = [one for one in vars(chat).values() if isinstance(one, type)]
    kinds = {one for one in named if issubclass(one, Event) and "topic" in vars(one)}
    assert {type(event) for event, *_ in STORED} | {chat.PresenceChanged} == kinds - {Event}


@pytest.mark.parametrize(
    ("event", "topic", "stored"), STORED, ids=[topic for _, topic, _ in STORED]
)
def test_an_event_is_written_as_ever_and_read_back_as_it_was(
    event: Event, topic: str, stored: dict[str, Any]
):
    assert (event.topic, event.key) == (topic, str(A))
    assert event.payload() == stored
    assert list(event.payload()) == list(stored)
    assert type(event).read(stored) == event


def test_presence_is_ordered_by_person():
    assert (PRESENCE.topic, PRESENCE.key) == ("presence.changed", str(B))
    assert PRESENCE.payload() == STORED_PRESENCE
    assert chat.PresenceChanged.read(STORED_PRESENCE) == PRESENCE
