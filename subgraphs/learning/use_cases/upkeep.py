"""What happens to courses without a request: news of people, files and orders."""

from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, select

from trellis.db.replica import keep
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import UserDeleted
from trellis.schema.events.files import FileDeleted, FileEvent, FileUpdated, FileUploaded
from trellis.schema.events.orders import OrderCancelled, OrderConfirmed
from trellis.subgraphs.learning import queries
from trellis.subgraphs.learning.models import (
    Course,
    CourseStatus,
    DeletedPerson,
    Enrollment,
    Purchase,
    StoredFile,
)
from trellis.subgraphs.learning.use_cases.courses import change, remove
from trellis.subgraphs.learning.use_cases.enrolling import end
from trellis.subgraphs.people_scope.deleted import note_deleted, unless_deleted

_AT_ONCE = 500


async def keep_file(uow: UnitOfWork, event: FileEvent) -> None:
    """Note what may become a thumbnail; courses lose one that was deleted."""
    if isinstance(event, (FileUploaded, FileUpdated)):
        owner_id = event.uploaded_by if event.project_id is None else None
        copy = StoredFile(
            id=event.file_id,
            owner_id=await unless_deleted(uow, DeletedPerson, owner_id),
            mime_type=event.state.mime_type,
            version=event.version,
        )
        await keep(uow, copy)
    elif isinstance(event, FileDeleted):
        gone = StoredFile(
            id=event.file_id, owner_id=None, mime_type="", version=event.version, is_deleted=True
        )
        await keep(uow, gone)
        shown = col(Course.thumbnail_file_id) == event.file_id
        for course in (await uow.session.scalars(select(Course).where(shown))).all():
            await change(uow, course, {"thumbnail_file_id": None})


async def apply_order(uow: UnitOfWork, event: OrderConfirmed | OrderCancelled) -> None:
    """Note which courses somebody has bought. Cancelling the order ends that, and the enrolments
    by it."""
    buyer = await unless_deleted(uow, DeletedPerson, event.user_id)
    products = {item.product_id for item in event.state.items}
    known = select(Course.id).where(col(Course.id).in_(products))
    for course_id in sorted(await uow.session.scalars(known)):
        row = await uow.session.get(Purchase, (event.order_id, course_id))
        if isinstance(event, OrderCancelled):
            gone = Purchase(
                order_id=event.order_id, course_id=course_id, user_id=None, is_refunded=True
            )
            await uow.session.merge(gone)
            await uow.session.flush()
            await _end_bought(uow, event.user_id, course_id)
        elif row is None and buyer is not None:
            bought = Purchase(order_id=event.order_id, course_id=course_id, user_id=buyer)
            uow.session.add(bought)


async def _end_bought(uow: UnitOfWork, user_id: UUID, course_id: UUID) -> None:
    """End the enrolment by purchase of somebody who has no confirmed order of the course now."""
    if await queries.has_bought(uow.session, user_id, course_id):
        return
    enrollment = await queries.bought_enrollment(uow.session, user_id, course_id)
    if enrollment is not None:
        await end(uow, enrollment, "refunded")


async def forget_person(uow: UnitOfWork, event: UserDeleted) -> None:
    """Remove what somebody whose account was deleted has done and bought, and their drafts.

    Courses that were published are archived without an instructor: people are enrolled in them,
    and nobody is there any more to teach others (docs/decisions/0102).
    """
    user_id = event.user_id
    # What they did may be read after this, from other streams.
    await note_deleted(uow, DeletedPerson, user_id)
    theirs = select(Enrollment).where(col(Enrollment.user_id) == user_id).limit(_AT_ONCE)
    while enrollments := (await uow.session.scalars(theirs)).all():
        for enrollment in enrollments:
            await end(uow, enrollment, "user_deleted")
    await uow.session.execute(delete(Purchase).where(col(Purchase.user_id) == user_id))
    files = update(StoredFile).where(col(StoredFile.owner_id) == user_id)
    await uow.session.execute(files.values(owner_id=None))
    taught = select(Course).where(col(Course.instructor_id) == user_id).limit(_AT_ONCE)
    while courses := (await uow.session.scalars(taught.with_for_update())).all():
        for course in courses:
            if course.status is CourseStatus.DRAFT:
                await remove(uow, course)
            else:
                left = {"instructor_id": None, "status": CourseStatus.ARCHIVED}
                await change(uow, course, left)
