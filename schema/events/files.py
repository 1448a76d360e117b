"""Events about files, their attachments and shares, in the stream of the subgraph ``files``.

Those that make or change a file carry its state: keep that with the greatest ``version``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from trellis.schema.events.event import Event

STREAM = "files"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """What other subgraphs may store of a file; ``size`` is in bytes."""

    filename: str
    mime_type: str
    size: int
    description: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEvent(Event):
    """``project_id`` is null for files that belong to their owner alone."""

    file_id: UUID
    project_id: UUID | None
    uploaded_by: UUID
    version: int

    @property
    def key(self) -> str:
        return str(self.file_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileUploaded(FileEvent):
    topic: ClassVar[str] = "file.uploaded"
    state: FileState


@dataclass(frozen=True, slots=True, kw_only=True)
class FileUpdated(FileEvent):
    topic: ClassVar[str] = "file.updated"
    state: FileState


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDeleted(FileEvent):
    topic: ClassVar[str] = "file.deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShared(FileEvent):
    """``permission`` is read or write; ``expires_at`` is null for shares without an end."""

    topic: ClassVar[str] = "file.shared"
    shared_by: UUID
    shared_with: tuple[UUID, ...]
    permission: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileUnshared(FileEvent):
    topic: ClassVar[str] = "file.unshared"
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAttached(FileEvent):
    """``subject_type`` is issue, task, comment or message."""

    topic: ClassVar[str] = "file.attached"
    subject_type: str
    subject_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDetached(FileEvent):
    topic: ClassVar[str] = "file.detached"
    subject_type: str
    subject_id: UUID
