"""Sharing files with people of the same organization."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.errors import BadUserInput, FieldProblem
from trellis.schema.events.files import FileShared, FileUnshared
from trellis.schema.identity import Identity
from trellis.subgraphs.files import queries
from trellis.subgraphs.files.errors import FileNotYours, PersonNotFound, ShareNotFound
from trellis.subgraphs.files.models import File, FileShare, SharePermission
from trellis.subgraphs.files.use_cases.files import OWNERS, about, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """A checked request to share a file; without ``expires_at`` for ever."""

    shared_with: Sequence[UUID]
    permission: SharePermission
    expires_at: datetime | None = None


async def share_file(uow: UnitOfWork, caller: Identity, id: UUID, sharing: Sharing) -> File:
    """Let people see the file, or change it. For somebody who may already, this is what holds."""
    assert caller.id is not None
    file = await _owned(uow, caller, id)
    if sharing.expires_at is not None and sharing.expires_at <= utc_now():
        message = "expiresAt must be in the future."
        raise BadUserInput(message, [FieldProblem("expiresAt", "INVALID_FORMAT", message)])
    known = await queries.colleagues(uow.session, caller, sharing.shared_with)
    for index, user_id in enumerate(sharing.shared_with):
        if user_id not in known:
            raise PersonNotFound(index)
    people = [one for one in dict.fromkeys(sharing.shared_with) if one != file.uploaded_by]
    shares = await queries.shares_with(uow.session, file.id, people)
    for user_id in people:
        share = shares.get(user_id)
        if share is None:
            share = FileShare(
                file_id=file.id,
                user_id=user_id,
                permission=sharing.permission,
                shared_by=caller.id,
            )
            uow.session.add(share)
        share.organization_id = caller.tenant_id
        share.permission, share.expires_at = sharing.permission, sharing.expires_at
    await uow.session.flush()
    if people:
        uow.emit(
            FileShared(
                **about(file),
                shared_by=caller.id,
                shared_with=tuple(people),
                permission=sharing.permission.value,
                expires_at=sharing.expires_at,
            )
        )
    return file


async def unshare_file(uow: UnitOfWork, caller: Identity, id: UUID, user_id: UUID) -> File:
    """End a share, also one that has expired."""
    file = await _owned(uow, caller, id)
    share = await queries.share_of(uow.session, file.id, user_id)
    if share is None:
        raise ShareNotFound(user_id)
    await uow.session.delete(share)
    await uow.session.flush()
    uow.emit(FileUnshared(**about(file), user_id=user_id))
    return file


async def _owned(uow: UnitOfWork, caller: Identity, id: UUID) -> File:
    file = await visible(uow, caller, id)
    if not await queries.is_owner(uow.session, caller, file):
        raise FileNotYours(OWNERS)
    return file
