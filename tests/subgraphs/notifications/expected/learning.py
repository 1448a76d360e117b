"""What people are notified of where they learn: enrolments, messages, runs of code."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from tests.subgraphs.notifications.telling import Expected, user
from trellis.schema.events.chat import MessageSent, UserMentioned
from trellis.schema.events.executions import ExecutionCompleted, ExecutionFailed
from trellis.schema.events.learning import EnrollmentCreated, EnrollmentEnded


def of_enrollment() -> dict[str, Any]:
    """Alan's, in a course."""
    return {
        "enrollment_id": uuid4(),
        "course_id": uuid4(),
        "user_id": user("alan"),
        "version": 1,
        "course_title": "Sorting by Hand",
    }


def of_message(author: str) -> dict[str, Any]:
    return {
        "channel_id": uuid4(),
        "message_id": uuid4(),
        "author_id": user(author),
        "sequence": 1,
        "version": 1,
    }


RUN: dict[str, Any] = {
    "execution_id": uuid4(),
    "owner_id": user("alan"),
    "language": "python",
    "version": 3,
    "execution_time_ms": 20,
}

OF_LEARNING: Sequence[Expected] = (
    (
        EnrollmentCreated(**of_enrollment(), basis="free", instructor_id=user("barbara")),
        "alan",
        "barbara",
        "enrollment_created",
        "Alan Turing has enrolled in 'Sorting by Hand'",
    ),
    (
        EnrollmentEnded(**of_enrollment(), reason="refunded"),
        "ada",
        "alan",
        "enrollment_ended",
        "You are no longer enrolled in 'Sorting by Hand', because your order of it was cancelled",
    ),
    (
        MessageSent(
            **of_message("ada"),
            type="text",
            reply_to_id=None,
            thread_id=None,
            recipient_ids=(user("alan"),),
        ),
        "ada",
        "alan",
        "message_received",
        "Ada Lovelace has written to you",
    ),
    (
        UserMentioned(**of_message("ada"), user_id=user("alan")),
        "ada",
        "alan",
        "mentioned",
        "Ada Lovelace has mentioned you in a message",
    ),
    (
        ExecutionCompleted(**RUN, exit_code=0),
        "ada",
        "alan",
        "execution_completed",
        "Your python program has completed",
    ),
    (
        ExecutionFailed(**{**RUN, "execution_id": uuid4()}, exit_code=None, reason="memory"),
        "ada",
        "alan",
        "execution_failed",
        "Your python program has failed: it needed too much memory.",
    ),
)
