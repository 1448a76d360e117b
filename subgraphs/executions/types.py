"""The types of executions in the graph, and what executions add to people."""

from datetime import datetime
from typing import Self

import strawberry
import strawberry.federation
from strawberry import ID, Info
from strawberry.federation.schema_directives import Cost

from trellis.db.caller_context import CallerContext
from trellis.schema.inputs import is_id_of
from trellis.schema.list_sizes import FORWARD
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import Reference, load_by_id
from trellis.subgraphs.executions import models, queries
from trellis.subgraphs.executions.inputs import ExecutionFiltersInput
from trellis.subgraphs.executions.languages import Language as LanguageName
from trellis.subgraphs.executions.loaders import Loaders
from trellis.subgraphs.executions.models import ExecutionStatus, Failure
from trellis.subgraphs.executions.queries import NO_FILTERS, Used
from trellis.subgraphs.executions.runners.runner import Stream, Support
from trellis.subgraphs.executions.tiers import QUOTA_WINDOW, Allowance, allowance_of

READ = [["read:executions"]]
WRITE = [["write:executions"]]

Ctx = Info[CallerContext[Loaders], None]


@strawberry.type(description="A programming language, and whether this server runs it.")
class Language:
    name: LanguageName
    is_available: bool
    version: str | None = strawberry.field(description="The version on this server.")
    runner: str = strawberry.field(description="bubblewrap, webassembly or none")
    unavailable_reason: str | None

    @classmethod
    def of(cls, name: LanguageName, support: Support, runner: str) -> Self:
        return cls(
            name=name,
            is_available=support.unavailable is None,
            version=support.version,
            runner=runner,
            unavailable_reason=support.unavailable,
        )


@strawberry.type(description="How much code a person may run, by subscription.")
class ExecutionQuota:
    tier: str
    limit: int = strawberry.field(description="Executions within any 24 hours.")
    used: int
    remaining: int
    resets_at: datetime | None = strawberry.field(
        description="When the oldest of them no longer counts."
    )
    max_timeout: int = strawberry.field(description="In seconds.")
    at_once: int = strawberry.field(description="How many run concurrently; others wait.")

    @classmethod
    def of(cls, allowance: Allowance, used: Used) -> Self:
        return cls(
            tier=allowance.tier,
            limit=allowance.per_day,
            used=used.number,
            remaining=max(0, allowance.per_day - used.number),
            resets_at=used.oldest + QUOTA_WINDOW if used.oldest is not None else None,
            max_timeout=allowance.seconds,
            at_once=allowance.at_once,
        )


@strawberry.federation.type(keys=["id"])
class User:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ,
        directives=[FORWARD],
        description="The executions of the caller, newest first.",
    )
    async def executions(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        filters: ExecutionFiltersInput | None = None,
    ) -> "Connection[Execution] | None":
        page, lists = PageRequest.of(first, after), info.context.loaders.executions
        found = await lists.load_for(filters.checked() if filters else NO_FILTERS, self.id, page)
        return Connection.of(Execution.of, found)

    @strawberry.federation.field(
        requires_scopes=READ,
        directives=[Cost(weight=2)],
        description="Null for users other than the caller.",
    )
    async def execution_quota(self, info: Ctx) -> ExecutionQuota | None:
        caller = info.context.caller
        if not is_id_of(self.id, caller.id):
            return None
        async with info.context.storage.read() as session:
            allowance = allowance_of(await queries.tier_of(session, caller))
            return ExecutionQuota.of(allowance, await queries.used_by(session, caller.id))


@strawberry.federation.type(
    keys=["id"],
    description="A run of code, visible only to the person who started it.",
    requires_scopes=READ,
)
class Execution:
    row: strawberry.Private[models.Execution]
    id: ID
    owner: User | None
    language: LanguageName
    runtime_version: str | None = strawberry.field(
        description="The version of the language on the server that ran it."
    )
    code: str
    stdin: str
    timeout: int = strawberry.field(description="In seconds, without compilation.")
    status: ExecutionStatus
    failure: Failure | None = strawberry.field(
        description="Why it failed: the program, a limit that it exceeded, or the platform."
    )
    exit_code: int | None = strawberry.field(
        description="The exit code of the program, or 128 plus the number of the signal that ended "
        "it; null if the platform ended it."
    )
    execution_time_ms: int | None
    memory_used_bytes: int | None = strawberry.field(description="The peak, in bytes.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    version: int

    @strawberry.field(description="Its standard output so far.")
    async def stdout(self, info: Ctx) -> str | None:
        return await info.context.loaders.output.load((self.row.id, Stream.STDOUT))

    @strawberry.field(description="Its standard error so far, including that of compilers.")
    async def stderr(self, info: Ctx) -> str | None:
        return await info.context.loaders.output.load((self.row.id, Stream.STDERR))

    @classmethod
    def of(cls, row: models.Execution) -> Self:
        return cls(
            row=row,
            id=ID(str(row.id)),
            owner=User(id=ID(str(row.owner_id))),
            language=row.language,
            runtime_version=row.runtime_version,
            code=row.code,
            stdin=row.stdin,
            timeout=row.seconds,
            status=row.status,
            failure=row.failure,
            exit_code=row.exit_code,
            execution_time_ms=row.execution_time_ms,
            memory_used_bytes=row.memory_used_bytes,
            created_at=row.created_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
            version=row.version,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.execution, references)
        return [cls.of(row) if row else None for row in rows]


@strawberry.type(
    description="A part of the output of an execution; the last event has no output but the result."
)
class ExecutionOutput:
    event_id: str = strawberry.field(
        description="Pass it as `after` to resume without missing or repeating output."
    )
    stream: Stream | None
    text: str | None
    execution: Execution = strawberry.field(
        description="The current state, not that at the time of the event."
    )

    @classmethod
    def of(cls, row: models.Execution, piece: models.OutputChunk) -> Self:
        return cls(
            event_id=str(piece.sequence),
            stream=piece.stream,
            text=piece.text,
            execution=Execution.of(row),
        )

    @classmethod
    def last_of(cls, row: models.Execution) -> Self:
        number = row.last_sequence + 1
        return cls(event_id=str(number), stream=None, text=None, execution=Execution.of(row))
