"""The types of courses in the graph, and what courses add to people."""

from datetime import datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID, Info

from trellis.db.caller_context import CallerContext
from trellis.schema.list_sizes import FORWARD, list_size
from trellis.schema.paging import DEFAULT_PAGE, Connection, PageRequest
from trellis.schema.references import Reference, load_by_id
from trellis.subgraphs.learning import models
from trellis.subgraphs.learning.inputs import CourseFiltersInput
from trellis.subgraphs.learning.loaders import Loaders
from trellis.subgraphs.learning.models import Basis, CourseLevel, CourseStatus
from trellis.subgraphs.learning.queries import CourseFilters, EnrollmentParent
from trellis.subgraphs.learning.use_cases.progress import percentage

READ = [["read:courses"]]
WRITE = [["write:courses"]]
_AS_LONG_AS_A_PAGE = list_size(DEFAULT_PAGE)
_CURSOR = (
    "The position of this event in the stream; only in subscriptions. Pass it as `after` to "
    "resume without missing events."
)
_VERSION = "Send it with an update to detect concurrent changes."

Ctx = Info[CallerContext[Loaders], None]


@strawberry.federation.type(keys=["id"])
class File:
    id: ID


@strawberry.federation.type(keys=["id"])
class User:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ,
        directives=[FORWARD],
        description="Courses of this instructor that the caller may see, newest first.",
    )
    async def taught_courses(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        filters: CourseFiltersInput | None = None,
    ) -> "Connection[Course] | None":
        wanted = filters.checked() if filters else CourseFilters()
        page, lists = PageRequest.of(first, after), info.context.loaders.courses
        return Connection.of(Course.of, await lists.load_for(wanted, self.id, page))

    @strawberry.federation.field(
        requires_scopes=READ,
        directives=[FORWARD],
        description="Newest first: the caller's own, and those in courses that the caller teaches.",
    )
    async def enrollments(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> "Connection[Enrollment] | None":
        return await _enrollments(info, "user_id", self.id, PageRequest.of(first, after))


@strawberry.federation.type(keys=["id"], requires_scopes=READ)
class Course:
    id: ID
    title: str
    description: str
    instructor: User | None = strawberry.field(
        description="Null when the account of the person was deleted."
    )
    category: str
    level: CourseLevel
    status: CourseStatus
    price: Decimal = strawberry.field(description="0 for a course that is free.")
    currency: str = strawberry.field(description="ISO 4217 code.")
    thumbnail_url: str | None
    thumbnail: File | None = strawberry.field(
        description="The file is visible to everyone who may see the course."
    )
    created_at: datetime
    updated_at: datetime
    version: int = strawberry.field(description=_VERSION)
    event_cursor: str | None = strawberry.field(default=None, description=_CURSOR)

    @strawberry.field
    async def lesson_count(self, info: Ctx) -> int:
        return await info.context.loaders.lesson_count.load(UUID(self.id))

    @strawberry.field(description="The number of people enrolled.")
    async def enrollment_count(self, info: Ctx) -> int:
        return await info.context.loaders.enrollment_count.load(UUID(self.id))

    @strawberry.field(description="Null unless the caller is enrolled.")
    async def my_enrollment(self, info: Ctx) -> "Enrollment | None":
        row = await info.context.loaders.own_enrollment.load(UUID(self.id))
        return Enrollment.of(row) if row else None

    @strawberry.federation.field(directives=[FORWARD], description="In order of position.")
    async def lessons(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> "Connection[Lesson]":
        page, lists = PageRequest.of(first, after), info.context.loaders.lessons
        return Connection.of(Lesson.of, await lists.load_for(None, self.id, page))

    @strawberry.federation.field(
        directives=[FORWARD],
        description="Newest first; all for the instructor and administrators, only their own for "
        "others.",
    )
    async def enrollments(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> "Connection[Enrollment]":
        return await _enrollments(info, "course_id", self.id, PageRequest.of(first, after))

    @classmethod
    def of(cls, row: models.Course, *, event_cursor: str | None = None) -> Self:
        instructor, thumbnail = row.instructor_id, row.thumbnail_file_id
        return cls(
            id=ID(str(row.id)),
            title=row.title,
            description=row.description,
            instructor=User(id=ID(str(instructor))) if instructor else None,
            category=row.category,
            level=row.level,
            status=row.status,
            price=row.price,
            currency=row.currency,
            thumbnail_url=row.thumbnail_url,
            thumbnail=File(id=ID(str(thumbnail))) if thumbnail else None,
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
            event_cursor=event_cursor,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.course, references)
        return [cls.of(row) if row else None for row in rows]


@strawberry.federation.type(keys=["id"], requires_scopes=READ)
class Lesson:
    id: ID
    title: str
    position: int = strawberry.field(description="Starts with 1.")
    duration_minutes: int | None
    has_video: bool
    created_at: datetime
    updated_at: datetime
    version: int = strawberry.field(description=_VERSION)
    course_id: strawberry.Private[UUID]
    text: strawberry.Private[str | None]

    @strawberry.field
    async def course(self, info: Ctx) -> Course | None:
        row = await info.context.loaders.course.load(self.course_id)
        return Course.of(row) if row else None

    @strawberry.field(
        description="Null unless the caller is enrolled, teaches the course or is an administrator."
    )
    async def content(self, info: Ctx) -> str | None:
        may_study = await info.context.loaders.may_study.load(self.course_id)
        return self.text if may_study else None

    @classmethod
    def of(cls, row: models.Lesson) -> Self:
        return cls(
            id=ID(str(row.id)),
            title=row.title,
            position=row.position,
            duration_minutes=row.duration_minutes,
            has_video=row.video_url is not None,
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
            course_id=row.course_id,
            text=row.content,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.lesson, references)
        return [cls.of(row) if row else None for row in rows]


@strawberry.type
class LessonVideo:
    url: str
    lesson: Lesson


@strawberry.type(description="A lesson that a person has completed.")
class LessonProgress:
    completed_at: datetime
    lesson_id: strawberry.Private[UUID]

    @strawberry.field
    async def lesson(self, info: Ctx) -> Lesson | None:
        row = await info.context.loaders.lesson.load(self.lesson_id)
        return Lesson.of(row) if row else None


@strawberry.federation.type(
    keys=["id"],
    requires_scopes=READ,
    description="The enrollment of a person in a course, with their progress.",
)
class Enrollment:
    id: ID
    user: User | None
    basis: Basis = strawberry.field(description="On what grounds the person was admitted.")
    completed_at: datetime | None = strawberry.field(
        description="When all lessons had been completed."
    )
    enrolled_at: datetime
    updated_at: datetime
    version: int
    event_cursor: str | None = strawberry.field(default=None, description=_CURSOR)
    course_id: strawberry.Private[UUID]

    @strawberry.field
    async def course(self, info: Ctx) -> Course | None:
        row = await info.context.loaders.course.load(self.course_id)
        return Course.of(row) if row else None

    @strawberry.field(description="Percent of the lessons completed, rounded down.")
    async def progress(self, info: Ctx) -> int:
        lessons = await info.context.loaders.lesson_count.load(self.course_id)
        return percentage(await self._completed(info), lessons)

    @strawberry.field
    async def completed_lesson_count(self, info: Ctx) -> int:
        return await self._completed(info)

    async def _completed(self, info: Ctx) -> int:
        return await info.context.loaders.completed_count.load(UUID(self.id))

    @strawberry.federation.field(
        directives=[_AS_LONG_AS_A_PAGE], description="All lessons, in the order of the course."
    )
    async def completed_lessons(self, info: Ctx) -> list[LessonProgress]:
        rows = await info.context.loaders.completions.load(UUID(self.id))
        return [
            LessonProgress(completed_at=row.completed_at, lesson_id=row.lesson_id) for row in rows
        ]

    @classmethod
    def of(cls, row: models.Enrollment, *, event_cursor: str | None = None) -> Self:
        return cls(
            id=ID(str(row.id)),
            user=User(id=ID(str(row.user_id))),
            basis=row.basis,
            completed_at=row.completed_at,
            enrolled_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
            event_cursor=event_cursor,
            course_id=row.course_id,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.enrollment, references)
        return [cls.of(row) if row else None for row in rows]


async def _enrollments(
    info: Ctx, parent: EnrollmentParent, id: str, page: PageRequest
) -> Connection[Enrollment]:
    """The enrolments that hang on something, loaded together with those of its siblings."""
    found = await info.context.loaders.enrollments.load_for(parent, id, page)
    return Connection.of(Enrollment.of, found)
