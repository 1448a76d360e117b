"""Events about courses, lessons and enrolments, in the stream of the subgraph ``learning``.

Events about a course carry its state: keep that with the greatest ``version``. One about an
enrolment comes after the one that created its course.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from trellis.schema.events.event import Event

STREAM = "learning"


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseState:
    """What other subgraphs may store of a course.

    ``level`` is beginner, intermediate or advanced; ``status`` is draft, published or archived;
    a ``price`` of zero is that of a free course. ``instructor_id`` is null when the account of the
    person was deleted, ``thumbnail_file_id`` names a file of the subgraph ``files``.
    """

    title: str
    description: str
    category: str
    level: str
    status: str
    price: Decimal
    currency: str
    instructor_id: UUID | None
    thumbnail_file_id: UUID | None

    @property
    def is_published(self) -> bool:
        """Whether everybody sees the course, and may enrol or buy it."""
        return self.status == "published"

    @property
    def is_for_sale(self) -> bool:
        """Whether the course can be bought: it is published and has a price."""
        return self.is_published and self.price > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseEvent(Event):
    course_id: UUID
    version: int
    state: CourseState

    @property
    def key(self) -> str:
        return str(self.course_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseCreated(CourseEvent):
    topic: ClassVar[str] = "course.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseUpdated(CourseEvent):
    topic: ClassVar[str] = "course.updated"
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseDeleted(CourseEvent):
    """Its lessons and enrolments are gone with it, without events of their own."""

    topic: ClassVar[str] = "course.deleted"


COURSE_STATES: tuple[type[CourseEvent], ...] = (CourseCreated, CourseUpdated, CourseDeleted)
"""Every event with the state of a course."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonEvent(Event):
    """``position`` counts from one. The lessons that move aside have no events for that."""

    lesson_id: UUID
    course_id: UUID
    version: int
    title: str
    position: int

    @property
    def key(self) -> str:
        return str(self.lesson_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonCreated(LessonEvent):
    topic: ClassVar[str] = "lesson.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonUpdated(LessonEvent):
    topic: ClassVar[str] = "lesson.updated"
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonDeleted(LessonEvent):
    topic: ClassVar[str] = "lesson.deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentEvent(Event):
    """A person has one enrolment in a course at a time; a later one has another id."""

    enrollment_id: UUID
    course_id: UUID
    user_id: UUID
    version: int
    course_title: str = ""

    @property
    def key(self) -> str:
        return str(self.enrollment_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentCreated(EnrollmentEvent):
    """``basis`` is why the person was admitted: free, purchase or subscription. ``instructor_id``
    is null where nobody teaches the course any more."""

    topic: ClassVar[str] = "enrollment.created"
    basis: str
    instructor_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentEnded(EnrollmentEvent):
    """``reason`` is left, refunded or user_deleted."""

    topic: ClassVar[str] = "enrollment.ended"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressUpdated(EnrollmentEvent):
    """``progress`` is in percent; ``completed_at`` is null until all lessons are completed."""

    topic: ClassVar[str] = "progress.updated"
    lesson_ids: tuple[UUID, ...]
    completed: bool
    progress: int
    completed_at: datetime | None
