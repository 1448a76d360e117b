"""The demo world's files: drawings at issues, a text for each project, one that is shared.

Rows are written once and without events; bytes are made anew wherever they are missing.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from trellis.db.seed.chat import demo_channels
from trellis.db.seed.tasks import demo_tasks
from trellis.db.seed.world import DemoAttachment, DemoProject, demo_id, demo_world
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
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
    SharePermission,
    Subject,
    SubjectType,
)
from trellis.subgraphs.files.queries import PROJECTS
from trellis.subgraphs.files.store import in_one_piece, key_of, store_of

_SIDE = 24  # pixels
_FIRST_VERSION = 1


@dataclass(frozen=True, slots=True)
class _Demo:
    """A file of the demo world with its bytes."""

    name: str
    project_id: UUID | None
    uploaded_by: UUID
    filename: str
    mime_type: str
    data: bytes
    made_at: datetime

    @property
    def id(self) -> UUID:
        return demo_id("file", self.name)

    @property
    def blob_id(self) -> UUID:
        return demo_id("blob", self.name)


async def write_demo_data(uow: UnitOfWork) -> None:
    """Does nothing when the first demo project is here: it was done before."""
    world = demo_world()
    if await uow.session.get(Project, world.projects[0].id) is not None:
        return
    await PROJECTS.write_demo_copies(uow)
    uow.session.add_all(
        Person(id=user.id, organization_id=user.organization_id, version=_FIRST_VERSION)
        for user in world.users
    )
    uow.session.add_all(_subjects())
    uow.session.add_all(_channels())
    demos = list(_demos())
    uow.session.add_all(
        Blob(
            id=demo.blob_id,
            owner_id=demo.uploaded_by,
            size=len(demo.data),
            state=BlobState.KEPT,
            changed_at=demo.made_at,
        )
        for demo in demos
    )
    await uow.session.flush()
    uow.session.add_all(_file(demo) for demo in demos)
    await uow.session.flush()
    uow.session.add_all(_attachment(demo) for demo in world.attachments)
    uow.session.add(_share())


async def write_demo_bytes(storage: Storage) -> None:
    """What the store has not of the demo files that are still there."""
    demos = {demo.blob_id: demo.data for demo in _demos()}
    async with storage.read() as session:
        kept = select(Blob.id).where(
            col(Blob.id).in_(list(demos)), col(Blob.state) == BlobState.KEPT
        )
        wanted = (await session.scalars(kept)).all()
    store = store_of(storage)
    present = set(await store.keys())
    for id in wanted:
        if key_of(id) not in present:
            await store.put(key_of(id), in_one_piece(demos[id]))


def _subjects() -> Iterator[Subject]:
    world = demo_world()
    projects = {issue.id: issue.project_id for issue in world.issues}
    for issue in world.issues:
        yield Subject(
            id=issue.id,
            type=SubjectType.ISSUE,
            project_id=issue.project_id,
            version=_FIRST_VERSION,
        )
    for task in demo_tasks():
        yield Subject(
            id=task.id,
            type=SubjectType.TASK,
            project_id=task.project_id,
            owner_id=task.created_by,
            version=_FIRST_VERSION,
        )
    for comment in world.comments:
        yield Subject(
            id=comment.id,
            type=SubjectType.COMMENT,
            project_id=projects[comment.issue_id],
            owner_id=comment.author_id,
            version=_FIRST_VERSION,
        )


def _channels() -> Iterator[Channel | ChannelMember]:
    for channel in demo_channels():
        is_group = channel.name is not None
        yield Channel(
            id=channel.id,
            organization_id=channel.organization_id,
            is_group=is_group,
            is_open=not channel.is_private,
            version=_FIRST_VERSION,
        )
        for user_id in channel.member_ids:
            yield ChannelMember(channel_id=channel.id, user_id=user_id)


def _demos() -> Iterator[_Demo]:
    world = demo_world()
    issues = {issue.id: issue for issue in world.issues}
    for attachment in world.attachments:
        issue = issues[attachment.issue_id]
        yield _Demo(
            name=str(attachment.id),
            project_id=issue.project_id,
            uploaded_by=issue.reporter_id,
            filename=attachment.filename,
            mime_type=attachment.mime_type,
            data=_picture(issue.number),
            made_at=attachment.created_at,
        )
    yield from (_text(project) for project in world.projects)


def _text(project: DemoProject) -> _Demo:
    return _Demo(
        name=project.key,
        project_id=project.id,
        uploaded_by=project.lead_id,
        filename="read-me-first.txt",
        mime_type="text/plain",
        data=f"What everybody should know of {project.name}.\n".encode(),
        made_at=project.created_at,
    )


def _file(demo: _Demo) -> File:
    return File(
        id=demo.id,
        blob_id=demo.blob_id,
        project_id=demo.project_id,
        uploaded_by=demo.uploaded_by,
        filename=demo.filename,
        original_filename=demo.filename,
        mime_type=demo.mime_type,
        size=len(demo.data),
        sha256=hashlib.sha256(demo.data).hexdigest(),
        created_at=demo.made_at,
        updated_at=demo.made_at,
    )


def _attachment(demo: DemoAttachment) -> Attachment:
    reporters = {issue.id: issue.reporter_id for issue in demo_world().issues}
    return Attachment(
        id=demo.id,
        file_id=demo_id("file", str(demo.id)),
        subject_id=demo.issue_id,
        attached_by=reporters[demo.issue_id],
        created_at=demo.created_at,
    )


def _share() -> FileShare:
    """The text of a project, with somebody of the same organization who is not in it."""
    project, outside = next(
        (project, user)
        for project in demo_world().projects
        for user in demo_world().users
        if user.organization_id == project.organization_id
        and user.id not in {member.user_id for member in project.members}
    )
    return FileShare(
        id=demo_id("file share", project.key),
        file_id=demo_id("file", project.key),
        user_id=outside.id,
        organization_id=project.organization_id,
        permission=SharePermission.READ,
        shared_by=project.lead_id,
        created_at=project.created_at,
    )


def _picture(number: int) -> bytes:
    """A small PNG of one colour, not compressed: the same bytes with every zlib."""
    colour = bytes((number * 37 % 256, number * 91 % 256, number * 53 % 256))
    rows = (b"\0" + colour * _SIDE) * _SIDE
    head = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
