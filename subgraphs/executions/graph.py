"""Executions in the graph: the root fields, and the subgraph that the router runs."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import Cost, RequiresScopes

from trellis.db.jobs import Job
from trellis.db.subgraph import MakeSubgraph, define_subgraph
from trellis.schema.dialects import dialect_tags
from trellis.schema.inputs import known_id
from trellis.schema.list_sizes import EITHER_WAY, list_size
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import load_one
from trellis.subgraphs.executions import languages, models, queries, seed, worker
from trellis.subgraphs.executions.errors import ExecutionNotFound
from trellis.subgraphs.executions.following import follow_output, place_after
from trellis.subgraphs.executions.inputs import ExecuteCodeInput, ExecutionFiltersInput
from trellis.subgraphs.executions.loaders import Loaders
from trellis.subgraphs.executions.queries import NO_FILTERS
from trellis.subgraphs.executions.replicas import REPLICAS
from trellis.subgraphs.executions.runners.here import runner_here
from trellis.subgraphs.executions.settings import SETTINGS, ExecutionSettings
from trellis.subgraphs.executions.types import (
    READ,
    WRITE,
    Ctx,
    Execution,
    ExecutionOutput,
    Language,
)
from trellis.subgraphs.executions.use_cases import purging, requests


@strawberry.type
class ExecutionPayload:
    execution: Execution


@strawberry.type
class Query:
    @strawberry.federation.field(
        requires_scopes=READ, directives=[list_size(len(languages.Language))]
    )
    async def languages(self) -> list[Language] | None:
        """The languages that code may be in, and whether this server runs them."""
        runner = await runner_here()
        support = await asyncio.to_thread(runner.support)
        return [Language.of(name, found, runner.name) for name, found in support.items()]

    @strawberry.federation.field(requires_scopes=READ)
    async def execution(self, info: Ctx, id: ID) -> Execution | None:
        """One of the caller's own executions."""
        row = await load_one(info.context.loaders.execution, id)
        return Execution.of(row) if row else None

    @strawberry.federation.field(requires_scopes=READ, directives=[EITHER_WAY])
    async def executions(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filters: ExecutionFiltersInput | None = None,
    ) -> Connection[Execution] | None:
        """The caller's own executions, newest first."""
        context, page = info.context, PageRequest.of(first, after, last, before)
        wanted = filters.checked() if filters else NO_FILTERS
        statement = queries.matching(context.caller, wanted)
        return Connection.of(Execution.of, await context.page(statement, models.Execution, page))


@strawberry.type
class Mutation:
    @strawberry.federation.mutation(requires_scopes=WRITE, directives=[Cost(weight=50)])
    async def execute_code(self, info: Ctx, input: ExecuteCodeInput) -> ExecutionPayload | None:
        """Have code run. It waits in a queue: read it again, or subscribe to its output."""
        runner = await runner_here()
        new = input.checked(await asyncio.to_thread(runner.support))
        row = await info.context.transact(requests.execute_code, new)
        return ExecutionPayload(execution=Execution.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def cancel_execution(self, info: Ctx, id: ID) -> ExecutionPayload | None:
        """End an execution that waits or runs; what it has written stays."""
        wanted = known_id(id, ExecutionNotFound)
        row = await info.context.transact(requests.cancel_execution, wanted)
        return ExecutionPayload(execution=Execution.of(row))


@strawberry.type
class Subscription:
    @strawberry.subscription(directives=[RequiresScopes(scopes=READ)])
    async def execution_output(
        self, info: Ctx, id: ID, after: str | None = None
    ) -> AsyncGenerator[ExecutionOutput | None, None]:
        """What the caller's execution writes, from the beginning or after an ``eventId``. Its end
        is the last event, and the end of the subscription."""
        wanted, place = known_id(id, ExecutionNotFound), place_after(after)
        async with aclosing(follow_output(info.context, wanted, place)) as pieces:
            async for row, piece in pieces:
                info.context.refresh()
                if piece is None:
                    yield ExecutionOutput.last_of(row)
                else:
                    yield ExecutionOutput.of(row, piece)


JOBS = (
    Job("running of code", 0.5, worker.work, check=ExecutionSettings.from_environment),
    Job("removal of old executions", 600.0, purging.purge),
)


def define(jobs: Sequence[Job]) -> MakeSubgraph:
    """How to make the subgraph with what it does again and again while it runs."""
    return define_subgraph(
        "executions",
        models.Base,
        Query,
        Mutation,
        Subscription,
        loaders=Loaders,
        replicas=REPLICAS,
        seed=seed.write_demo_data,
        jobs=jobs,
        env_settings=SETTINGS,
        tags=dialect_tags(),
    )


make_subgraph = define(JOBS)

subgraph = make_subgraph()
