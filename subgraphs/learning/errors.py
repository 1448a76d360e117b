"""What may go wrong with courses."""

from uuid import UUID

from trellis.db.replica import MissingInReplica
from trellis.schema.errors import (
    AlreadyExists,
    BadUserInput,
    Conflict,
    EntitlementRequired,
    FieldProblem,
    Forbidden,
    NotFound,
)
from trellis.schema.events.files import STREAM as FILES
from trellis.schema.events.orders import STREAM as ORDERS


class CourseNotFound(NotFound):
    """Also the answer for a course that the caller may not know of."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such course.", id=str(id))


class LessonNotFound(NotFound):
    """Also the answer for a lesson of a course that the caller may not know of."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such lesson.", id=str(id))


class AccountDeleted(Forbidden):
    def __init__(self) -> None:
        super().__init__("This account was deleted.")


class NotTheInstructor(Forbidden):
    def __init__(self) -> None:
        super().__init__("Only the instructor of the course may do this.")


class NotEnrolled(Forbidden):
    def __init__(self) -> None:
        super().__init__("Only those who are enrolled in the course may do this.")


class AlreadyEnrolled(AlreadyExists):
    def __init__(self, course_id: UUID) -> None:
        super().__init__("You are enrolled in the course already.", courseId=str(course_id))


class OwnCourse(Conflict):
    def __init__(self) -> None:
        super().__init__("You teach this course: you cannot enrol in it.")


class CourseNotOpen(Conflict):
    """Nobody is admitted to drafts and archived courses."""

    def __init__(self, status: str) -> None:
        super().__init__(f"The course is {status}: nobody can enrol.", status=status)


class CourseWasPublished(Conflict):
    """People may be enrolled in it, or have bought it."""

    def __init__(self) -> None:
        super().__init__("The course was published: it can be archived, but is no draft any more.")


class PurchaseRequired(MissingInReplica, EntitlementRequired):
    """News of the order may be on the way."""

    stream = ORDERS

    def __init__(
        self, required_tier: str | None, current_tier: str | None, upgrade_url: str
    ) -> None:
        message = "The course has to be bought."
        if required_tier is None:
            super().__init__(message)
            return
        super().__init__(
            message[:-1] + ", unless your subscription includes it.",
            required_tier=required_tier,
            current_tier=current_tier or "free",
            upgrade_url=upgrade_url,
        )


class ThumbnailUnusable(MissingInReplica, BadUserInput):
    """News of the file may be on the way."""

    stream = FILES

    def __init__(self) -> None:
        message = "thumbnailFileId must be an image that you have uploaded, in no project."
        super().__init__(message, [FieldProblem("thumbnailFileId", "INVALID_FORMAT", message)])


class LessonsOfAnotherCourse(BadUserInput):
    def __init__(self) -> None:
        message = "lessonIds must be lessons of the course."
        super().__init__(message, [FieldProblem("lessonIds", "INVALID_FORMAT", message)])


class CourseChanged(Conflict):
    def __init__(self, current: int) -> None:
        message = "The course was changed meanwhile. Read it again and retry."
        super().__init__(message, currentVersion=current)


class LessonChanged(Conflict):
    def __init__(self, current: int) -> None:
        message = "The lesson was changed meanwhile. Read it again and retry."
        super().__init__(message, currentVersion=current)


class TooManyLessons(Conflict):
    def __init__(self, limit: int) -> None:
        super().__init__(f"A course can have {limit} lessons at most.", limit=limit)
