"""What happens to files without anybody asking for it: news of other domains, and bytes that go."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, select

from trellis.db.models import utc_now
from trellis.db.replica import keep
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.comments import CommentDeleted, CommentEvent
from trellis.schema.events.files import FileDeleted
from trellis.schema.events.issues import IssueDeleted, IssueEvent
from trellis.schema.events.learning import CourseDeleted, CourseEvent
from trellis.schema.events.tasks import TaskDeleted, TaskEvent
from trellis.subgraphs.files import queries
from trellis.subgraphs.files.models import (
    Attachment,
    Blob,
    BlobState,
    File,
    FileShare,
    Subject,
    SubjectType,
    Thumbnail,
)
from trellis.subgraphs.files.store import ByteStore, key_of, store_of
from trellis.subgraphs.files.use_cases.files import about, remove
from trellis.subgraphs.files.use_cases.upload import PUT_SECONDS

_AT_ONCE = 200
ABANDONED = timedelta(seconds=2 * PUT_SECONDS)
"""After so long nobody writes the bytes of a blob any more."""


async def keep_issue(uow: UnitOfWork, event: IssueEvent) -> None:
    subject = Subject(
        id=event.issue_id,
        type=SubjectType.ISSUE,
        project_id=event.project_id,
        version=event.version,
        is_deleted=isinstance(event, IssueDeleted),
    )
    await _keep(uow, subject)


async def keep_task(uow: UnitOfWork, event: TaskEvent) -> None:
    subject = Subject(
        id=event.task_id,
        type=SubjectType.TASK,
        project_id=event.project_id,
        owner_id=event.created_by,
        version=event.version,
        is_deleted=isinstance(event, TaskDeleted),
    )
    await _keep(uow, subject)


async def keep_comment(uow: UnitOfWork, event: CommentEvent) -> None:
    """A comment that belongs to no project is known to be its author's to see, and only that."""
    subject = Subject(
        id=event.comment_id,
        type=SubjectType.COMMENT,
        project_id=event.project_id,
        owner_id=event.author_id,
        version=event.version,
        is_deleted=isinstance(event, CommentDeleted),
    )
    await _keep(uow, subject)


async def keep_thumbnail(uow: UnitOfWork, event: CourseEvent) -> None:
    """Note with which file a course shows itself, and whether to everybody."""
    is_gone = isinstance(event, CourseDeleted)
    thumbnail = Thumbnail(
        id=event.course_id,
        file_id=None if is_gone else event.state.thumbnail_file_id,
        is_public=event.state.status != "draft" and not is_gone,
        version=event.version,
    )
    await keep(uow, thumbnail)


async def _keep(uow: UnitOfWork, subject: Subject) -> None:
    """No event about attachments that go: readers take that of the issue, the task or comment."""
    known = await uow.session.get(Subject, subject.id)
    if known is not None and known.is_deleted:
        return
    if await keep(uow, subject) and subject.is_deleted:
        await uow.session.execute(
            delete(Attachment).where(col(Attachment.subject_id) == subject.id)
        )


async def delete_files_of(uow: UnitOfWork, project_id: UUID) -> None:
    """Remove all files of a project that was deleted, and the attachments at what it had. No event:
    readers take the project's."""
    subjects = select(Subject.id).where(col(Subject.project_id) == project_id)
    await uow.session.execute(delete(Attachment).where(col(Attachment.subject_id).in_(subjects)))
    await uow.session.execute(
        update(Subject).where(col(Subject.project_id) == project_id).values(is_deleted=True)
    )
    files = await uow.session.scalars(select(File).where(col(File.project_id) == project_id))
    await remove(uow, files.all())


async def forget_person(uow: UnitOfWork, user_id: UUID) -> None:
    """Remove the personal files of somebody whose account was deleted, and what was shared with
    them. At files of projects only the id stays, behind which accounts shows nothing personal."""
    await uow.session.execute(delete(FileShare).where(col(FileShare.user_id) == user_id))
    theirs = select(File).where(col(File.uploaded_by) == user_id, col(File.project_id).is_(None))
    files = (await uow.session.scalars(theirs)).all()
    for file in files:
        uow.emit(FileDeleted(**about(file)))
    await remove(uow, files)


async def delete_bytes(storage: Storage, *, abandoned: timedelta = ABANDONED) -> int:
    """Delete the bytes that nothing refers to any more, then their rows; returns how many.

    Killed in the middle it leaves rows, with or without bytes, for the next time. ``abandoned`` is
    after how long a writer must be gone.
    """
    store, deleted = store_of(storage), 0
    while True:
        async with storage.begin() as uow:
            blobs = await queries.blobs_to_delete(uow.session, utc_now() - abandoned, _AT_ONCE)
            for blob in blobs:  # from now on no writer can make a file of it
                blob.state = BlobState.DOOMED
            ids = [blob.id for blob in blobs]
        await _delete(storage, store, ids)
        deleted += len(ids)
        if len(ids) < _AT_ONCE:
            return deleted


async def _delete(storage: Storage, store: ByteStore, ids: list[UUID]) -> None:
    for id in ids:
        await store.delete(key_of(id))
    async with storage.begin() as uow:
        await uow.session.execute(delete(Blob).where(col(Blob.id).in_(ids)))
