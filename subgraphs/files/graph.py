"""Files in the graph: the root fields, and the subgraph that the router runs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import Cost, RequiresScopes

from trellis.db.jobs import Job
from trellis.db.replica import Replica
from trellis.db.storage import Storage
from trellis.db.subgraph import define_subgraph
from trellis.schema.dialects import dialect_tags
from trellis.schema.directives import Live
from trellis.schema.events.chat import STREAM as CHAT
from trellis.schema.events.comments import STREAM as COMMENTS
from trellis.schema.events.comments import CommentCreated, CommentDeleted, CommentUpdated
from trellis.schema.events.files import FileUploaded
from trellis.schema.events.issues import STREAM as ISSUES
from trellis.schema.events.issues import IssueCreated, IssueDeleted, IssueUpdated
from trellis.schema.events.learning import COURSE_STATES
from trellis.schema.events.learning import STREAM as LEARNING
from trellis.schema.events.tasks import STREAM as TASKS
from trellis.schema.events.tasks import TaskCreated, TaskDeleted, TaskUpdated
from trellis.schema.inputs import InputProblems, known_id
from trellis.schema.list_sizes import EITHER_WAY
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.public_url import unfit_public_url
from trellis.schema.references import load_one
from trellis.schema.uploads import Upload, uploaded_file
from trellis.subgraphs.files import content, models, queries, seed
from trellis.subgraphs.files.errors import AttachmentNotFound, FileNotFound
from trellis.subgraphs.files.inputs import (
    AttachmentTargetInput,
    FileDetailsInput,
    FileFiltersInput,
    ShareFileInput,
    UpdateFileInput,
)
from trellis.subgraphs.files.loaders import Loaders
from trellis.subgraphs.files.models import Person
from trellis.subgraphs.files.queries import PROJECTS, FileFilters
from trellis.subgraphs.files.settings import SETTINGS, FileSettings
from trellis.subgraphs.files.types import (
    READ,
    WRITE,
    Attachment,
    Channel,
    Ctx,
    File,
    Message,
)
from trellis.subgraphs.files.use_cases import attachments, files, messages, shares, upkeep
from trellis.subgraphs.files.use_cases.upload import upload_file
from trellis.subgraphs.people_scope.people import people_replica
from trellis.subgraphs.project_scope.changes import changes_within

_DELETION_SECONDS = 60.0


@strawberry.type
class FilePayload:
    file: File


@strawberry.type
class DeleteFilePayload:
    deleted_file_id: ID


@strawberry.type
class AttachFilePayload:
    attachment: Attachment


@strawberry.type
class DetachFilePayload:
    detached_attachment_id: ID


@strawberry.type
class Query:
    @strawberry.federation.field(requires_scopes=READ, directives=[EITHER_WAY])
    async def files(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filters: FileFiltersInput | None = None,
    ) -> Connection[File] | None:
        """Files the caller may see, newest first."""
        context, page = info.context, PageRequest.of(first, after, last, before)
        wanted = filters.checked() if filters else FileFilters()
        statement = queries.matching(context.caller, wanted)
        return Connection.of(File.of, await context.page(statement, models.File, page))

    @strawberry.federation.field(requires_scopes=READ)
    async def file(self, info: Ctx, id: ID) -> File | None:
        row = await load_one(info.context.loaders.file, id)
        return File.of(row) if row else None


@strawberry.type
class Mutation:
    # Its bytes are looked at, made small and stored.
    @strawberry.federation.mutation(requires_scopes=WRITE, directives=[Cost(weight=20)])
    async def upload_file(
        self, info: Ctx, file: Upload, details: FileDetailsInput | None = None
    ) -> FilePayload | None:
        """Keep a file of a multipart request. Its type is found out by its content, and what it is
        sent as must agree."""
        given = uploaded_file(info.context.request.uploads, file, "file")
        placement = (details or FileDetailsInput()).checked()
        return FilePayload(file=File.of(await upload_file(info.context, given, placement)))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_file(self, info: Ctx, id: ID, input: UpdateFileInput) -> FilePayload | None:
        """For its uploader, managers of its project, and those with whom it is shared for
        writing."""
        changes, wanted = input.checked(), known_id(id, FileNotFound)
        row = await info.context.transact(files.update_file, wanted, changes, version=input.version)
        return FilePayload(file=File.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def delete_file(self, info: Ctx, id: ID) -> DeleteFilePayload | None:
        """For its uploader and managers of its project."""
        wanted = known_id(id, FileNotFound)
        await info.context.transact(files.delete_file, wanted)
        return DeleteFilePayload(deleted_file_id=ID(str(wanted)))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def share_file(self, info: Ctx, id: ID, input: ShareFileInput) -> FilePayload | None:
        """Let people of the same organization see the file, or change it, until a time. For its
        uploader and managers of its project."""
        sharing, wanted = input.checked(), known_id(id, FileNotFound)
        return FilePayload(
            file=File.of(await info.context.transact(shares.share_file, wanted, sharing))
        )

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def unshare_file(self, info: Ctx, id: ID, user_id: ID) -> FilePayload | None:
        """Share it with somebody no longer."""
        wanted, problems = known_id(id, FileNotFound), InputProblems()
        user = problems.id("userId", user_id)
        problems.raise_any()
        return FilePayload(
            file=File.of(await info.context.transact(shares.unshare_file, wanted, user))
        )

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def attach_file(
        self, info: Ctx, file_id: ID, to: AttachmentTargetInput
    ) -> AttachFilePayload | None:
        """Who sees what the file is attached to, sees the file from now on."""
        subject, wanted = to.checked(), known_id(file_id, FileNotFound)
        row = await info.context.transact(attachments.attach_file, wanted, subject)
        file = await info.context.loaders.file.load(row.file_id)
        if file is None:
            raise FileNotFound(file_id)
        return AttachFilePayload(attachment=Attachment.of(row, File.of(file)))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def detach_file(self, info: Ctx, attachment_id: ID) -> DetachFilePayload | None:
        """The file stays."""
        wanted = known_id(attachment_id, AttachmentNotFound)
        await info.context.transact(attachments.detach_file, wanted)
        return DetachFilePayload(detached_attachment_id=ID(str(wanted)))


@strawberry.type
class Subscription:
    @strawberry.subscription(directives=[RequiresScopes(scopes=READ), Live(resumed_by=["after"])])
    async def file_uploaded(
        self, info: Ctx, project_id: ID, after: str | None = None
    ) -> AsyncGenerator[File | None, None]:
        """Each new file of the project.

        Ends with NOT_FOUND when the project is gone or the caller may not see it any more. With
        ``after`` (an ``eventCursor``) it begins with what was missed.
        """
        changes = changes_within(
            info.context,
            PROJECTS,
            project_id,
            (FileUploaded.topic,),
            lambda loaders: loaders.file,
            after,
        )
        async with aclosing(changes) as rows:
            async for row, cursor in rows:
                yield File.of(row, event_cursor=cursor)


async def _delete_bytes(storage: Storage) -> None:
    await upkeep.delete_bytes(storage)


make_subgraph = define_subgraph(
    "files",
    models.Base,
    Query,
    Mutation,
    Subscription,
    loaders=Loaders,
    replicas=[
        PROJECTS.replica(deleted=upkeep.delete_files_of),
        people_replica(Person, deleted=upkeep.forget_person),
        Replica(ISSUES, (IssueCreated, IssueUpdated, IssueDeleted), upkeep.keep_issue),
        Replica(TASKS, (TaskCreated, TaskUpdated, TaskDeleted), upkeep.keep_task),
        Replica(CHAT, messages.TAKEN, messages.apply_chat),
        Replica(COMMENTS, (CommentCreated, CommentUpdated, CommentDeleted), upkeep.keep_comment),
        Replica(LEARNING, COURSE_STATES, upkeep.keep_thumbnail),
    ],
    seed=seed.write_demo_data,
    seeded=seed.write_demo_bytes,
    jobs=[
        Job(
            "deletion of bytes without a file",
            _DELETION_SECONDS,
            _delete_bytes,
            check=FileSettings.from_environment,
        )
    ],
    env_settings=SETTINGS,
    types=[Channel, Message],
    open_content=content.open_content,
    check=content.check,
    unfit_for_production=unfit_public_url,
    tags=dialect_tags(),
)

subgraph = make_subgraph()
