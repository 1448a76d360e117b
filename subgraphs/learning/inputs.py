"""The input types of courses, and how they are checked."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import UNSET

from trellis.schema.currencies import DEFAULT_CURRENCY
from trellis.schema.directives import Constraint
from trellis.schema.inputs import Id, InputProblems, SearchText
from trellis.subgraphs.learning.models import (
    FREE,
    MAX_URL,
    Basis,
    Category,
    CourseDescription,
    CourseLevel,
    CourseStatus,
    CourseTitle,
    Currency,
    LessonContent,
    LessonTitle,
)
from trellis.subgraphs.learning.queries import CourseFilters, CourseSort
from trellis.subgraphs.learning.use_cases.courses import NewCourse
from trellis.subgraphs.learning.use_cases.lessons import MAX_LESSONS, NewLesson
from trellis.subgraphs.learning.use_cases.progress import ProgressChange

# Models and queries know nothing of GraphQL: here they become known to it.
strawberry.enum(CourseLevel)
strawberry.enum(
    CourseStatus,
    description="A PUBLISHED course is visible to everyone, a DRAFT to its instructor, an "
    "ARCHIVED one also to those enrolled. Only PUBLISHED courses accept enrollments.",
)
strawberry.enum(Basis, name="EnrollmentBasis")
strawberry.enum(CourseSort)

Url = Annotated[str, Constraint(format="URI", max_length=MAX_URL)]

_MAX_PRICE = 1_000_000
_MAX_MINUTES = 1_440  # a day
Minutes = Annotated[int, Constraint(min=1, max=_MAX_MINUTES)]
Position = Annotated[int, Constraint(min=1)]
_PRICE = "at most two decimals"
_POSITION = "from 1; later lessons are moved by one"


@strawberry.input(name="CourseFilters", description="Only courses that match all members given.")
class CourseFiltersInput:
    category: Category | None = None
    level: CourseLevel | None = None
    status: CourseStatus | None = None
    instructor_id: Id | None = None
    is_free: bool | None = None
    search: SearchText | None = strawberry.field(
        default=None, description="a part of the title or description"
    )

    def checked(self) -> CourseFilters:
        """Raises ``BadUserInput``."""
        return InputProblems().make(CourseFilters, self)


@strawberry.input
class CreateCourseInput:
    title: CourseTitle
    description: CourseDescription
    category: Category
    level: CourseLevel
    status: CourseStatus | None = strawberry.field(default=None, description="DRAFT if absent")
    price: Decimal | None = strawberry.field(default=None, description=f"{_PRICE}; 0 if absent")
    currency: Currency | None = strawberry.field(
        default=None, description=f"ISO 4217; {DEFAULT_CURRENCY} if absent"
    )
    thumbnail_url: Url | None = None
    thumbnail_file_id: Id | None = strawberry.field(
        default=None, description="a personal file of the caller, an image"
    )

    def checked(self) -> NewCourse:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        return problems.make(
            NewCourse,
            self,
            status=self.status or CourseStatus.DRAFT,
            price=_price(problems, FREE if self.price is None else self.price),
            currency=problems.currency("currency", self.currency or DEFAULT_CURRENCY),
            thumbnail_url=problems.web_address("thumbnailUrl", self.thumbnail_url, maximum=MAX_URL),
        )


@strawberry.input(description="Members that are absent are not changed; null clears a member.")
class UpdateCourseInput:
    title: CourseTitle | None = UNSET
    description: CourseDescription | None = UNSET
    category: Category | None = UNSET
    level: CourseLevel | None = UNSET
    status: CourseStatus | None = strawberry.field(
        default=UNSET, description="a published course cannot become DRAFT"
    )
    price: Decimal | None = strawberry.field(default=UNSET, description=_PRICE)
    currency: Currency | None = UNSET
    thumbnail_url: Url | None = UNSET
    thumbnail_file_id: Id | None = strawberry.field(
        default=UNSET, description="a personal file of the caller, an image"
    )
    version: int | None = strawberry.field(
        default=None, description="the expected version of the course; another one is a conflict"
    )

    def checked(self) -> dict[str, Any]:
        """The changes by column. Raises ``BadUserInput``."""
        problems = InputProblems()
        may_be_null = {"thumbnail_url", "thumbnail_file_id"}
        never_null = set(self.__annotations__) - may_be_null
        changes = problems.members(self, skip=("version",), never_null=never_null)
        if changes.get("price") is not None:
            changes["price"] = _price(problems, changes["price"])
        if changes.get("currency"):
            changes["currency"] = problems.currency("currency", changes["currency"])
        if "thumbnail_url" in changes:
            changes["thumbnail_url"] = problems.web_address(
                "thumbnailUrl", changes["thumbnail_url"], maximum=MAX_URL
            )
        problems.raise_any()
        return changes


@strawberry.input
class CreateLessonInput:
    course_id: Id
    title: LessonTitle
    content: LessonContent = None
    video_url: Url | None = None
    duration_minutes: Minutes | None = None
    position: Position | None = strawberry.field(
        default=None, description=f"{_POSITION}; the last one if absent"
    )

    def checked(self) -> NewLesson:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        _check_counts(problems, self.duration_minutes, self.position)
        video_url = problems.web_address("videoUrl", self.video_url, maximum=MAX_URL)
        return problems.make(NewLesson, self, video_url=video_url)


@strawberry.input(description="Members that are absent are not changed; null clears a member.")
class UpdateLessonInput:
    title: LessonTitle | None = UNSET
    content: LessonContent = UNSET
    video_url: Url | None = UNSET
    duration_minutes: Minutes | None = UNSET
    position: Position | None = strawberry.field(default=UNSET, description=_POSITION)
    version: int | None = strawberry.field(
        default=None, description="the expected version of the lesson; another one is a conflict"
    )

    def checked(self) -> dict[str, Any]:
        """The changes by column. Raises ``BadUserInput``."""
        problems = InputProblems()
        never_null = ("title", "position")
        changes = problems.members(self, skip=("version",), never_null=never_null)
        _check_counts(problems, changes.get("duration_minutes"), changes.get("position"))
        if "video_url" in changes:
            changes["video_url"] = problems.web_address(
                "videoUrl", changes["video_url"], maximum=MAX_URL
            )
        problems.raise_any()
        return changes


@strawberry.input(description="Lessons that the caller has completed.")
class UpdateProgressInput:
    course_id: Id
    lesson_ids: list[Id]
    completed: bool = strawberry.field(
        default=True, description="false marks them as not completed"
    )

    def checked(self) -> ProgressChange:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        lesson_ids = _ids(problems, self.lesson_ids)
        return problems.make(ProgressChange, self, lesson_ids=lesson_ids)


def _price(problems: InputProblems, price: Decimal) -> Decimal:
    return problems.money("price", price, maximum=_MAX_PRICE, may_be_zero=True)


def _check_counts(problems: InputProblems, minutes: int | None, position: int | None) -> None:
    if minutes is not None and not 1 <= minutes <= _MAX_MINUTES:
        message = f"durationMinutes must be between 1 and {_MAX_MINUTES}."
        problems.add("durationMinutes", "INVALID_FORMAT", message)
    if position is not None and position < 1:
        problems.add("position", "INVALID_FORMAT", "position must be 1 or more.")


def _ids(problems: InputProblems, given: Sequence[str]) -> frozenset[UUID]:
    if not given:
        problems.add("lessonIds", "REQUIRED_FIELD_MISSING", "lessonIds must not be empty.")
    if len(given) > MAX_LESSONS:
        message = f"lessonIds may have {MAX_LESSONS} ids at most."
        problems.add("lessonIds", "VALUE_TOO_LONG", message)
    return frozenset(
        problems.id(f"lessonIds.{index}", id) for index, id in enumerate(given[:MAX_LESSONS])
    )
