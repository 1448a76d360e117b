"""Taking a file in, so that whatever happens no bytes are lost sight of.

1. A transaction notes what is going to be written, and that it fits into the quota.
2. Of an image a thumbnail is made, and a transaction notes that one, too.
3. The bytes go into the store.
4. A transaction makes the file of them.

Where it ends between these, a row says so, and ``upkeep`` deletes bytes and row.
"""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from trellis.db.caller_context import CallerContext
from trellis.db.locks import hold
from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.files import FileUploaded
from trellis.schema.identity import Identity
from trellis.schema.uploads import UploadedFile
from trellis.subgraphs.files import queries
from trellis.subgraphs.files.content_type import HEAD, content_type
from trellis.subgraphs.files.errors import (
    FilesNotTaken,
    NotAcceptableFile,
    NotInThatProject,
    QuotaExceeded,
    StoreUnavailable,
    SubjectNotFound,
)
from trellis.subgraphs.files.filenames import label_of, safe_name
from trellis.subgraphs.files.models import Blob, BlobState, File, Subject
from trellis.subgraphs.files.settings import FileSettings
from trellis.subgraphs.files.store import ByteStore, in_one_piece, key_of, store_of
from trellis.subgraphs.files.thumbnails import thumbnail_of
from trellis.subgraphs.files.use_cases.attachments import (
    SubjectRef,
    add,
    check_room,
    hold_subject,
)
from trellis.subgraphs.files.use_cases.files import about, doom, state_of

PUT_SECONDS = 300
"""How long bytes may be on their way into the store; ``upkeep`` waits for longer."""
_LARGEST = 2**31 - 1  # sizes are Int in the graph


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a new file belongs, and what is said about it. ``field`` is that of ``to``."""

    project_id: UUID | None = None
    to: SubjectRef | None = None
    field: str = ""
    description: str | None = None


@dataclass(frozen=True, slots=True)
class _Reserved:
    """The blobs that wait for their bytes."""

    blob_id: UUID
    thumbnail_id: UUID | None


async def upload_file(
    context: CallerContext[Any], file: UploadedFile, placement: Placement
) -> File:
    """Keep ``file`` as the caller's, in a project, or at an issue, a task or a comment.

    Raises ``NotAcceptableFile``, ``QuotaExceeded``, ``StoreUnavailable``, and what is wrong with
    the place.
    """
    head = await asyncio.to_thread(file.content.read, 0, HEAD)
    if not 0 < file.size <= _LARGEST:
        raise NotAcceptableFile("The file is empty." if not file.size else "The file is too large.")
    mime_type = content_type(head, file.media_type, is_whole=file.size <= HEAD)
    quota = FileSettings.from_environment().quota_of(context.caller.tier)
    context.end_dry_run()  # bytes are written that no rollback removes
    reserved = await context.transact(reserve, placement, file.size, quota)
    try:
        small = await thumbnail_of(file, mime_type)
        if small is not None:
            reserved = await context.transact(reserve_thumbnail, reserved, len(small))
        await _put(store_of(context.storage), reserved, file, small)
        return await context.transact(keep, placement, reserved, file, mime_type)
    except Exception:
        await context.transact(abandon, reserved)
        raise


async def reserve(
    uow: UnitOfWork, caller: Identity, placement: Placement, size: int, quota: int
) -> _Reserved:
    """Note that the bytes of a file are going to be written."""
    assert caller.id is not None
    _, subject = await _place(uow, caller, placement)
    if subject is not None:
        await check_room(uow, subject)
    await hold(uow.session, f"bytes:{caller.id}")  # one after the other, so that both are counted
    used = await queries.bytes_of(uow.session, caller.id)
    if used + size > quota:
        raise QuotaExceeded(quota, used)
    blob = Blob(owner_id=caller.id, size=size, state=BlobState.WRITING)
    uow.session.add(blob)
    return _Reserved(blob.id, None)


async def reserve_thumbnail(
    uow: UnitOfWork, _caller: Identity, reserved: _Reserved, size: int
) -> _Reserved:
    """Note that a thumbnail is going to be written, too; it counts for nobody's quota."""
    thumbnail = Blob(size=size, state=BlobState.WRITING)
    uow.session.add(thumbnail)
    return _Reserved(reserved.blob_id, thumbnail.id)


async def keep(
    uow: UnitOfWork,
    caller: Identity,
    placement: Placement,
    reserved: _Reserved,
    given: UploadedFile,
    mime_type: str,
) -> File:
    """Make a file of the bytes that are in the store now."""
    assert caller.id is not None
    project_id, subject = await _place(uow, caller, placement)
    await _mark_kept(uow, reserved)
    label = label_of(given.filename)
    file = File(
        blob_id=reserved.blob_id,
        thumbnail_id=reserved.thumbnail_id,
        project_id=project_id,
        uploaded_by=caller.id,
        filename=safe_name(label),
        original_filename=label,
        mime_type=mime_type,
        size=given.size,
        sha256=given.sha256,
        description=placement.description,
    )
    uow.session.add(file)
    await uow.session.flush()
    uow.emit(FileUploaded(**about(file), state=state_of(file)))
    if subject is not None:
        await add(uow, caller, file, subject)
    return file


async def abandon(uow: UnitOfWork, _caller: Identity, reserved: _Reserved) -> None:
    """Give up on bytes that no file was made of."""
    await doom(uow, _ids(reserved))


async def _place(
    uow: UnitOfWork, caller: Identity, placement: Placement
) -> tuple[UUID | None, Subject | None]:
    """The project and what the file is attached to, held until the transaction ends."""
    project_id = placement.project_id
    if placement.to is not None:
        project_id = await _project_of(uow, caller, placement.to)
        if placement.project_id not in (None, project_id):
            raise NotInThatProject(placement.field)
    # The project first: who deletes it holds it, too, and then what belongs to it.
    if project_id is not None:
        project = await queries.hold_project(uow.session, caller, project_id)
        if project.settings.get("file_attachments") is False:
            raise FilesNotTaken
    if placement.to is None:
        return project_id, None
    return project_id, await hold_subject(uow, caller, placement.to)


async def _project_of(uow: UnitOfWork, caller: Identity, to: SubjectRef) -> UUID | None:
    subject = await queries.subject(uow.session, caller, to.type, to.id)
    if subject is None:
        raise SubjectNotFound(to.type.value, to.id)
    return subject.project_id


async def _put(
    store: ByteStore, reserved: _Reserved, file: UploadedFile, small: bytes | None
) -> None:
    try:
        async with asyncio.timeout(PUT_SECONDS):
            async with aclosing(file.chunks()) as pieces:
                await store.put(key_of(reserved.blob_id), pieces)
            if reserved.thumbnail_id is not None and small is not None:
                await store.put(key_of(reserved.thumbnail_id), in_one_piece(small))
    except TimeoutError as late:
        raise StoreUnavailable from late


async def _mark_kept(uow: UnitOfWork, reserved: _Reserved) -> None:
    """Raises ``StoreUnavailable`` when ``upkeep`` has given up on the bytes meanwhile."""
    wanted = _ids(reserved)
    statement = select(Blob).where(col(Blob.id).in_(wanted), col(Blob.state) == BlobState.WRITING)
    blobs = (await uow.session.scalars(statement.with_for_update())).all()
    if len(blobs) != len(wanted):
        raise StoreUnavailable
    for blob in blobs:
        blob.state, blob.changed_at = BlobState.KEPT, utc_now()
    await uow.session.flush()


def _ids(reserved: _Reserved) -> list[UUID]:
    return [id for id in (reserved.blob_id, reserved.thumbnail_id) if id is not None]
