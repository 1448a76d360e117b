"""Every SELECT of files. What the caller may not see does not exist."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from trellis.db.batching import rows_by
from trellis.db.models import utc_now
from trellis.db.paging import NEWEST_FIRST, ChildRows, SortColumn
from trellis.schema.identity import Identity
from trellis.subgraphs.files.models import (
    Attachment,
    Blob,
    BlobState,
    Channel,
    ChannelMember,
    File,
    FileShare,
    Person,
    Project,
    ProjectMember,
    SharePermission,
    Subject,
    SubjectType,
    Thumbnail,
)
from trellis.subgraphs.people_scope.people import active_in
from trellis.subgraphs.project_scope.scope import ProjectNotFound, ProjectScope

PROJECTS = ProjectScope(Project, ProjectMember)

Parent = Literal["project_id", "uploaded_by"]
"""What a list of files hangs on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFilters:
    """``personal`` files are those of no project; ``shared`` those of others that the caller sees
    by a share."""

    project_id: UUID | None = None
    uploaded_by_id: UUID | None = None
    mime_type: str | None = None
    personal: bool | None = None
    shared: bool | None = None
    search: str | None = None


def visible_to(caller: Identity) -> Select[File]:
    """What is ``listed_for`` the caller, and thumbnails of courses."""
    if caller.id is None:
        return select(File).where(false())
    return _with_projects().where(or_(_is_listed_for(caller), _is_thumbnail()))


def listed_for(caller: Identity) -> Select[File]:
    """Files of projects that the caller sees, the caller's own of no project, those that others
    share, and those at something that the caller sees."""
    if caller.id is None:
        return select(File).where(false())
    return _with_projects().where(_is_listed_for(caller))


def _with_projects() -> Select[File]:
    return select(File).outerjoin(Project, col(Project.id) == col(File.project_id))


def _is_listed_for(caller: Identity) -> ColumnElement[bool]:
    own = and_(col(File.project_id).is_(None), col(File.uploaded_by) == caller.id)
    return or_(own, PROJECTS.may_see(caller), _is_shared_with(caller), _is_attached_for(caller))


def _is_shared_with(
    caller: Identity, permission: SharePermission | None = None
) -> ColumnElement[bool]:
    """Whether a share holds for the caller now, where both were when it was made."""
    tenant = col(FileShare.organization_id)
    same = tenant == caller.tenant_id if caller.tenant_id else tenant.is_(None)
    expires = col(FileShare.expires_at)
    conditions = [
        col(FileShare.file_id) == col(File.id),
        col(FileShare.user_id) == caller.id,
        same,
        or_(expires.is_(None), expires > utc_now()),
    ]
    if permission is not None:
        conditions.append(col(FileShare.permission) == permission)
    return exists().where(*conditions)


def _is_thumbnail() -> ColumnElement[bool]:
    """Whether a course that everybody could see shows itself with it. A file of a project stays
    within the project."""
    shown = exists().where(col(Thumbnail.file_id) == col(File.id), col(Thumbnail.is_public))
    return and_(col(File.project_id).is_(None), shown)


def _is_attached_for(caller: Identity) -> ColumnElement[bool]:
    seen = _seen_subjects(caller).with_only_columns(col(Subject.id))
    return exists().where(
        col(Attachment.file_id) == col(File.id), col(Attachment.subject_id).in_(seen)
    )


def _seen_subjects(caller: Identity) -> Select[Subject]:
    """Issues, tasks and comments of projects that the caller sees, the caller's personal ones, and
    messages of channels that the caller sees."""
    project = aliased(Project)
    scope = ProjectScope(project, ProjectMember)  # type: ignore[arg-type]
    personal = and_(col(Subject.project_id).is_(None), col(Subject.owner_id) == caller.id)
    return (
        select(Subject)
        .outerjoin(project, col(project.id) == col(Subject.project_id))
        .where(
            col(Subject.is_deleted).is_(False),
            or_(personal, scope.may_see(caller), _is_in_seen_channel(caller)),
        )
    )


def _is_in_seen_channel(caller: Identity) -> ColumnElement[bool]:
    """The condition on ``Subject``, as the subgraph ``chat`` has it for messages."""
    if caller.id is None:
        return false()
    channel, member = aliased(Channel), aliased(ChannelMember)
    is_here = col(Subject.channel_id)
    home = col(channel.organization_id)
    at_home = home == caller.tenant_id if caller.tenant_id else home.is_(None)
    is_open = col(channel.is_group) if caller.is_admin else and_(col(channel.is_open), at_home)
    return or_(
        exists().where(col(member.channel_id) == is_here, col(member.user_id) == caller.id),
        exists().where(col(channel.id) == is_here, is_open),
    )


def matching(caller: Identity, filters: FileFilters) -> Select[File]:
    """The files for the caller's lists that match all filters."""
    conditions: list[ColumnElement[bool]] = []
    if filters.project_id is not None:
        conditions.append(col(File.project_id) == filters.project_id)
    if filters.uploaded_by_id is not None:
        conditions.append(col(File.uploaded_by) == filters.uploaded_by_id)
    if filters.mime_type is not None:
        conditions.append(col(File.mime_type) == filters.mime_type)
    if filters.personal is not None:
        is_personal = col(File.project_id).is_(None)
        conditions.append(is_personal if filters.personal else ~is_personal)
    if filters.shared is not None:
        is_shared = and_(_is_shared_with(caller), col(File.uploaded_by) != caller.id)
        conditions.append(is_shared if filters.shared else ~is_shared)
    if filters.search:
        texts = (col(File.filename), col(File.description))
        conditions.append(or_(*(t.icontains(filters.search, autoescape=True) for t in texts)))
    return listed_for(caller).where(*conditions)


async def files_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[File | None]:
    return await rows_by(session, visible_to(caller), File.id, ids)


async def file_for_update(session: AsyncSession, caller: Identity, id: UUID) -> File | None:
    """The file, held against other writers until the transaction ends."""
    statement = visible_to(caller).where(col(File.id) == id).with_for_update(of=File)
    return (await session.scalars(statement)).one_or_none()


def files_of(caller: Identity, wanted: tuple[Parent, FileFilters]) -> ChildRows[File]:
    """The files of projects or people, as the parent says."""
    parent, filters = wanted
    return ChildRows(matching(caller, filters), File, col(getattr(File, parent)), NEWEST_FIRST)


def files_of_channels(caller: Identity, order: Sequence[SortColumn]) -> ChildRows[File]:
    """The files at messages of channels, each once."""
    at_messages = (
        select(Attachment.file_id, Subject.channel_id)
        .join(Subject, col(Subject.id) == col(Attachment.subject_id))
        .where(
            col(Subject.channel_id).is_not(None),
            col(Subject.is_deleted).is_(False),
            _is_in_seen_channel(caller),
        )
        .distinct()
        .subquery()
    )
    rows = select(File).join(at_messages, at_messages.c.file_id == col(File.id))
    return ChildRows(rows, File, at_messages.c.channel_id, order)


async def may_write(session: AsyncSession, caller: Identity, file: File) -> bool:
    """Whether the caller may change the file: see ``is_owner``, or by a share for writing."""
    if await is_owner(session, caller, file):
        return True
    statement = select(File.id).where(
        col(File.id) == file.id, _is_shared_with(caller, SharePermission.WRITE)
    )
    return (await session.execute(statement)).first() is not None


async def is_owner(session: AsyncSession, caller: Identity, file: File) -> bool:
    """Whether it is the caller's file: who has uploaded it, or manages its project."""
    if file.uploaded_by == caller.id:
        return True
    return file.project_id is not None and await PROJECTS.manages(session, caller, file.project_id)


async def hold_project(session: AsyncSession, caller: Identity, id: UUID) -> Project:
    """The project, kept from being deleted until the transaction ends. Raises ``ProjectNotFound``
    unless the caller sees it."""
    await PROJECTS.require(session, caller, id)
    alive = col(Project.id) == id, col(Project.is_deleted).is_(False)
    found = (
        await session.scalars(select(Project).where(*alive).with_for_update(read=True))
    ).one_or_none()
    if found is None:  # deleted a moment ago
        raise ProjectNotFound(id)
    return found


# -- attachments ---------------------------------------------------------------------------------


def attachments_visible_to(caller: Identity) -> Select[Attachment]:
    """Attachments of what the caller sees."""
    seen = _seen_subjects(caller).with_only_columns(col(Subject.id))
    return select(Attachment).where(col(Attachment.subject_id).in_(seen))


async def attachments_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Attachment | None]:
    return await rows_by(session, attachments_visible_to(caller), Attachment.id, ids)


async def attachments_by_subject(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[list[tuple[Attachment, File]]]:
    """What is attached to issues, tasks or comments, oldest first, with the files."""
    made = col(Attachment.created_at), col(Attachment.id)
    statement = (
        attachments_visible_to(caller)
        .add_columns(File)
        .join(File, col(File.id) == col(Attachment.file_id))
        .where(col(Attachment.subject_id).in_(ids))
        .order_by(*made)
    )
    found: dict[UUID, list[tuple[Attachment, File]]] = {id: [] for id in ids}
    for attachment, file in await session.execute(statement):
        found[attachment.subject_id].append((attachment, file))
    return [found[id] for id in ids]


async def attachment_counts(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[int | None]:
    """None for issues, tasks and comments that the caller may not see."""
    wanted = _seen_subjects(caller).where(col(Subject.id).in_(ids))
    seen = await session.scalars(wanted.with_only_columns(col(Subject.id)))
    found: dict[UUID, int] = dict.fromkeys(seen, 0)
    counted = await session.execute(
        select(Attachment.subject_id, func.count())
        .where(col(Attachment.subject_id).in_(list(found)))
        .group_by(col(Attachment.subject_id))
    )
    found |= {row[0]: row[1] for row in counted}
    return [found.get(id) for id in ids]


async def attachments_of_files(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[list[Attachment]]:
    """Where files are attached, as far as the caller sees that, oldest first."""
    made = col(Attachment.created_at), col(Attachment.id)
    statement = attachments_visible_to(caller).where(col(Attachment.file_id).in_(ids))
    found: dict[UUID, list[Attachment]] = {id: [] for id in ids}
    for row in await session.scalars(statement.order_by(*made)):
        found[row.file_id].append(row)
    return [found[id] for id in ids]


async def subjects_by_id(session: AsyncSession, ids: Sequence[UUID]) -> list[Subject | None]:
    """Of attachments that the caller has seen already."""
    return await rows_by(session, select(Subject), Subject.id, ids)


async def subject(
    session: AsyncSession, caller: Identity, type: SubjectType, id: UUID
) -> Subject | None:
    """What a file is to be attached to, if the caller sees it."""
    return (await session.scalars(_one_subject(caller, type, id))).one_or_none()


async def subject_for_update(
    session: AsyncSession, caller: Identity, type: SubjectType, id: UUID
) -> Subject | None:
    """The same, held until the transaction ends."""
    statement = _one_subject(caller, type, id).with_for_update(of=Subject)
    return (await session.scalars(statement)).one_or_none()


def _one_subject(caller: Identity, type: SubjectType, id: UUID) -> Select[Subject]:
    return _seen_subjects(caller).where(col(Subject.id) == id, col(Subject.type) == type)


async def attachment_for_update(
    session: AsyncSession, caller: Identity, id: UUID
) -> Attachment | None:
    statement = attachments_visible_to(caller).where(col(Attachment.id) == id)
    return (await session.scalars(statement.with_for_update(of=Attachment))).one_or_none()


async def count_attached(session: AsyncSession, subject_id: UUID) -> int:
    statement = select(func.count()).where(col(Attachment.subject_id) == subject_id)
    return (await session.execute(statement)).scalar_one()


# -- shares --------------------------------------------------------------------------------------


async def shares_by_file(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[list[FileShare]]:
    """With whom the caller's files are shared, those that hold, oldest first. Of files of others
    there is nothing, but for members who manage the project."""
    managed = select(ProjectMember.project_id).where(
        col(ProjectMember.user_id) == caller.id, col(ProjectMember.role).in_(("owner", "admin"))
    )
    seen = visible_to(caller).where(
        col(File.id).in_(ids),
        or_(col(File.uploaded_by) == caller.id, col(File.project_id).in_(managed)),
    )
    expires = col(FileShare.expires_at)
    statement = (
        select(FileShare)
        .where(
            col(FileShare.file_id).in_(seen.with_only_columns(col(File.id))),
            or_(expires.is_(None), expires > utc_now()),
        )
        .order_by(col(FileShare.created_at), col(FileShare.id))
    )
    found: dict[UUID, list[FileShare]] = {id: [] for id in ids}
    for row in await session.scalars(statement):
        found[row.file_id].append(row)
    return [found[id] for id in ids]


async def share_of(session: AsyncSession, file_id: UUID, user_id: UUID) -> FileShare | None:
    """Of a file that is known to be the caller's."""
    statement = select(FileShare).where(
        col(FileShare.file_id) == file_id, col(FileShare.user_id) == user_id
    )
    return (await session.scalars(statement)).one_or_none()


async def shares_with(
    session: AsyncSession, file_id: UUID, user_ids: Sequence[UUID]
) -> dict[UUID, FileShare]:
    """Those with these people by person, of a file that is known to be the caller's."""
    statement = select(FileShare).where(
        col(FileShare.file_id) == file_id, col(FileShare.user_id).in_(user_ids)
    )
    return {share.user_id: share for share in await session.scalars(statement)}


async def colleagues(
    session: AsyncSession, caller: Identity, user_ids: Sequence[UUID]
) -> frozenset[UUID]:
    """Who of them is somebody of the caller's organization."""
    return await active_in(session, Person, user_ids, caller.tenant_id)


# -- bytes ---------------------------------------------------------------------------------------

_COUNTED = (BlobState.WRITING, BlobState.KEPT)


async def bytes_of(session: AsyncSession, owner_id: UUID) -> int:
    """What counts for somebody's quota: bytes that are kept, and those that are being written."""
    statement = select(func.coalesce(func.sum(col(Blob.size)), 0)).where(
        col(Blob.owner_id) == owner_id, col(Blob.state).in_(_COUNTED)
    )
    return int((await session.execute(statement)).scalar_one())


async def blobs_to_delete(
    session: AsyncSession, abandoned_before: datetime, most: int
) -> Sequence[Blob]:
    """Blobs whose bytes are to go: doomed ones, and those whose writer must be gone."""
    stale = and_(col(Blob.state) == BlobState.WRITING, col(Blob.changed_at) < abandoned_before)
    statement: Select[Any] = (
        select(Blob)
        .where(or_(col(Blob.state) == BlobState.DOOMED, stale))
        .order_by(col(Blob.changed_at))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()
