"""Courses in the graph: the root fields, and the subgraph that the router runs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import RequiresScopes

from trellis.db.replica import Replica
from trellis.db.storage import Storage
from trellis.db.subgraph import define_subgraph
from trellis.schema.dialects import dialect_tags
from trellis.schema.directives import Live, RateLimit
from trellis.schema.events.accounts import STREAM as ACCOUNTS
from trellis.schema.events.accounts import UserDeleted
from trellis.schema.events.files import STREAM as FILES
from trellis.schema.events.files import FileDeleted, FileUpdated, FileUploaded
from trellis.schema.events.orders import STREAM as ORDERS
from trellis.schema.events.orders import OrderCancelled, OrderConfirmed
from trellis.schema.inputs import known_id
from trellis.schema.list_sizes import EITHER_WAY
from trellis.schema.paging import Connection, PageRequest, SortOrder
from trellis.schema.references import load_one
from trellis.subgraphs.learning import models, queries, seed
from trellis.subgraphs.learning.changes import course_changes, enrollment_changes
from trellis.subgraphs.learning.errors import CourseNotFound, LessonNotFound, NotEnrolled
from trellis.subgraphs.learning.inputs import (
    CourseFiltersInput,
    CreateCourseInput,
    CreateLessonInput,
    UpdateCourseInput,
    UpdateLessonInput,
    UpdateProgressInput,
)
from trellis.subgraphs.learning.loaders import Loaders
from trellis.subgraphs.learning.queries import CourseFilters, CourseSort
from trellis.subgraphs.learning.settings import SETTINGS, LearningSettings
from trellis.subgraphs.learning.types import (
    READ,
    WRITE,
    Course,
    Ctx,
    Enrollment,
    Lesson,
    LessonVideo,
)
from trellis.subgraphs.learning.use_cases import courses, enrolling, lessons, progress, upkeep

# Section 3.2 of the requirements, S4-LIM-02: videos by the minute.
_VIDEOS = RateLimit(limit=10, window=60, key="user")


@strawberry.type
class CoursePayload:
    course: Course


@strawberry.type
class DeleteCoursePayload:
    deleted_course_id: ID


@strawberry.type
class LessonPayload:
    lesson: Lesson


@strawberry.type
class DeleteLessonPayload:
    deleted_lesson_id: ID


@strawberry.type
class EnrollmentPayload:
    enrollment: Enrollment


@strawberry.type
class LeaveCoursePayload:
    left_course_id: ID


@strawberry.type
class Query:
    @strawberry.federation.field(requires_scopes=READ, directives=[EITHER_WAY])
    async def courses(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        skip: int | None = None,
        filters: CourseFiltersInput | None = None,
        sort_by: CourseSort = CourseSort.CREATED_AT,
        sort_order: SortOrder = SortOrder.DESC,
    ) -> Connection[Course] | None:
        """Published courses, and those that the caller teaches or is enrolled in, newest first.
        For numbered pages use skip, else after."""
        context, page = info.context, PageRequest.of(first, after, last, before, skip)
        wanted = filters.checked() if filters else CourseFilters()
        order = sort_by.order(descending=sort_order is SortOrder.DESC)
        statement = queries.matching(context.caller, wanted)
        rows = await context.page(statement, models.Course, page, order)
        return Connection.of(Course.of, rows)

    @strawberry.federation.field(requires_scopes=READ)
    async def course(self, info: Ctx, id: ID) -> Course | None:
        row = await load_one(info.context.loaders.course, id)
        return Course.of(row) if row else None

    @strawberry.federation.field(requires_scopes=READ)
    async def lesson(self, info: Ctx, id: ID) -> Lesson | None:
        row = await load_one(info.context.loaders.lesson, id)
        return Lesson.of(row) if row else None

    @strawberry.federation.field(requires_scopes=READ, directives=[_VIDEOS])
    async def lesson_video(self, info: Ctx, lesson_id: ID) -> LessonVideo | None:
        """The video of a lesson, null without one; for those who are enrolled, the instructor and
        administrators. FORBIDDEN for all others who see the course."""
        row = await load_one(info.context.loaders.lesson, lesson_id)
        if row is None or row.video_url is None:
            return None
        if not await info.context.loaders.may_study.load(row.course_id):
            raise NotEnrolled
        return LessonVideo(url=row.video_url, lesson=Lesson.of(row))

    @strawberry.federation.field(requires_scopes=READ)
    async def enrollment(self, info: Ctx, id: ID) -> Enrollment | None:
        row = await load_one(info.context.loaders.enrollment, id)
        return Enrollment.of(row) if row else None


@strawberry.type
class Mutation:
    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def create_course(self, info: Ctx, input: CreateCourseInput) -> CoursePayload | None:
        """Make a course that the caller teaches."""
        row = await info.context.transact(courses.create_course, input.checked())
        return CoursePayload(course=Course.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_course(
        self, info: Ctx, id: ID, input: UpdateCourseInput
    ) -> CoursePayload | None:
        """For the instructor of the course and administrators."""
        changes, wanted = input.checked(), known_id(id, CourseNotFound)
        row = await info.context.transact(
            courses.update_course, wanted, changes, version=input.version
        )
        return CoursePayload(course=Course.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def delete_course(self, info: Ctx, id: ID) -> DeleteCoursePayload | None:
        """Remove a course with its lessons, enrolments and progress; for its instructor and
        administrators. One that people have paid for should be archived instead."""
        wanted = known_id(id, CourseNotFound)
        await info.context.transact(courses.delete_course, wanted)
        return DeleteCoursePayload(deleted_course_id=ID(str(wanted)))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def create_lesson(self, info: Ctx, input: CreateLessonInput) -> LessonPayload | None:
        """For the instructor of the course and administrators."""
        row = await info.context.transact(lessons.create_lesson, input.checked())
        return LessonPayload(lesson=Lesson.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_lesson(
        self, info: Ctx, id: ID, input: UpdateLessonInput
    ) -> LessonPayload | None:
        """For the instructor of the course and administrators."""
        changes, wanted = input.checked(), known_id(id, LessonNotFound)
        row = await info.context.transact(
            lessons.update_lesson, wanted, changes, version=input.version
        )
        return LessonPayload(lesson=Lesson.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def delete_lesson(self, info: Ctx, id: ID) -> DeleteLessonPayload | None:
        """For the instructor of the course and administrators."""
        wanted = known_id(id, LessonNotFound)
        await info.context.transact(lessons.delete_lesson, wanted)
        return DeleteLessonPayload(deleted_lesson_id=ID(str(wanted)))

    @strawberry.federation.mutation(requires_scopes=READ)
    async def enroll(self, info: Ctx, course_id: ID) -> EnrollmentPayload | None:
        """Enrol the caller in a published course. ALREADY_EXISTS for whoever is enrolled; CONFLICT
        for its instructor, and unless it is published. ENTITLEMENT_REQUIRED for a course with a
        price, unless the caller has bought it or has a subscription that includes it."""
        wanted = known_id(course_id, CourseNotFound)
        row = await info.context.transact(
            enrolling.enroll, wanted, settings=LearningSettings.from_environment()
        )
        return EnrollmentPayload(enrollment=Enrollment.of(row))

    @strawberry.federation.mutation(requires_scopes=READ)
    async def leave_course(self, info: Ctx, course_id: ID) -> LeaveCoursePayload | None:
        """End the caller's enrolment, with all progress. FORBIDDEN for whoever is not enrolled."""
        wanted = known_id(course_id, CourseNotFound)
        await info.context.transact(enrolling.leave_course, wanted)
        return LeaveCoursePayload(left_course_id=ID(str(wanted)))

    @strawberry.federation.mutation(requires_scopes=READ)
    async def update_progress(
        self, info: Ctx, input: UpdateProgressInput
    ) -> EnrollmentPayload | None:
        """Note which lessons the caller has completed. FORBIDDEN for whoever is not enrolled."""
        row = await info.context.transact(progress.update_progress, input.checked())
        return EnrollmentPayload(enrollment=Enrollment.of(row))


@strawberry.type
class Subscription:
    @strawberry.subscription(directives=[RequiresScopes(scopes=READ), Live(resumed_by=["after"])])
    async def course_updated(
        self, info: Ctx, id: ID, after: str | None = None
    ) -> AsyncGenerator[Course | None, None]:
        """The course, each time that it or one of its lessons was changed.

        Ends with NOT_FOUND when it is gone or the caller may not see it any more. With ``after``
        (an ``eventCursor``) it begins with what was missed.
        """
        wanted = known_id(id, CourseNotFound)
        async with aclosing(course_changes(info.context, wanted, after)) as rows:
            async for row, cursor in rows:
                yield Course.of(row, event_cursor=cursor)

    @strawberry.subscription(directives=[RequiresScopes(scopes=READ), Live(resumed_by=["after"])])
    async def enrollment_updated(
        self, info: Ctx, course_id: ID | None = None, after: str | None = None
    ) -> AsyncGenerator[Enrollment | None, None]:
        """Each enrolment that was made or came further: the caller's own, or with ``courseId``
        those in the course as far as the caller sees them, all for its instructor.

        Ends with NOT_FOUND when the course is gone or the caller may not see it any more. With
        ``after`` (an ``eventCursor``) it begins with what was missed.
        """
        wanted = None if course_id is None else known_id(course_id, CourseNotFound)
        async with aclosing(enrollment_changes(info.context, wanted, after)) as rows:
            async for row, cursor in rows:
                yield Enrollment.of(row, event_cursor=cursor)


async def _check_settings(_storage: Storage) -> None:
    LearningSettings.from_environment()


make_subgraph = define_subgraph(
    "learning",
    models.Base,
    Query,
    Mutation,
    Subscription,
    loaders=Loaders,
    replicas=[
        Replica(ACCOUNTS, (UserDeleted,), upkeep.forget_person),
        Replica(FILES, (FileUploaded, FileUpdated, FileDeleted), upkeep.keep_file),
        Replica(ORDERS, (OrderConfirmed, OrderCancelled), upkeep.apply_order),
    ],
    seed=seed.write_demo_data,
    env_settings=SETTINGS,
    check=_check_settings,
    tags=dialect_tags(),
)

subgraph = make_subgraph()
