"""The types of files in the graph, and what files add to projects, people, issues, tasks, comments,
messages and channels."""

from datetime import datetime
from typing import Annotated, Self, TypeAlias
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID, Info

from trellis.db.caller_context import CallerContext
from trellis.db.paging import NEWEST_FIRST
from trellis.schema.inputs import as_uuid
from trellis.schema.list_sizes import EITHER_WAY, FORWARD, list_size
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import Reference, load_by_id, load_one
from trellis.subgraphs.files import models
from trellis.subgraphs.files.inputs import FileFiltersInput
from trellis.subgraphs.files.loaders import Loaders
from trellis.subgraphs.files.models import SharePermission, SubjectType
from trellis.subgraphs.files.queries import FileFilters, Parent
from trellis.subgraphs.files.tickets import Variant, link_to

READ = [["read:files"]]
WRITE = [["write:files"]]
# Attachments are part of what they are at: who reads that needs no other scope.
_AT_TASK, _AT_ISSUE, _AT_COMMENT, _AT_MESSAGE = (
    [["read:files"], [f"read:{what}"]] for what in ("tasks", "issues", "comments", "channels")
)
_ATTACHED = [
    ["read:files"],
    ["read:tasks"],
    ["read:issues"],
    ["read:comments"],
    ["read:channels"],
]
_FEW = list_size(10)

Ctx = Info[CallerContext[Loaders], None]


@strawberry.federation.type(keys=["id"])
class User:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ,
        directives=[FORWARD],
        description="Files they have uploaded that the caller may see, newest first.",
    )
    async def files(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        filters: FileFiltersInput | None = None,
    ) -> "Connection[File] | None":
        return await _list(info, "uploaded_by", self.id, PageRequest.of(first, after), filters)


@strawberry.federation.type(keys=["id"])
class Project:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ, directives=[EITHER_WAY], description="Newest first."
    )
    async def files(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filters: FileFiltersInput | None = None,
    ) -> "Connection[File] | None":
        page = PageRequest.of(first, after, last, before)
        return await _list(info, "project_id", self.id, page, filters)


@strawberry.federation.type(keys=["id"])
class Task:
    id: ID

    @strawberry.federation.field(
        requires_scopes=_AT_TASK, directives=[_FEW], description="Oldest first."
    )
    async def attachments(self, info: Ctx) -> "list[Attachment] | None":
        return await _attachments(info, self.id)

    @strawberry.federation.field(requires_scopes=_AT_TASK)
    async def attachment_count(self, info: Ctx) -> int | None:
        return await load_one(info.context.loaders.attachment_count, self.id)


@strawberry.federation.type(keys=["id"])
class Issue:
    id: ID

    @strawberry.federation.field(
        requires_scopes=_AT_ISSUE, directives=[_FEW], override="issues", description="Oldest first."
    )
    async def attachments(self, info: Ctx) -> "list[Attachment]":
        return await _attachments(info, self.id)


@strawberry.federation.type(keys=["id"])
class Comment:
    id: ID

    @strawberry.federation.field(
        requires_scopes=_AT_COMMENT, directives=[_FEW], description="Oldest first."
    )
    async def attachments(self, info: Ctx) -> "list[Attachment] | None":
        return await _attachments(info, self.id)


@strawberry.federation.type(keys=["id"])
class Message:
    id: ID

    @strawberry.federation.field(
        requires_scopes=_AT_MESSAGE,
        directives=[_FEW],
        description="In the order in which they were sent.",
    )
    async def attachments(self, info: Ctx) -> "list[Attachment] | None":
        return await _attachments(info, self.id)


@strawberry.federation.interface_object(keys=["id"])
class Channel:
    """Whatever kind of channel it is; the subgraph ``chat`` knows."""

    id: ID

    @strawberry.federation.field(
        requires_scopes=_AT_MESSAGE,
        directives=[FORWARD],
        description="The files attached to its messages, newest first.",
    )
    async def files(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> "Connection[File] | None":
        page, lists = PageRequest.of(first, after), info.context.loaders.files_of_channels
        return Connection.of(File.of, await lists.load_for(NEWEST_FIRST, self.id, page))


AttachmentSubject: TypeAlias = Annotated[
    Issue | Task | Comment | Message,
    strawberry.union("AttachmentSubject", description="Subjects that files can be attached to."),
]


@strawberry.federation.type(
    requires_scopes=READ, description="A person with whom the file is shared, and until when."
)
class FileShare:
    id: ID
    user: User | None
    permission: SharePermission
    expires_at: datetime | None = strawberry.field(description="Null if it does not expire.")
    created_at: datetime

    @classmethod
    def of(cls, row: models.FileShare) -> Self:
        return cls(
            id=ID(str(row.id)),
            user=User(id=ID(str(row.user_id))),
            permission=row.permission,
            expires_at=row.expires_at,
            created_at=row.created_at,
        )


@strawberry.federation.type(requires_scopes=READ)
class FileMetadata:
    issue_id: ID | None = strawberry.field(description="The first issue it is attached to.")
    description: str | None


@strawberry.federation.type(keys=["id"], requires_scopes=READ)
class File:
    id: ID
    filename: str = strawberry.field(description="The file name for downloads.")
    original_filename: str = strawberry.field(description="The file name as uploaded.")
    size: int = strawberry.field(description="In bytes.")
    mime_type: str = strawberry.field(description="The media type, detected from the content.")
    sha256: str = strawberry.field(description="The SHA-256 hash of the content, in hexadecimal.")
    description: str | None
    project: Project | None = strawberry.field(
        description="Null for a personal file of its uploader."
    )
    uploaded_by: User | None
    created_at: datetime
    updated_at: datetime
    version: int = strawberry.field(
        description="Send it with an update to detect concurrent changes."
    )
    has_thumbnail: strawberry.Private[bool]
    event_cursor: str | None = strawberry.field(
        default=None,
        description="The position of this event in the stream; only in subscriptions. Pass it as "
        "`after` to resume without missing events.",
    )

    @strawberry.field(
        description="A link to the content that works without signing in, for a limited time and "
        "as long as the caller may see the file."
    )
    def url(self, info: Ctx) -> str:
        return _link(info, self.id, Variant.ORIGINAL)

    @strawberry.field(description="A link to a small WebP image; null if there is none.")
    def thumbnail_url(self, info: Ctx) -> str | None:
        return _link(info, self.id, Variant.THUMBNAIL) if self.has_thumbnail else None

    @strawberry.field(description="The first task it is attached to.")
    async def task(self, info: Ctx) -> Task | None:
        id = await _first_subject(info, self.id, SubjectType.TASK)
        return Task(id=id) if id else None

    @strawberry.field(description="The first issue it is attached to.")
    async def issue(self, info: Ctx) -> Issue | None:
        id = await _first_subject(info, self.id, SubjectType.ISSUE)
        return Issue(id=id) if id else None

    @strawberry.field(description="The description of the file.")
    async def metadata(self, info: Ctx) -> "FileMetadata":
        id = await _first_subject(info, self.id, SubjectType.ISSUE)
        return FileMetadata(issue_id=id, description=self.description)

    @strawberry.field(
        directives=[_FEW], description="The subjects it is attached to, oldest first."
    )
    async def attachments(self, info: Ctx) -> list["Attachment"]:
        rows = await info.context.loaders.attachments_of_file.load(UUID(self.id))
        return [Attachment.of(row, self) for row in rows]

    @strawberry.field(
        directives=[_FEW], description="Only for the owner of the file; empty for others."
    )
    async def shares(self, info: Ctx) -> list[FileShare]:
        rows = await info.context.loaders.shares.load(UUID(self.id))
        return [FileShare.of(row) for row in rows]

    @classmethod
    def of(cls, row: models.File, *, event_cursor: str | None = None) -> Self:
        project = row.project_id
        return cls(
            id=ID(str(row.id)),
            filename=row.filename,
            original_filename=row.original_filename,
            size=row.size,
            mime_type=row.mime_type,
            sha256=row.sha256,
            description=row.description,
            project=Project(id=ID(str(project))) if project else None,
            uploaded_by=User(id=ID(str(row.uploaded_by))),
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
            has_thumbnail=row.thumbnail_id is not None,
            event_cursor=event_cursor,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.file, references)
        return [cls.of(row) if row else None for row in rows]


@strawberry.federation.type(
    keys=["id"],
    requires_scopes=_ATTACHED,
    description="A file attached to an issue, a task, a comment or a message.",
)
class Attachment:
    """Issues kept the first of them; what they had, is here (``override``)."""

    id: ID
    file: File
    attached_by: User | None
    created_at: datetime = strawberry.federation.field(override="issues")
    subject_id: strawberry.Private[UUID]

    @strawberry.federation.field(override="issues")
    def filename(self) -> str:
        return self.file.filename

    @strawberry.federation.field(override="issues")
    def mime_type(self) -> str:
        return self.file.mime_type

    @strawberry.federation.field(override="issues", description="In bytes.")
    def size(self) -> int:
        return self.file.size

    @strawberry.federation.field(
        override="issues", description="A link to the content; null if no server provides it."
    )
    def url(self, info: Ctx) -> str | None:
        return _link(info, self.file.id, Variant.ORIGINAL)

    @strawberry.field
    async def subject(self, info: Ctx) -> AttachmentSubject | None:
        row = await info.context.loaders.subject.load(self.subject_id)
        return _SUBJECTS[row.type](id=ID(str(row.id))) if row is not None else None

    @classmethod
    def of(cls, row: models.Attachment, file: File) -> Self:
        return cls(
            id=ID(str(row.id)),
            file=file,
            attached_by=User(id=ID(str(row.attached_by))),
            created_at=row.created_at,
            subject_id=row.subject_id,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.attachment, references)
        ids = [row.file_id for row in rows if row is not None]
        files = dict(zip(ids, await info.context.loaders.file.load_many(ids), strict=True))
        found: list[Self | None] = []
        for row in rows:
            file = files.get(row.file_id) if row is not None else None
            found.append(cls.of(row, File.of(file)) if row is not None and file else None)
        return found


_SUBJECTS: dict[SubjectType, type[Issue | Task | Comment | Message]] = {
    SubjectType.ISSUE: Issue,
    SubjectType.TASK: Task,
    SubjectType.COMMENT: Comment,
    SubjectType.MESSAGE: Message,
}


async def _list(
    info: Ctx, parent: Parent, id: str, page: PageRequest, filters: FileFiltersInput | None
) -> Connection[File]:
    """The files that hang on something, loaded together with those of its siblings."""
    wanted = filters.checked() if filters else FileFilters()
    found = await info.context.loaders.files.load_for((parent, wanted), id, page)
    return Connection.of(File.of, found)


async def _attachments(info: Ctx, id: str) -> list[Attachment]:
    wanted = as_uuid(id)
    found = await info.context.loaders.attachments.load(wanted) if wanted else []
    return [Attachment.of(row, File.of(file)) for row, file in found]


async def _first_subject(info: Ctx, file_id: str, type: SubjectType) -> ID | None:
    """Of those that the caller sees."""
    loaders = info.context.loaders
    rows = await loaders.attachments_of_file.load(UUID(file_id))
    subjects = await loaders.subject.load_many([row.subject_id for row in rows])
    found = (one.id for one in subjects if one is not None and one.type is type)
    return next((ID(str(id)) for id in found), None)


def _link(info: Ctx, file_id: str, variant: Variant) -> str:
    context = info.context
    return link_to(context.storage, UUID(file_id), variant, context.caller)
