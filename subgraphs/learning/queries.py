"""Every SELECT of courses. What the caller may not see does not exist."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.batching import rows_by
from trellis.db.paging import NEWEST_FIRST, ChildRows, SortColumn, instant, integer, order_by, text
from trellis.schema.identity import Identity
from trellis.subgraphs.learning.models import (
    FREE,
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

EnrollmentParent = Literal["course_id", "user_id"]
"""What a list of enrolments hangs on."""

IN_ORDER = (SortColumn("position", integer, is_named=True), SortColumn("id", UUID))
"""How lessons follow one another."""

# Without this the session would answer with what it has read before.
_FRESH: dict[str, Any] = {"execution_options": {"populate_existing": True}}


class CourseSort(StrEnum):
    """The columns that clients may sort by."""

    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    TITLE = "title"
    PRICE = "price"

    def order(self, *, descending: bool) -> Sequence[SortColumn]:
        parse = {CourseSort.TITLE: text, CourseSort.PRICE: _amount}.get(self, instant)
        return order_by(self.value, parse, descending=descending)


def _amount(value: Any) -> Decimal:
    """Parse an amount of a cursor: one that a column can be compared with."""
    try:
        amount = Decimal(text(value))
    except InvalidOperation:
        raise ValueError(value) from None
    if not amount.is_finite() or not 0 <= amount < 10**10 or amount != round(amount, 2):
        raise ValueError(value)
    return amount


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseFilters:
    """``search`` is part of the title or the description."""

    category: str | None = None
    level: CourseLevel | None = None
    status: CourseStatus | None = None
    instructor_id: UUID | None = None
    is_free: bool | None = None
    search: str | None = None


def visible_to(caller: Identity) -> Select[Course]:
    """Published courses, and those that the caller teaches or is enrolled in; administrators see
    all."""
    return select(Course).where(may_see(caller))


def may_see(caller: Identity) -> ColumnElement[bool]:
    if caller.id is None:
        return false()
    published = col(Course.status) == CourseStatus.PUBLISHED
    return or_(published, may_edit(caller), _is_enrolled(caller))


def may_edit(caller: Identity) -> ColumnElement[bool]:
    """Whether the caller teaches the course, or is an administrator."""
    if caller.id is None:
        return false()
    return true() if caller.is_admin else col(Course.instructor_id) == caller.id


def _is_enrolled(caller: Identity) -> ColumnElement[bool]:
    return exists().where(
        col(Enrollment.course_id) == col(Course.id), col(Enrollment.user_id) == caller.id
    )


def matching(caller: Identity, filters: CourseFilters) -> Select[Course]:
    """The visible courses that match all filters."""
    wanted: dict[Any, Any] = {
        Course.category: filters.category,
        Course.level: filters.level,
        Course.status: filters.status,
        Course.instructor_id: filters.instructor_id,
    }
    conditions = [col(column) == value for column, value in wanted.items() if value is not None]
    if filters.is_free is not None:
        free = col(Course.price) == FREE
        conditions.append(free if filters.is_free else ~free)
    if filters.search:
        texts = (col(Course.title), col(Course.description))
        conditions.append(or_(*(t.icontains(filters.search, autoescape=True) for t in texts)))
    return visible_to(caller).where(*conditions)


async def courses_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Course | None]:
    return await rows_by(session, visible_to(caller), Course.id, ids)


def courses_of(caller: Identity, filters: CourseFilters) -> ChildRows[Course]:
    """The courses that people teach."""
    return ChildRows(matching(caller, filters), Course, col(Course.instructor_id), NEWEST_FIRST)


async def course(session: AsyncSession, caller: Identity, id: UUID) -> Course | None:
    statement = visible_to(caller).where(col(Course.id) == id)
    return (await session.scalars(statement)).one_or_none()


async def course_for_update(session: AsyncSession, caller: Identity, id: UUID) -> Course | None:
    """The course, held against other writers until the transaction ends."""
    statement = visible_to(caller).where(col(Course.id) == id).with_for_update(of=Course)
    return (await session.scalars(statement, **_FRESH)).one_or_none()


async def course_to_enter(session: AsyncSession, caller: Identity, id: UUID) -> Course | None:
    """The course, kept from being changed until the transaction ends, not from others who enrol."""
    statement = visible_to(caller).where(col(Course.id) == id).with_for_update(read=True, of=Course)
    return (await session.scalars(statement, **_FRESH)).one_or_none()


async def lesson_counts(session: AsyncSession, course_ids: Sequence[UUID]) -> list[int]:
    return await _counts(session, Lesson.course_id, course_ids)


async def enrollment_counts(session: AsyncSession, course_ids: Sequence[UUID]) -> list[int]:
    return await _counts(session, Enrollment.course_id, course_ids)


async def completed_counts(session: AsyncSession, enrollment_ids: Sequence[UUID]) -> list[int]:
    """How many lessons each enrolled person has completed."""
    return await _counts(session, CompletedLesson.enrollment_id, enrollment_ids)


async def _counts(session: AsyncSession, column: Any, keys: Sequence[UUID]) -> list[int]:
    """How many rows there are for each key."""
    parent = col(column)
    counted = select(parent, func.count()).where(parent.in_(keys)).group_by(parent)
    found: dict[UUID, int] = {row[0]: row[1] for row in await session.execute(counted)}
    return [found.get(key, 0) for key in keys]


async def may_study(
    session: AsyncSession, caller: Identity, course_ids: Sequence[UUID]
) -> list[bool]:
    """Whether the caller sees what is in the lessons: enrolled people, the instructor and
    administrators do."""
    admitted = or_(may_edit(caller), _is_enrolled(caller)) if caller.id else false()
    statement = select(Course.id).where(col(Course.id).in_(course_ids), admitted)
    found = set(await session.scalars(statement))
    return [id in found for id in course_ids]


def lessons_visible_to(caller: Identity) -> Select[Lesson]:
    """The lessons of courses that the caller sees."""
    joined = select(Lesson).join(Course, col(Course.id) == col(Lesson.course_id))
    return joined.where(may_see(caller))


async def lessons_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Lesson | None]:
    return await rows_by(session, lessons_visible_to(caller), Lesson.id, ids)


def lessons_of(caller: Identity, kind: None) -> ChildRows[Lesson]:
    """The lessons of courses, in order."""
    return ChildRows(lessons_visible_to(caller), Lesson, col(Lesson.course_id), IN_ORDER)


async def lesson(session: AsyncSession, caller: Identity, id: UUID) -> Lesson | None:
    statement = lessons_visible_to(caller).where(col(Lesson.id) == id)
    return (await session.scalars(statement, **_FRESH)).one_or_none()


async def lesson_ids_in(session: AsyncSession, course_id: UUID) -> set[UUID]:
    """The ids of all lessons of a course that the caller sees."""
    return set(await session.scalars(select(Lesson.id).where(col(Lesson.course_id) == course_id)))


def enrollments_visible_to(caller: Identity) -> Select[Enrollment]:
    """The caller's own, those in courses that the caller teaches, all for administrators."""
    joined = select(Enrollment).join(Course, col(Course.id) == col(Enrollment.course_id))
    return joined.where(or_(may_edit(caller), col(Enrollment.user_id) == caller.id))


async def enrollments_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Enrollment | None]:
    return await rows_by(session, enrollments_visible_to(caller), Enrollment.id, ids)


def enrollments_of(caller: Identity, parent: EnrollmentParent) -> ChildRows[Enrollment]:
    """The enrolments in courses or of people, as the parent says."""
    rows = enrollments_visible_to(caller)
    return ChildRows(rows, Enrollment, col(getattr(Enrollment, parent)), NEWEST_FIRST)


async def own_enrollments(
    session: AsyncSession, caller: Identity, course_ids: Sequence[UUID]
) -> list[Enrollment | None]:
    """The caller's enrolment in each course."""
    mine = select(Enrollment).where(col(Enrollment.user_id) == caller.id)
    return await rows_by(session, mine, Enrollment.course_id, course_ids)


async def own_enrollment_for_update(
    session: AsyncSession, caller: Identity, course_id: UUID
) -> Enrollment | None:
    """The caller's enrolment in the course, held against other writers until the transaction
    ends."""
    mine = col(Enrollment.user_id) == caller.id, col(Enrollment.course_id) == course_id
    statement = select(Enrollment).where(*mine).with_for_update()
    return (await session.scalars(statement, **_FRESH)).one_or_none()


async def completed_lessons(session: AsyncSession, enrollment_id: UUID) -> set[UUID]:
    statement = select(CompletedLesson.lesson_id)
    of_it = col(CompletedLesson.enrollment_id) == enrollment_id
    return set(await session.scalars(statement.where(of_it)))


async def completions_of(
    session: AsyncSession, enrollment_ids: Sequence[UUID]
) -> list[list[CompletedLesson]]:
    """The lessons that each enrolled person has completed, in the order of the course."""
    statement = (
        select(CompletedLesson)
        .join(Lesson, col(Lesson.id) == col(CompletedLesson.lesson_id))
        .where(col(CompletedLesson.enrollment_id).in_(enrollment_ids))
        .order_by(col(Lesson.position), col(Lesson.id))
    )
    found: dict[UUID, list[CompletedLesson]] = {id: [] for id in enrollment_ids}
    for row in await session.scalars(statement):
        found[row.enrollment_id].append(row)
    return [found[id] for id in enrollment_ids]


async def enrollments_to_complete(
    session: AsyncSession, course_id: UUID, lessons: int
) -> Sequence[Enrollment]:
    """Those who have completed all ``lessons`` of the course without that being noted, held against
    other writers until the transaction ends."""
    done = (
        select(CompletedLesson.enrollment_id)
        .join(Lesson, col(Lesson.id) == col(CompletedLesson.lesson_id))
        .where(col(Lesson.course_id) == course_id)
        .group_by(col(CompletedLesson.enrollment_id))
        .having(func.count() == lessons)
    )
    unnoted = col(Enrollment.completed_at).is_(None), col(Enrollment.id).in_(done)
    return (await session.scalars(select(Enrollment).where(*unnoted).with_for_update())).all()


async def has_bought(session: AsyncSession, user_id: UUID, course_id: UUID) -> bool:
    """Whether the person has a confirmed order of the course, which is kept from being refunded
    until the transaction ends."""
    theirs = col(Purchase.user_id) == user_id, col(Purchase.course_id) == course_id
    statement = select(Purchase.order_id).where(*theirs, col(Purchase.is_refunded).is_(False))
    held = statement.limit(1).with_for_update(read=True)
    return (await session.execute(held)).first() is not None


async def bought_enrollment(
    session: AsyncSession, user_id: UUID, course_id: UUID
) -> Enrollment | None:
    """The enrolment that the person has by having bought the course."""
    of_it = col(Enrollment.user_id) == user_id, col(Enrollment.course_id) == course_id
    statement = select(Enrollment).where(*of_it, col(Enrollment.basis) == Basis.PURCHASE)
    return (await session.scalars(statement.with_for_update())).one_or_none()


async def has_image(session: AsyncSession, caller: Identity, file_id: UUID) -> bool:
    """Whether it is an image that the caller has uploaded."""
    file = await session.get(StoredFile, file_id)
    if file is None or file.is_deleted or file.owner_id != caller.id:
        return False
    return file.mime_type.startswith("image/")
