"""The JSON of events about reports is what outboxes hold, so it does not change."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from trellis.schema.events import reporting
from trellis.schema.events.reporting import REPORT_CHANGES, ReportEvent

A, B, C, D = (UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in (1, 2, 3, 4))
SOON = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
REPORT: dict[str, Any] = {
    "report_id": A,
    "owner_id": B,
    "project_id": C,
    "definition_id": D,
    "name": "Time Report",
    "format": "pdf",
    "version": 2,
}
STORED_REPORT = {
    **REPORT,
    "report_id": str(A),
    "owner_id": str(B),
    "project_id": str(C),
    "definition_id": str(D),
}

STORED: list[tuple[ReportEvent, str, dict[str, Any]]] = [
    (
        reporting.ReportRequested(**{**REPORT, "project_id": None}),
        "report.requested",
        {**STORED_REPORT, "project_id": None},
    ),
    (
        reporting.ReportProgressed(**REPORT, progress=40),
        "report.progressed",
        {**STORED_REPORT, "progress": 40},
    ),
    (
        reporting.ReportCompleted(**REPORT, expires_at=SOON),
        "report.completed",
        {**STORED_REPORT, "expires_at": "2026-03-01T12:30:00+00:00"},
    ),
    (
        reporting.ReportFailed(**REPORT, reason="too large"),
        "report.failed",
        {**STORED_REPORT, "reason": "too large"},
    ),
    (reporting.ReportCancelled(**REPORT), "report.cancelled", STORED_REPORT),
    (reporting.ReportExpired(**REPORT), "report.expired", STORED_REPORT),
]


def test_every_event_has_its_example_here():
    assert [type(event) for event, *_ in STORED] == list(REPORT_CHANGES)
    named = [one for one in vars(reporting).values() if isinstance(one, type)]
    kinds = {one for one in named if issubclass(one, ReportEvent) and hasattr(one, "topic")}
    assert kinds == set(REPORT_CHANGES)


@pytest.mark.parametrize(
    ("event", "topic", "stored"), STORED, ids=[topic for _, topic, _ in STORED]
)
def test_an_event_is_written_as_ever_and_read_back_as_it_was(
    event: ReportEvent, topic: str, stored: dict[str, Any]
):
    assert (event.topic, event.key) == (topic, str(A))
    assert event.payload() == stored
    assert list(event.payload()) == list(stored)
    assert type(event).read(stored) == event
