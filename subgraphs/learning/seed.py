"""The demo world's courses, written once and without events."""

from datetime import timedelta

from trellis.db.seed.courses import DemoCourse, DemoEnrollment, demo_courses, demo_enrollments
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.currencies import DEFAULT_CURRENCY
from trellis.subgraphs.learning.models import (
    Basis,
    CompletedLesson,
    Course,
    CourseLevel,
    CourseStatus,
    Enrollment,
    Lesson,
)


async def write_demo_data(uow: UnitOfWork) -> None:
    """Does nothing when the first demo course is here: it was done before."""
    if await uow.session.get(Course, demo_courses()[0].id) is not None:
        return
    uow.session.add_all(_course(demo) for demo in demo_courses())
    await uow.session.flush()
    uow.session.add_all(lesson for demo in demo_courses() for lesson in _lessons(demo))
    uow.session.add_all(_enrollment(demo) for demo in demo_enrollments())
    await uow.session.flush()
    uow.session.add_all(row for demo in demo_enrollments() for row in _completed(demo))


def _course(demo: DemoCourse) -> Course:
    return Course(
        id=demo.id,
        instructor_id=demo.instructor_id,
        title=demo.title,
        description=demo.description,
        category=demo.category,
        level=CourseLevel(demo.level),
        status=CourseStatus(demo.status),
        price=demo.price,
        currency=DEFAULT_CURRENCY,
        created_at=demo.created_at,
        updated_at=demo.created_at,
    )


def _lessons(demo: DemoCourse) -> list[Lesson]:
    return [
        Lesson(
            id=lesson.id,
            course_id=demo.id,
            position=lesson.position,
            title=lesson.title,
            content=lesson.content,
            video_url=lesson.video_url,
            duration_minutes=lesson.minutes,
            created_at=demo.created_at,
            updated_at=demo.created_at,
        )
        for lesson in demo.lessons
    ]


def _enrollment(demo: DemoEnrollment) -> Enrollment:
    completed_at = demo.enrolled_at + timedelta(days=len(demo.completed_lessons))
    return Enrollment(
        id=demo.id,
        course_id=demo.course_id,
        user_id=demo.user_id,
        basis=Basis.FREE,
        completed_at=completed_at if demo.is_complete else None,
        created_at=demo.enrolled_at,
        updated_at=completed_at,
    )


def _completed(demo: DemoEnrollment) -> list[CompletedLesson]:
    return [
        CompletedLesson(
            enrollment_id=demo.id,
            lesson_id=id,
            completed_at=demo.enrolled_at + timedelta(days=number),
        )
        for number, id in enumerate(demo.completed_lessons, 1)
    ]
