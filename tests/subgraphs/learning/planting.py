"""What the learning subgraph keeps of a tenant."""

from decimal import Decimal
from typing import Any

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.tenants.tenant import Tenant
from tests.subgraphs.tenants.writing import write
from tests.support.subgraphs import Running
from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.learning.graph import make_subgraph
from trellis.subgraphs.learning.models import (
    Basis,
    CompletedLesson,
    Course,
    CourseLevel,
    CourseStatus,
    Enrollment,
    Lesson,
    Purchase,
    StoredFile,
)

_STATUSES = (CourseStatus.ARCHIVED, CourseStatus.DRAFT)
_LEARNERS = ("lead", "member", "viewer")


def make(settings: DataSettings | None, bus: EventBus | None, letters: Letters) -> Subgraph:
    return make_subgraph(settings, bus)


async def plant(tenant: Tenant, school: Running) -> None:
    await write(
        school,
        [*_courses_of(tenant), *_bought_in(tenant)],
        [*_lessons_of(tenant), *_enrollments_of(tenant)],
        [
            CompletedLesson(enrollment_id=id, lesson_id=tenant.id("lesson", 1))
            for id in tenant.ids["enrollment"]
        ],
    )


async def plant_outsider(who: Identity, school: Running) -> None:
    """Nobody is enrolled before they want to."""


def _courses_of(tenant: Tenant) -> list[Any]:
    """Taught by the boss."""
    return [
        Course(
            id=id,
            instructor_id=tenant.id("user", "boss"),
            title=tenant.text("Course"),
            description=tenant.text("All that is known of the course"),
            category=tenant.text("Category"),
            level=CourseLevel.BEGINNER,
            status=status,
            price=Decimal("49.90"),
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number, (id, status) in enumerate(zip(tenant.ids["course"], _STATUSES, strict=True))
    ]


def _bought_in(tenant: Tenant) -> list[Any]:
    """What learning knows of orders and files."""
    return [
        Purchase(
            order_id=tenant.id("order", person),
            course_id=tenant.id("course"),
            user_id=tenant.id("user", person),
        )
        for person in _LEARNERS
    ] + [
        StoredFile(id=id, owner_id=tenant.id("user", "boss"), mime_type="image/png", version=1)
        for id in tenant.ids["image"]
    ]


def _lessons_of(tenant: Tenant) -> list[Any]:
    """The first in the draft, which outlives the first course in the tests."""
    return [
        Lesson(
            id=id,
            course_id=tenant.id("course", 0 if number else 1),
            position=number or 1,
            title=tenant.text("Lesson"),
            content=tenant.text("Content"),
            video_url=f"https://{tenant.domain}/film.mp4",
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number, id in enumerate(tenant.ids["lesson"])
    ]


def _enrollments_of(tenant: Tenant) -> list[Any]:
    """All in the first course."""
    return [
        Enrollment(
            id=id,
            course_id=tenant.id("course"),
            user_id=tenant.id("user", person),
            basis=Basis.PURCHASE,
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number, (id, person) in enumerate(zip(tenant.ids["enrollment"], _LEARNERS, strict=True))
    ]
