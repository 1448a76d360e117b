"""Enrolling in a course, once for each person, and leaving it."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.learning import EnrollmentCreated, EnrollmentEnded
from trellis.schema.identity import Identity
from trellis.subgraphs.learning import queries
from trellis.subgraphs.learning.errors import (
    AccountDeleted,
    AlreadyEnrolled,
    CourseNotFound,
    CourseNotOpen,
    NotEnrolled,
    OwnCourse,
    PurchaseRequired,
)
from trellis.subgraphs.learning.event_fields import about_enrollment
from trellis.subgraphs.learning.models import (
    FREE,
    Basis,
    CompletedLesson,
    Course,
    CourseStatus,
    DeletedPerson,
    Enrollment,
)
from trellis.subgraphs.learning.settings import LearningSettings
from trellis.subgraphs.people_scope.deleted import unless_deleted


async def enroll(
    uow: UnitOfWork, caller: Identity, course_id: UUID, *, settings: LearningSettings
) -> Enrollment:
    """Admit the caller to a published course: to one with a price by having bought it, or by a
    subscription that includes it.

    Raises ``CourseNotFound``, ``OwnCourse``, ``AlreadyEnrolled``, ``CourseNotOpen``,
    ``PurchaseRequired``, ``AccountDeleted``.
    """
    assert caller.id is not None
    if await unless_deleted(uow, DeletedPerson, caller.id) is None:
        raise AccountDeleted  # the token is still good for a moment
    course = await queries.course_to_enter(uow.session, caller, course_id)
    if course is None:
        raise CourseNotFound(course_id)
    if course.instructor_id == caller.id:
        raise OwnCourse
    [known] = await queries.own_enrollments(uow.session, caller, [course_id])
    if known is not None:
        raise AlreadyEnrolled(course_id)
    if course.status is not CourseStatus.PUBLISHED:
        raise CourseNotOpen(course.status.value)
    basis = await _basis(uow, caller, course, settings)
    enrollment = Enrollment(course_id=course.id, user_id=caller.id, basis=basis)
    uow.session.add(enrollment)
    try:
        await uow.session.flush()
    except IntegrityError:  # the key decides between writers that come at once
        raise AlreadyEnrolled(course_id) from None
    about = about_enrollment(enrollment, course)
    teacher = course.instructor_id
    uow.emit(EnrollmentCreated(**about, basis=basis.value, instructor_id=teacher))
    return enrollment


async def leave_course(uow: UnitOfWork, caller: Identity, course_id: UUID) -> None:
    """End the caller's enrolment, with all progress. Raises ``CourseNotFound``, ``NotEnrolled``."""
    await end(uow, await own_enrollment(uow, caller, course_id), "left")


async def own_enrollment(uow: UnitOfWork, caller: Identity, course_id: UUID) -> Enrollment:
    """The caller's enrolment, held against other writers, with the course kept as it is."""
    if await queries.course_to_enter(uow.session, caller, course_id) is None:
        raise CourseNotFound(course_id)
    enrollment = await queries.own_enrollment_for_update(uow.session, caller, course_id)
    if enrollment is None:
        raise NotEnrolled
    return enrollment


async def end(uow: UnitOfWork, enrollment: Enrollment, reason: str) -> None:
    """Remove an enrolment and what was reached in it."""
    of_it = col(CompletedLesson.enrollment_id) == enrollment.id
    await uow.session.execute(delete(CompletedLesson).where(of_it))
    course = await uow.session.get_one(Course, enrollment.course_id)
    gone = EnrollmentEnded(**about_enrollment(enrollment, course), reason=reason)
    await uow.session.delete(enrollment)
    await uow.session.flush()
    uow.emit(gone)


async def _basis(
    uow: UnitOfWork, caller: Identity, course: Course, settings: LearningSettings
) -> Basis:
    """Why the caller is admitted. Raises ``PurchaseRequired``."""
    assert caller.id is not None
    if course.price == FREE:
        return Basis.FREE
    if await queries.has_bought(uow.session, caller.id, course.id):
        return Basis.PURCHASE
    if settings.includes(caller.tier):
        return Basis.SUBSCRIPTION
    raise PurchaseRequired(settings.included_from, caller.tier, settings.upgrade_url)
