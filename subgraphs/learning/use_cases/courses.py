"""Making, changing and deleting a course: its instructor and administrators do."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select

from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.currencies import DEFAULT_CURRENCY
from trellis.schema.events.learning import CourseCreated, CourseDeleted, CourseUpdated
from trellis.schema.identity import Identity
from trellis.subgraphs.learning import queries
from trellis.subgraphs.learning.errors import (
    CourseChanged,
    CourseNotFound,
    CourseWasPublished,
    NotTheInstructor,
    ThumbnailUnusable,
)
from trellis.subgraphs.learning.event_fields import about_course
from trellis.subgraphs.learning.models import (
    FREE,
    CompletedLesson,
    Course,
    CourseLevel,
    CourseStatus,
    Enrollment,
    Lesson,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCourse:
    """A checked request for a course."""

    title: str
    description: str
    category: str
    level: CourseLevel
    status: CourseStatus = CourseStatus.DRAFT
    price: Decimal = FREE
    currency: str = DEFAULT_CURRENCY
    thumbnail_url: str | None = None
    thumbnail_file_id: UUID | None = None


async def create_course(uow: UnitOfWork, caller: Identity, new: NewCourse) -> Course:
    """Make a course that the caller teaches. Raises ``ThumbnailUnusable``."""
    assert caller.id is not None
    await _check_thumbnail(uow, caller, new.thumbnail_file_id)
    course = Course(
        instructor_id=caller.id,
        title=new.title,
        description=new.description,
        category=new.category,
        level=new.level,
        status=new.status,
        price=new.price,
        currency=new.currency,
        thumbnail_url=new.thumbnail_url,
        thumbnail_file_id=new.thumbnail_file_id,
    )
    uow.session.add(course)
    await uow.session.flush()
    uow.emit(CourseCreated(**about_course(course)))
    return course


async def update_course(
    uow: UnitOfWork,
    caller: Identity,
    id: UUID,
    changes: Mapping[str, Any],
    *,
    version: int | None = None,
) -> Course:
    """Set the given members. With ``version`` the course must still have that."""
    course = await editable(uow, caller, id)
    if version is not None and course.version != version:
        raise CourseChanged(course.version)
    changed = {name: value for name, value in changes.items() if getattr(course, name) != value}
    if changed.get("status") is CourseStatus.DRAFT:
        raise CourseWasPublished
    await _check_thumbnail(uow, caller, changed.get("thumbnail_file_id"))
    return await change(uow, course, changed)


async def delete_course(uow: UnitOfWork, caller: Identity, id: UUID) -> None:
    """Remove a course with its lessons, and whatever people have reached in it."""
    await remove(uow, await editable(uow, caller, id))


async def editable(uow: UnitOfWork, caller: Identity, id: UUID) -> Course:
    """The course, held against other writers. Raises ``CourseNotFound``, ``NotTheInstructor`` for
    one that the caller sees and may not change."""
    course = await queries.course_for_update(uow.session, caller, id)
    if course is None:
        raise CourseNotFound(id)
    if not caller.is_admin and course.instructor_id != caller.id:
        raise NotTheInstructor
    return course


async def change(uow: UnitOfWork, course: Course, changes: Mapping[str, Any]) -> Course:
    """Set columns of a course that is held, and announce it if that changed anything."""
    if changes:
        for name, value in changes.items():
            setattr(course, name, value)
        await uow.session.flush()
        uow.emit(CourseUpdated(**about_course(course), changed=tuple(changes)))
    return course


async def remove(uow: UnitOfWork, course: Course) -> None:
    """Remove a course that is held, with all that belongs to it."""
    lessons = select(Lesson.id).where(col(Lesson.course_id) == course.id)
    for statement in (
        delete(CompletedLesson).where(col(CompletedLesson.lesson_id).in_(lessons)),
        delete(Enrollment).where(col(Enrollment.course_id) == course.id),
        delete(Lesson).where(col(Lesson.course_id) == course.id),
    ):
        await uow.session.execute(statement)
    gone = CourseDeleted(**about_course(course))
    await uow.session.delete(course)
    await uow.session.flush()
    uow.emit(gone)


async def _check_thumbnail(uow: UnitOfWork, caller: Identity, file_id: UUID | None) -> None:
    if file_id is not None and not await queries.has_image(uow.session, caller, file_id):
        raise ThumbnailUnusable
