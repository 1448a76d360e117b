"""What subscribers get of the changes of courses and enrolments."""

from collections.abc import AsyncGenerator
from uuid import UUID

from trellis.db.caller_context import CallerContext
from trellis.db.outbox import Envelope
from trellis.db.subscriptions import changed_rows
from trellis.schema.events.learning import (
    CourseDeleted,
    CourseUpdated,
    EnrollmentCreated,
    LessonCreated,
    LessonDeleted,
    LessonUpdated,
    ProgressUpdated,
)
from trellis.subgraphs.learning.errors import CourseNotFound
from trellis.subgraphs.learning.loaders import Loaders
from trellis.subgraphs.learning.models import Course, Enrollment

_OF_COURSES = frozenset(
    event.topic
    for event in (CourseUpdated, CourseDeleted, LessonCreated, LessonUpdated, LessonDeleted)
)
_OF_ENROLLMENTS = frozenset({EnrollmentCreated.topic, ProgressUpdated.topic})


def course_changes(
    context: CallerContext[Loaders], id: UUID, after: str | None
) -> AsyncGenerator[tuple[Course, str]]:
    """The course after each change of it or its lessons, with the event's cursor; use it inside
    ``aclosing``. With ``after``, such a cursor, it begins with what was missed.

    Raises ``CourseNotFound`` when the course is gone or the caller may not see it any more.
    """

    def id_of(event: Envelope) -> UUID | None:
        is_of_it = event.topic in _OF_COURSES and event.payload["course_id"] == str(id)
        return id if is_of_it else None

    return changed_rows(
        context,
        after,
        id_of,
        lambda loaders: loaders.course,
        require=lambda: _see(context, id),
    )


def enrollment_changes(
    context: CallerContext[Loaders], course_id: UUID | None, after: str | None
) -> AsyncGenerator[tuple[Enrollment, str]]:
    """Each enrolment that was made or came further, as ``course_changes``: the caller's, or those
    in a course as far as the caller sees them."""
    if course_id is None:
        member, wanted = "user_id", str(context.caller.id)
    else:
        member, wanted = "course_id", str(course_id)

    async def require() -> None:
        if course_id is not None:
            await _see(context, course_id)

    def id_of(event: Envelope) -> UUID | None:
        is_wanted = event.topic in _OF_ENROLLMENTS and event.payload[member] == wanted
        return UUID(event.key) if is_wanted else None

    return changed_rows(context, after, id_of, lambda loaders: loaders.enrollment, require=require)


async def _see(context: CallerContext[Loaders], id: UUID) -> Course:
    """The course. Raises ``CourseNotFound`` unless the caller sees it."""
    course = await context.loaders.course.load(id)
    if course is None:
        raise CourseNotFound(id)
    return course
