"""The tables of files.

What is kept of the bytes is a ``Blob``, whose row is there before its bytes and goes after them::

    WRITING ──> KEPT ──> DOOMED ──> bytes deleted ──> row deleted
       └──── abandoned ────┘

So no bytes are without a row that knows of them, and a file refers to bytes that are all there.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid4

import pydantic
from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from trellis.db.models import Timestamped, Versioned, enum_column, new_metadata, utc_now
from trellis.db.personal_data import PersonId
from trellis.subgraphs.people_scope.people import PersonCopy
from trellis.subgraphs.project_scope.tables import ProjectCopy, ProjectMemberCopy

# How long texts may be, for columns and inputs alike.
Filename = Annotated[str, pydantic.Field(max_length=255)]
Description = Annotated[str | None, pydantic.Field(max_length=2_000)]


class BlobState(StrEnum):
    WRITING = "writing"
    KEPT = "kept"
    DOOMED = "doomed"


class SubjectType(StrEnum):
    """Subjects that files can be attached to."""

    ISSUE = "issue"
    TASK = "task"
    COMMENT = "comment"
    MESSAGE = "message"


class SharePermission(StrEnum):
    READ = "read"
    WRITE = "write"


class Base(SQLModel):
    metadata = new_metadata()


class Project(ProjectCopy, Base, table=True):
    pass


class ProjectMember(ProjectMemberCopy, Base, table=True):
    pass


class Person(PersonCopy, Base, table=True):
    pass


class Channel(Base, table=True):
    """A channel of the subgraph ``chat``. ``is_open``: everybody of the organization sees what is
    in it, beside its members."""

    __tablename__ = "channel"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    organization_id: UUID | None = None
    is_group: bool
    is_open: bool
    version: int
    is_deleted: bool = False


class ChannelMember(Base, table=True):
    # No foreign key: readers of both are the same, but rows are kept in any order.
    __tablename__ = "channel_member"  # type: ignore[assignment]

    channel_id: UUID = Field(primary_key=True)
    user_id: PersonId = Field(primary_key=True, index=True)


class Subject(Base, table=True):
    """Which issues, tasks, comments and messages there are and whose they are, kept up to date by
    events.

    ``owner_id`` is who alone sees what belongs to no project; ``channel_id`` that of a message.
    One that was deleted stays, so that a late event cannot revive it. No foreign key: its readers
    may be ahead of that of projects.
    """

    __tablename__ = "subject"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    type: SubjectType = Field(sa_type=enum_column(SubjectType))  # type: ignore[arg-type]
    project_id: UUID | None = Field(default=None, index=True)
    owner_id: PersonId | None = None
    channel_id: UUID | None = Field(default=None, index=True)
    version: int
    is_deleted: bool = False


class Blob(Base, table=True):
    """Bytes in the store, under the key that is made of the id, and who they count for: thumbnails
    for nobody."""

    __tablename__ = "blob"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    owner_id: PersonId | None = None
    size: int = Field(sa_type=BigInteger)
    state: BlobState = Field(sa_type=enum_column(BlobState))  # type: ignore[arg-type]
    changed_at: datetime = Field(default_factory=utc_now)

    __table_args__ = (
        Index("ix_blob_of_owner", "owner_id", "state"),
        Index("ix_blob_of_state", "state", "changed_at"),
    )


class File(Versioned, Timestamped, Base, table=True):
    """A file of a project, or without one of its uploader alone."""

    __tablename__ = "file"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    blob_id: UUID = Field(foreign_key="blob.id", unique=True)
    thumbnail_id: UUID | None = Field(default=None, foreign_key="blob.id", unique=True)
    project_id: UUID | None = Field(default=None, foreign_key="project.id")
    uploaded_by: PersonId
    filename: Filename
    original_filename: Filename
    mime_type: str = Field(max_length=127)
    size: int = Field(sa_type=BigInteger)
    sha256: str = Field(max_length=64)
    description: Description = None

    __table_args__ = (
        Index("ix_file_of_project", "project_id", "created_at", "id"),
        Index("ix_file_of_uploader", "uploaded_by", "created_at", "id"),
    )


class Attachment(Base, table=True):
    """A file attached to an issue, a task, a comment or a message."""

    __tablename__ = "attachment"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    file_id: UUID = Field(foreign_key="file.id", ondelete="CASCADE")
    subject_id: UUID = Field(foreign_key="subject.id")
    attached_by: PersonId
    created_at: datetime = Field(default_factory=utc_now)

    __table_args__ = (
        UniqueConstraint("file_id", "subject_id"),
        Index("ix_attachment_of_subject", "subject_id", "created_at", "id"),
    )


class Thumbnail(Base, table=True):
    """What a course shows itself with, kept up to date by events of learning; ``id`` is that of
    the course. ``is_public`` unless it is a draft, which nobody sees but its instructor."""

    __tablename__ = "thumbnail"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    file_id: UUID | None = Field(default=None, index=True)
    is_public: bool
    version: int


class FileShare(Base, table=True):
    """Who else sees the file, until when; it holds while both are in ``organization_id``."""

    __tablename__ = "file_share"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    file_id: UUID = Field(foreign_key="file.id", ondelete="CASCADE")
    user_id: PersonId = Field(index=True)
    organization_id: UUID | None = None
    permission: SharePermission = Field(sa_type=enum_column(SharePermission))  # type: ignore[arg-type]
    expires_at: datetime | None = None
    shared_by: PersonId
    created_at: datetime = Field(default_factory=utc_now)

    __table_args__ = (UniqueConstraint("file_id", "user_id"),)
