"""Adding, changing, moving and removing lessons: whoever may change the course does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col

from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.errors import BadUserInput, FieldProblem
from trellis.schema.events.learning import LessonCreated, LessonDeleted, LessonUpdated
from trellis.schema.identity import Identity
from trellis.subgraphs.learning import queries
from trellis.subgraphs.learning.errors import LessonChanged, LessonNotFound, TooManyLessons
from trellis.subgraphs.learning.event_fields import about_lesson
from trellis.subgraphs.learning.models import CompletedLesson, Lesson
from trellis.subgraphs.learning.use_cases.courses import editable
from trellis.subgraphs.learning.use_cases.progress import complete_whoever_has_all

MAX_LESSONS = 500
"""More than any course has; moving a lesson may write all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLesson:
    """A checked request for a lesson; without a ``position`` it becomes the last one."""

    course_id: UUID
    title: str
    content: str | None = None
    video_url: str | None = None
    duration_minutes: int | None = None
    position: int | None = None


async def create_lesson(uow: UnitOfWork, caller: Identity, new: NewLesson) -> Lesson:
    """Add a lesson; those from its position on move by one. Raises ``TooManyLessons``."""
    course = await editable(uow, caller, new.course_id)
    count = await _count(uow, course.id)
    if count >= MAX_LESSONS:
        raise TooManyLessons(MAX_LESSONS)
    position = new.position or count + 1
    _check_position(position, count + 1)
    await _shift(uow, course.id, position, count, by=1)
    lesson = Lesson(
        course_id=course.id,
        position=position,
        title=new.title,
        content=new.content,
        video_url=new.video_url,
        duration_minutes=new.duration_minutes,
    )
    uow.session.add(lesson)
    await uow.session.flush()
    uow.emit(LessonCreated(**about_lesson(lesson)))
    return lesson


async def update_lesson(
    uow: UnitOfWork,
    caller: Identity,
    id: UUID,
    changes: Mapping[str, Any],
    *,
    version: int | None = None,
) -> Lesson:
    """Set the given members; with a ``position`` the lessons between move by one. With ``version``
    the lesson must still have that."""
    lesson = await _editable(uow, caller, id)
    if version is not None and lesson.version != version:
        raise LessonChanged(lesson.version)
    changed = {name: value for name, value in changes.items() if getattr(lesson, name) != value}
    if not changed:
        return lesson
    if "position" in changed:
        await _make_room(uow, lesson, changed["position"])
    for name, value in changed.items():
        setattr(lesson, name, value)
    await uow.session.flush()
    uow.emit(LessonUpdated(**about_lesson(lesson), changed=tuple(changed)))
    return lesson


async def delete_lesson(uow: UnitOfWork, caller: Identity, id: UUID) -> UUID:
    """Remove a lesson, and return the id of its course; those after it move up. Whoever has
    completed all others has completed the course."""
    lesson = await _editable(uow, caller, id)
    count = await _count(uow, lesson.course_id)
    gone = LessonDeleted(**about_lesson(lesson))
    completed = delete(CompletedLesson).where(col(CompletedLesson.lesson_id) == lesson.id)
    await uow.session.execute(completed)
    await uow.session.delete(lesson)
    await uow.session.flush()
    await _shift(uow, gone.course_id, gone.position + 1, count, by=-1)
    uow.emit(gone)
    await complete_whoever_has_all(uow, gone.course_id)
    return gone.course_id


async def _editable(uow: UnitOfWork, caller: Identity, id: UUID) -> Lesson:
    """The lesson, with its course held. Raises ``LessonNotFound``, ``NotTheInstructor``."""
    seen = await queries.lesson(uow.session, caller, id)
    if seen is None:
        raise LessonNotFound(id)
    await editable(uow, caller, seen.course_id)
    # Read again: it may have been moved or deleted before the course was held.
    lesson = await queries.lesson(uow.session, caller, id)
    if lesson is None:
        raise LessonNotFound(id)
    return lesson


async def _count(uow: UnitOfWork, course_id: UUID) -> int:
    [count] = await queries.lesson_counts(uow.session, [course_id])
    return count


def _check_position(position: int, last: int) -> None:
    if not 1 <= position <= last:
        message = f"position must be between 1 and {last}."
        raise BadUserInput(message, [FieldProblem("position", "INVALID_FORMAT", message)])


async def _make_room(uow: UnitOfWork, lesson: Lesson, position: int) -> None:
    """Move the lessons between where ``lesson`` is and where it is to be."""
    _check_position(position, await _count(uow, lesson.course_id))
    if position < lesson.position:
        await _shift(uow, lesson.course_id, position, lesson.position - 1, by=1)
    else:
        await _shift(uow, lesson.course_id, lesson.position + 1, position, by=-1)


async def _shift(uow: UnitOfWork, course_id: UUID, first: int, last: int, *, by: int) -> None:
    """Move the lessons at ``first`` to ``last``, which are otherwise as they were."""
    between = col(Lesson.position).between(first, last)
    moved = update(Lesson).where(col(Lesson.course_id) == course_id, between)
    await uow.session.execute(
        moved.values(position=col(Lesson.position) + by, updated_at=col(Lesson.updated_at)),
        execution_options={"synchronize_session": False},
    )
