"""Changing and deleting a file, and what every change of one begins and ends with."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.files import FileDeleted, FileState, FileUpdated
from trellis.schema.identity import Identity
from trellis.subgraphs.files import queries
from trellis.subgraphs.files.errors import FileChanged, FileNotFound, FileNotYours
from trellis.subgraphs.files.filenames import safe_name
from trellis.subgraphs.files.models import Blob, BlobState, File

OWNERS = "whoever has uploaded the file and those who manage its project"


async def update_file(
    uow: UnitOfWork,
    caller: Identity,
    id: UUID,
    changes: Mapping[str, Any],
    *,
    version: int | None = None,
) -> File:
    """Set name and description; with ``version`` the file must still have that."""
    file = await visible(uow, caller, id)
    if not await queries.may_write(uow.session, caller, file):
        raise FileNotYours(f"{OWNERS}, and those with whom it is shared for writing,")
    if version is not None and file.version != version:
        raise FileChanged(file.version)
    if "filename" in changes:
        changes = {**changes, "filename": safe_name(changes["filename"])}
    changed = [name for name, value in changes.items() if getattr(file, name) != value]
    if changed:
        for name in changed:
            setattr(file, name, changes[name])
        await uow.session.flush()
        uow.emit(FileUpdated(**about(file), state=state_of(file)))
    return file


async def delete_file(uow: UnitOfWork, caller: Identity, id: UUID) -> None:
    """Remove a file with its attachments and shares; its bytes go later."""
    file = await visible(uow, caller, id)
    if not await queries.is_owner(uow.session, caller, file):
        raise FileNotYours(OWNERS)
    gone = FileDeleted(**about(file))
    await remove(uow, [file])
    uow.emit(gone)


async def remove(uow: UnitOfWork, files: Sequence[File]) -> None:
    """Delete rows, and doom their bytes."""
    blobs = [id for file in files for id in (file.blob_id, file.thumbnail_id) if id is not None]
    for file in files:
        await uow.session.delete(file)
    await uow.session.flush()
    await doom(uow, blobs)


async def doom(uow: UnitOfWork, blob_ids: Sequence[UUID]) -> None:
    """Let the bytes be deleted; from now on they count for nobody."""
    await uow.session.execute(
        update(Blob)
        .where(col(Blob.id).in_(blob_ids))
        .values(state=BlobState.DOOMED, changed_at=utc_now())
    )


async def visible(uow: UnitOfWork, caller: Identity, id: UUID) -> File:
    """The file, held for update. Raises ``FileNotFound`` unless the caller sees it."""
    file = await queries.file_for_update(uow.session, caller, id)
    if file is None:
        raise FileNotFound(id)
    return file


class _About(TypedDict):
    """The fields of ``FileEvent``."""

    file_id: UUID
    project_id: UUID | None
    uploaded_by: UUID
    version: int


def about(file: File) -> _About:
    """What every event about the file begins with."""
    return {
        "file_id": file.id,
        "project_id": file.project_id,
        "uploaded_by": file.uploaded_by,
        "version": file.version,
    }


def state_of(file: File) -> FileState:
    """What others may know of it."""
    return FileState(
        filename=file.filename,
        mime_type=file.mime_type,
        size=file.size,
        description=file.description,
    )
