"""Attaching files to issues, tasks and comments."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.files import FileAttached, FileDetached
from trellis.schema.identity import Identity
from trellis.subgraphs.files import queries
from trellis.subgraphs.files.errors import (
    AlreadyAttached,
    AttachmentNotFound,
    FileNotYours,
    SubjectNotFound,
    TooManyAttachments,
)
from trellis.subgraphs.files.models import Attachment, File, Subject, SubjectType
from trellis.subgraphs.files.use_cases.files import OWNERS, about, visible

MAX_ATTACHMENTS = 100
"""Of one issue, task or comment."""


@dataclass(frozen=True, slots=True)
class SubjectRef:
    type: SubjectType
    id: UUID


async def attach_file(
    uow: UnitOfWork, caller: Identity, file_id: UUID, to: SubjectRef
) -> Attachment:
    """Attach a file that the caller may change; who sees what it is attached to, sees the file."""
    subject = await hold_subject(uow, caller, to)
    file = await visible(uow, caller, file_id)
    if not await queries.may_write(uow.session, caller, file):
        raise FileNotYours(f"{OWNERS}, and those with whom it is shared for writing,")
    return await add(uow, caller, file, subject)


async def detach_file(uow: UnitOfWork, caller: Identity, id: UUID) -> Attachment:
    """Remove an attachment: for the person who attached it and the owners of the file."""
    attachment = await queries.attachment_for_update(uow.session, caller, id)
    if attachment is None:
        raise AttachmentNotFound(id)
    file = await uow.session.get_one(File, attachment.file_id)
    subject = await uow.session.get_one(Subject, attachment.subject_id)
    if attachment.attached_by != caller.id and not await queries.is_owner(
        uow.session, caller, file
    ):
        raise FileNotYours(f"whoever has attached the file, {OWNERS}")
    await uow.session.delete(attachment)
    await uow.session.flush()
    uow.emit(FileDetached(**about(file), subject_type=subject.type.value, subject_id=subject.id))
    return attachment


async def hold_subject(uow: UnitOfWork, caller: Identity, to: SubjectRef) -> Subject:
    """What is attached to, held for update. Raises ``SubjectNotFound`` unless the caller sees
    it."""
    subject = await queries.subject_for_update(uow.session, caller, to.type, to.id)
    if subject is None:
        raise SubjectNotFound(to.type.value, to.id)
    return subject


async def add(uow: UnitOfWork, caller: Identity, file: File, subject: Subject) -> Attachment:
    """Attach ``file`` to ``subject``, which is held: so nobody else adds one meanwhile."""
    assert caller.id is not None
    known = select(col(Attachment.id)).where(
        col(Attachment.file_id) == file.id, col(Attachment.subject_id) == subject.id
    )
    if (await uow.session.execute(known)).first() is not None:
        raise AlreadyAttached
    await check_room(uow, subject)
    attachment = Attachment(file_id=file.id, subject_id=subject.id, attached_by=caller.id)
    uow.session.add(attachment)
    await uow.session.flush()
    uow.emit(FileAttached(**about(file), subject_type=subject.type.value, subject_id=subject.id))
    return attachment


async def check_room(uow: UnitOfWork, subject: Subject) -> None:
    """Raises ``TooManyAttachments``."""
    if await queries.count_attached(uow.session, subject.id) >= MAX_ATTACHMENTS:
        raise TooManyAttachments(MAX_ATTACHMENTS)
