"""The JSON of events about courses is what outboxes hold, so it does not change."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from trellis.schema.events import learning
from trellis.schema.events.event import Event

A, B, C, D = (UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in (1, 2, 3, 4))
SOON = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
a, b, c, d = str(A), str(B), str(C), str(D)

STATE = learning.CourseState(
    title="Introduction to Python",
    description="From nothing to small programs.",
    category="programming",
    level="beginner",
    status="published",
    price=Decimal("49.90"),
    currency="USD",
    instructor_id=B,
    thumbnail_file_id=C,
)
COURSE: dict[str, Any] = {"course_id": A, "version": 2, "state": STATE}
STORED_COURSE = {
    "course_id": a,
    "version": 2,
    "state": {
        "title": "Introduction to Python",
        "description": "From nothing to small programs.",
        "category": "programming",
        "level": "beginner",
        "status": "published",
        "price": "49.90",
        "currency": "USD",
        "instructor_id": b,
        "thumbnail_file_id": c,
    },
}
LESSON: dict[str, Any] = {
    "lesson_id": A,
    "course_id": B,
    "version": 1,
    "title": "Loops",
    "position": 3,
}
STORED_LESSON = {**LESSON, "lesson_id": a, "course_id": b}
ENROLLMENT: dict[str, Any] = {
    "enrollment_id": A,
    "course_id": B,
    "user_id": C,
    "version": 1,
    "course_title": "Introduction to Python",
}
STORED_ENROLLMENT = {**ENROLLMENT, "enrollment_id": a, "course_id": b, "user_id": c}

STORED: list[tuple[Event, str, dict[str, Any]]] = [
    (learning.CourseCreated(**COURSE), "course.created", STORED_COURSE),
    (
        learning.CourseUpdated(**COURSE, changed=("price",)),
        "course.updated",
        {**STORED_COURSE, "changed": ["price"]},
    ),
    (learning.CourseDeleted(**COURSE), "course.deleted", STORED_COURSE),
    (learning.LessonCreated(**LESSON), "lesson.created", STORED_LESSON),
    (
        learning.LessonUpdated(**LESSON, changed=("title",)),
        "lesson.updated",
        {**STORED_LESSON, "changed": ["title"]},
    ),
    (learning.LessonDeleted(**LESSON), "lesson.deleted", STORED_LESSON),
    (
        learning.EnrollmentCreated(**ENROLLMENT, basis="purchase", instructor_id=D),
        "enrollment.created",
        {**STORED_ENROLLMENT, "basis": "purchase", "instructor_id": d},
    ),
    (
        learning.EnrollmentEnded(**ENROLLMENT, reason="refunded"),
        "enrollment.ended",
        {**STORED_ENROLLMENT, "reason": "refunded"},
    ),
    (
        learning.ProgressUpdated(
            **ENROLLMENT, lesson_ids=(D,), completed=True, progress=100, completed_at=SOON
        ),
        "progress.updated",
        {
            **STORED_ENROLLMENT,
            "lesson_ids": [d],
            "completed": True,
            "progress": 100,
            "completed_at": "2026-03-01T12:30:00+00:00",
        },
    ),
]


@pytest.mark.parametrize(
    ("event", "topic", "payload"), STORED, ids=[topic for _, topic, _ in STORED]
)
def test_an_event_is_written_and_read_as_it_always_was(
    event: Event, topic: str, payload: dict[str, Any]
):
    assert (event.topic, event.key, event.payload()) == (topic, a, payload)
    assert type(event).read(payload) == event


def test_every_event_is_here():
    kinds = {kind for kind in vars(learning).values() if isinstance(kind, type)}
    assert {type(event) for event, *_ in STORED} == {one for one in kinds if hasattr(one, "topic")}


@pytest.mark.parametrize(
    ("status", "price", "published", "for_sale"),
    [
        ("draft", "49.90", False, False),
        ("published", "0.00", True, False),
        ("published", "0.01", True, True),
        ("archived", "49.90", False, False),
    ],
)
def test_only_published_courses_with_a_price_are_for_sale(
    status: str, price: str, published: bool, for_sale: bool
):
    state = replace(STATE, status=status, price=Decimal(price))

    assert (state.is_published, state.is_for_sale) == (published, for_sale)


def test_early_events_about_enrolments_name_neither_course_nor_instructor():
    early = {"enrollment_id": a, "course_id": b, "user_id": c, "version": 1, "basis": "free"}
    event = learning.EnrollmentCreated.read(early)

    assert (event.course_title, event.instructor_id) == ("", None)
