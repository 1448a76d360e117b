"""The JSON of events about runs of code is what outboxes hold, so it does not change."""

from typing import Any
from uuid import UUID

import pytest

from trellis.schema.events import executions
from trellis.schema.events.executions import EXECUTION_CHANGES, ExecutionEvent

A, B = (UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in (1, 2))
RUN: dict[str, Any] = {"execution_id": A, "owner_id": B, "language": "python", "version": 3}
ENDED: dict[str, Any] = {**RUN, "exit_code": 0, "execution_time_ms": 41}
KILLED: dict[str, Any] = {**ENDED, "exit_code": None}
STORED_RUN = {**RUN, "execution_id": str(A), "owner_id": str(B)}

STORED: list[tuple[ExecutionEvent, str, dict[str, Any]]] = [
    (executions.ExecutionQueued(**RUN), "execution.queued", STORED_RUN),
    (
        executions.ExecutionStarted(**RUN, attempt=1),
        "execution.started",
        {**STORED_RUN, "attempt": 1},
    ),
    (
        executions.ExecutionOutputWritten(**RUN, sequence=7),
        "execution.output_written",
        {**STORED_RUN, "sequence": 7},
    ),
    (
        executions.ExecutionCompleted(**ENDED),
        "execution.completed",
        {**STORED_RUN, "exit_code": 0, "execution_time_ms": 41},
    ),
    (
        executions.ExecutionFailed(**KILLED, reason="timeout"),
        "execution.failed",
        {**STORED_RUN, "exit_code": None, "execution_time_ms": 41, "reason": "timeout"},
    ),
    (
        executions.ExecutionCancelled(**KILLED),
        "execution.cancelled",
        {**STORED_RUN, "exit_code": None, "execution_time_ms": 41},
    ),
]


def test_every_event_has_its_example_here():
    assert [type(event) for event, *_ in STORED] == list(EXECUTION_CHANGES)
    named = [one for one in vars(executions).values() if isinstance(one, type)]
    kinds = {one for one in named if issubclass(one, ExecutionEvent) and hasattr(one, "topic")}
    assert kinds == set(EXECUTION_CHANGES)


@pytest.mark.parametrize(
    ("event", "topic", "stored"), STORED, ids=[topic for _, topic, _ in STORED]
)
def test_an_event_is_written_as_ever_and_read_back_as_it_was(
    event: ExecutionEvent, topic: str, stored: dict[str, Any]
):
    assert (event.topic, event.key) == (topic, str(A))
    assert event.payload() == stored
    assert list(event.payload()) == list(stored)
    assert type(event).read(stored) == event
