"""The JSON of events about comments, as outboxes of earlier releases hold it, does not change."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from trellis.schema.events import comments, issues
from trellis.schema.events.event import Event

A, B, C = (UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in (1, 2, 3))
SOON = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
a, b, c = str(A), str(B), str(C)

COMMENT: dict[str, Any] = {
    "comment_id": A,
    "subject_type": "task",
    "subject_id": B,
    "project_id": None,
    "author_id": C,
    "version": 2,
}
STORED = {**COMMENT, "comment_id": a, "subject_id": b, "author_id": c}
SAID = comments.CommentState(
    content="Oiled.", parent_id=None, mentioned_ids=(A,), created_at=SOON, updated_at=SOON
)
STORED_SAID = {
    "content": "Oiled.",
    "parent_id": None,
    "mentioned_ids": [a],
    "created_at": SOON.isoformat(),
    "updated_at": SOON.isoformat(),
}
REACTION: dict[str, Any] = {"user_id": A, "type": "heart"}
STORED_REACTION = {**STORED, "user_id": a, "type": "heart"}


@pytest.mark.parametrize(
    ("event", "topic", "stored"),
    [
        (
            comments.CommentCreated(**COMMENT, state=SAID),
            "comment.created",
            {**STORED, "state": STORED_SAID},
        ),
        (
            comments.CommentMoved(**COMMENT, state=SAID),
            "comment.moved",
            {**STORED, "state": STORED_SAID},
        ),
        (
            comments.CommentUpdated(**COMMENT, state=SAID, newly_mentioned_ids=(A,)),
            "comment.updated",
            {**STORED, "state": STORED_SAID, "newly_mentioned_ids": [a]},
        ),
        (comments.CommentDeleted(**COMMENT), "comment.deleted", STORED),
        (
            comments.ReactionAdded(**COMMENT, **REACTION),
            "comment.reaction_added",
            STORED_REACTION,
        ),
        (
            comments.ReactionRemoved(**COMMENT, **REACTION),
            "comment.reaction_removed",
            STORED_REACTION,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_events_are_stored_as_ever(event: Event, topic: str, stored: dict[str, Any]):
    assert (event.topic, event.key) == (topic, b)
    assert event.payload() == stored
    assert list(event.payload()) == list(stored)
    assert type(event).read(stored) == event


def test_what_the_release_before_has_stored_is_read():
    """Its ``comment.added`` did not say what was written."""
    issue = {"issue_id": a, "issue_key": "ENG-1", "project_id": b, "version": 1}
    event = issues.CommentAdded.read({**issue, "comment_id": c, "author_id": a})
    assert (event.content, event.created_at) == (None, None)
