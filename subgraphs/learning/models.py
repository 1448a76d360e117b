"""The tables of courses."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid4

import pydantic
from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from trellis.db.models import Money, Timestamped, Versioned, enum_column, new_metadata, utc_now
from trellis.db.personal_data import PersonId
from trellis.schema.currencies import DEFAULT_CURRENCY
from trellis.subgraphs.people_scope.deleted import DeletedPersonCopy

# How long texts may be, for columns and inputs alike. Those of a course are the limits of the
# requirements (S4-VAL-04).
CourseTitle = Annotated[str, pydantic.Field(min_length=5, max_length=200)]
CourseDescription = Annotated[str, pydantic.Field(min_length=20, max_length=5_000)]
Category = Annotated[str, pydantic.Field(max_length=100)]
LessonTitle = Annotated[str, pydantic.Field(max_length=200)]
LessonContent = Annotated[str | None, pydantic.Field(max_length=50_000)]
Currency = Annotated[str, pydantic.Field(max_length=3)]
MAX_URL = 2_000
Url = Annotated[str | None, pydantic.Field(max_length=MAX_URL)]

FREE = Decimal("0.00")


class CourseLevel(StrEnum):
    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"


class CourseStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Basis(StrEnum):
    """Why a person was admitted to a course."""

    FREE = "free"
    PURCHASE = "purchase"
    SUBSCRIPTION = "subscription"


class Base(SQLModel):
    metadata = new_metadata()


class DeletedPerson(DeletedPersonCopy, Base, table=True):
    pass


class StoredFile(Base, table=True):
    """What may become a thumbnail, kept up to date by events of files. ``owner_id`` is null for
    files of projects: a thumbnail is shown to everybody, a project only to its members.

    A deleted one stays as a row, so that a late event cannot revive it.
    """

    __tablename__ = "stored_file"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    owner_id: PersonId | None
    mime_type: str = Field(max_length=255)
    version: int
    is_deleted: bool = False


class Purchase(Base, table=True):
    """A course in a confirmed order, kept up to date by events of orders.

    One whose order was cancelled stays as a row without the person, so that a late event cannot
    revive it.
    """

    __tablename__ = "purchase"  # type: ignore[assignment]

    order_id: UUID = Field(primary_key=True)
    course_id: UUID = Field(primary_key=True)
    user_id: PersonId | None
    is_refunded: bool = False

    __table_args__ = (Index("ix_purchase_of_user", "user_id", "course_id"),)


class Course(Versioned, Timestamped, Base, table=True):
    """``instructor_id`` is null when the account of the person was deleted."""

    __tablename__ = "course"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    instructor_id: PersonId | None = Field(index=True)
    title: CourseTitle
    description: CourseDescription
    category: Category
    level: CourseLevel = Field(sa_type=enum_column(CourseLevel))  # type: ignore[arg-type]
    status: CourseStatus = Field(
        default=CourseStatus.DRAFT,
        sa_type=enum_column(CourseStatus),  # type: ignore[arg-type]
    )
    price: Decimal = Field(default=FREE, sa_type=Money)
    currency: Currency = DEFAULT_CURRENCY
    thumbnail_url: Url = None
    thumbnail_file_id: UUID | None = None

    __table_args__ = (
        CheckConstraint("price >= 0", name="price"),
        Index("ix_course_newest", "status", "created_at", "id"),
        Index("ix_course_in_category", "category", "level"),
    )


class Lesson(Versioned, Timestamped, Base, table=True):
    """``position`` counts from one without gaps; whoever changes it holds the course."""

    __tablename__ = "lesson"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    course_id: UUID = Field(foreign_key="course.id")
    position: int
    title: LessonTitle
    content: LessonContent = None
    video_url: Url = None
    duration_minutes: int | None = None

    __table_args__ = (
        CheckConstraint("position >= 1", name="position"),
        CheckConstraint("duration_minutes >= 1", name="duration"),
        Index("ix_lesson_of_course", "course_id", "position", "id"),
    )


class Enrollment(Versioned, Timestamped, Base, table=True):
    """``completed_at`` is when all lessons that there were had been completed."""

    __tablename__ = "enrollment"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    course_id: UUID = Field(foreign_key="course.id")
    user_id: PersonId
    basis: Basis = Field(sa_type=enum_column(Basis))  # type: ignore[arg-type]
    completed_at: datetime | None = None

    __table_args__ = (
        UniqueConstraint("course_id", "user_id"),
        Index("ix_enrollment_of_user", "user_id", "created_at", "id"),
    )


class CompletedLesson(Base, table=True):
    """A lesson that a person has completed."""

    __tablename__ = "completed_lesson"  # type: ignore[assignment]

    enrollment_id: UUID = Field(foreign_key="enrollment.id", primary_key=True)
    lesson_id: UUID = Field(foreign_key="lesson.id", primary_key=True, index=True)
    completed_at: datetime = Field(default_factory=utc_now, nullable=False)
