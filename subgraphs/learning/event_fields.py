"""What events say of courses, lessons and enrolments."""

from typing import TypedDict
from uuid import UUID

from trellis.schema.events.learning import CourseState
from trellis.subgraphs.learning.models import Course, Enrollment, Lesson


class _AboutCourse(TypedDict):
    """The fields of ``CourseEvent``."""

    course_id: UUID
    version: int
    state: CourseState


def about_course(course: Course) -> _AboutCourse:
    """What every event about the course begins with."""
    state = CourseState(
        title=course.title,
        description=course.description,
        category=course.category,
        level=course.level.value,
        status=course.status.value,
        price=course.price,
        currency=course.currency,
        instructor_id=course.instructor_id,
        thumbnail_file_id=course.thumbnail_file_id,
    )
    return {"course_id": course.id, "version": course.version, "state": state}


class _AboutLesson(TypedDict):
    """The fields of ``LessonEvent``."""

    lesson_id: UUID
    course_id: UUID
    version: int
    title: str
    position: int


def about_lesson(lesson: Lesson) -> _AboutLesson:
    """What every event about the lesson begins with."""
    return {
        "lesson_id": lesson.id,
        "course_id": lesson.course_id,
        "version": lesson.version,
        "title": lesson.title,
        "position": lesson.position,
    }


class _AboutEnrollment(TypedDict):
    """The fields of ``EnrollmentEvent``."""

    enrollment_id: UUID
    course_id: UUID
    user_id: UUID
    version: int
    course_title: str


def about_enrollment(enrollment: Enrollment, course: Course) -> _AboutEnrollment:
    """What every event about the enrolment begins with."""
    return {
        "enrollment_id": enrollment.id,
        "course_id": enrollment.course_id,
        "user_id": enrollment.user_id,
        "version": enrollment.version,
        "course_title": course.title,
    }
