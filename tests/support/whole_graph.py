"""The three subgraphs on demo data and one graph over them, asked without a server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.subgraphs import running
from trellis.db.bus import EventBus, MemoryBus
from trellis.db.settings import DataSettings
from trellis.router import Subgraph as Member
from trellis.router import Supergraph, compose
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.transports.local import LocalTransport
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.accounts.graph import make_subgraph as make_accounts
from trellis.subgraphs.issues.graph import make_subgraph as make_issues
from trellis.subgraphs.projects.graph import make_subgraph as make_projects


@dataclass
class WholeGraph:
    """The graph, its running subgraphs and the bus between them."""

    supergraph: Supergraph
    subgraphs: dict[str, Subgraph]
    bus: EventBus

    async def answer(self, operation: str, who: Identity, **variables: Any) -> Any:
        """Data and errors of an operation."""
        context = RequestContext(identity=who, request_id="req-1")
        return await answer(GraphQLRequest(operation, variables), context, self.supergraph)

    async def ask(self, operation: str, who: Identity, **variables: Any) -> dict[str, Any]:
        """Data of an operation that must go well."""
        result = await self.answer(operation, who, **variables)
        assert not result.errors, result.errors
        assert result.data is not None
        return result.data


@asynccontextmanager
async def whole_graph(settings: DataSettings) -> AsyncIterator[WholeGraph]:
    """Start and at the end stop accounts, projects and issues over one bus of this process."""
    bus = MemoryBus()
    await bus.connect()
    async with (
        running(make_accounts, settings, bus=bus) as accounts,
        running(make_projects, settings, bus=bus) as projects,
        running(make_issues, settings, bus=bus) as issues,
    ):
        parts = [part.subgraph for part in (accounts, projects, issues)]
        composition = compose([Member(part.name, "", part.schema.as_str()) for part in parts])
        transports = {part.name: LocalTransport(part) for part in parts}
        supergraph = Supergraph.load(composition.supergraph_sdl, transports=transports)
        yield WholeGraph(supergraph, {part.name: part for part in parts}, bus)
    await bus.close()
