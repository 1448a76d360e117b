"""How far people have come in courses."""

from collections.abc import Set
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.learning import ProgressUpdated
from trellis.schema.identity import Identity
from trellis.subgraphs.learning import queries
from trellis.subgraphs.learning.errors import LessonsOfAnotherCourse
from trellis.subgraphs.learning.event_fields import about_enrollment
from trellis.subgraphs.learning.models import CompletedLesson, Course, Enrollment
from trellis.subgraphs.learning.use_cases.enrolling import own_enrollment


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressChange:
    """Lessons of a course that the caller has completed, or has not after all."""

    course_id: UUID
    lesson_ids: frozenset[UUID]
    completed: bool


def percentage(completed: int, lessons: int) -> int:
    """How much of a course is completed, rounded down: 100 is all of it."""
    return 100 * completed // lessons if lessons else 0


async def update_progress(uow: UnitOfWork, caller: Identity, change: ProgressChange) -> Enrollment:
    """Note which lessons the caller has completed; what was noted already changes nothing.

    With the last lesson the course is completed, and stays so when it gets more lessons, until the
    caller takes one back. Raises ``CourseNotFound``, ``NotEnrolled``, ``LessonsOfAnotherCourse``.
    """
    enrollment = await own_enrollment(uow, caller, change.course_id)
    lessons = await queries.lesson_ids_in(uow.session, change.course_id)
    if not change.lesson_ids <= lessons:
        raise LessonsOfAnotherCourse
    before = await queries.completed_lessons(uow.session, enrollment.id)
    after = before | change.lesson_ids if change.completed else before - change.lesson_ids
    if after == before:
        return enrollment
    await _write(uow, enrollment.id, before, after)
    now = utc_now()
    enrollment.updated_at = now  # so that the version counts
    if after == lessons:
        enrollment.completed_at = enrollment.completed_at or now
    elif not change.completed:
        enrollment.completed_at = None
    await uow.session.flush()
    course = await uow.session.get_one(Course, enrollment.course_id)
    uow.emit(
        ProgressUpdated(
            **about_enrollment(enrollment, course),
            lesson_ids=tuple(sorted(before ^ after)),
            completed=change.completed,
            progress=percentage(len(after), len(lessons)),
            completed_at=enrollment.completed_at,
        )
    )
    return enrollment


async def complete_whoever_has_all(uow: UnitOfWork, course_id: UUID) -> None:
    """A lesson was removed: note that people who have completed all others have completed the
    course."""
    lessons = await queries.lesson_ids_in(uow.session, course_id)
    if not lessons:
        return
    course = await uow.session.get_one(Course, course_id)
    done = await queries.enrollments_to_complete(uow.session, course_id, len(lessons))
    now = utc_now()
    for enrollment in done:
        enrollment.completed_at = now
    await uow.session.flush()
    for enrollment in done:
        uow.emit(
            ProgressUpdated(
                **about_enrollment(enrollment, course),
                lesson_ids=(),
                completed=True,
                progress=100,
                completed_at=enrollment.completed_at,
            )
        )


async def _write(uow: UnitOfWork, enrollment_id: UUID, before: Set[UUID], after: Set[UUID]) -> None:
    if taken_back := before - after:
        of_it = col(CompletedLesson.enrollment_id) == enrollment_id
        gone = of_it, col(CompletedLesson.lesson_id).in_(taken_back)
        await uow.session.execute(delete(CompletedLesson).where(*gone))
    uow.session.add_all(
        CompletedLesson(enrollment_id=enrollment_id, lesson_id=id) for id in after - before
    )
