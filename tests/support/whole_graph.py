"""Subgraphs on demo data and one graph over them, asked without a server."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.support.subgraphs import running
from trellis.db.bus import EventBus, MemoryBus
from trellis.db.redis_bus import RedisBus
from trellis.db.settings import DataSettings
from trellis.db.subgraph import MakeSubgraph
from trellis.router import Subgraph as Member
from trellis.router import Supergraph, compose
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.transports.local import LocalTransport
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext
from trellis.subgraphs.accounts.graph import make_subgraph as make_accounts
from trellis.subgraphs.issues.graph import make_subgraph as make_issues
from trellis.subgraphs.projects.graph import make_subgraph as make_projects
from trellis.subgraphs.workflows.graph import make_subgraph as make_workflows


@dataclass
class WholeGraph:
    """The graph over its running subgraphs."""

    supergraph: Supergraph

    async def answer(
        self, operation: str, who: Identity, *, reuse_seconds: int = 0, **variables: Any
    ) -> Any:
        """Data and errors of an operation."""
        context = RequestContext(identity=who, request_id="req-1")
        request = GraphQLRequest(operation, variables, reuse_seconds=reuse_seconds)
        return await answer(request, context, self.supergraph)

    async def ask(self, operation: str, who: Identity, **variables: Any) -> dict[str, Any]:
        """Data of an operation that must go well."""
        result = await self.answer(operation, who, **variables)
        assert not result.errors, result.errors
        assert result.data is not None
        return result.data


@asynccontextmanager
async def whole_graph(
    settings: DataSettings, *, redis_url: str | None = None, also: Sequence[MakeSubgraph] = ()
) -> AsyncIterator[WholeGraph]:
    """Start and at the end stop accounts, projects, issues, workflows and those in ``also``: over
    one bus of this process, or with ``redis_url`` each over its own, as subgraphs in processes of
    their own have it."""
    prefix = f"{uuid4()}:"
    shared = MemoryBus()

    async def bus() -> EventBus:
        if redis_url is None:
            return shared
        own = RedisBus(redis_url, prefix=prefix)
        await own.connect()
        opened.push_async_callback(own.close)
        return own

    async with AsyncExitStack() as opened:
        await shared.connect()
        opened.push_async_callback(shared.close)
        started = [
            await opened.enter_async_context(running(make, settings, bus=await bus()))
            for make in (make_accounts, make_projects, make_issues, make_workflows, *also)
        ]
        parts = [one.subgraph for one in started]
        composition = compose([Member(part.name, "", part.schema.as_str()) for part in parts])
        transports = {part.name: LocalTransport(part) for part in parts}
        changes = {part.name: part.changes for part in parts if part.changes is not None}
        supergraph = Supergraph.load(
            composition.supergraph_sdl, transports=transports, changes=changes
        )
        yield WholeGraph(supergraph)
