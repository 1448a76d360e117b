"""The graph being served: one snapshot at a time, replaced as a whole."""

from collections.abc import AsyncGenerator, Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

from trellis.router.answer import Answer
from trellis.router.operation.request import GraphQLRequest
from trellis.router.rate_limit.limiter import CountedRefusal
from trellis.router.serving.operation_meter import OperationMeter
from trellis.router.serving.snapshot import CountedGraph, Snapshot
from trellis.router.supergraph import Supergraph
from trellis.schema.errors import TrellisError
from trellis.schema.request import RequestContext


class LiveGraph:
    """Fills ``trellis.router.web.graph.Graph`` with the snapshot that is current when an operation
    begins; it keeps that one to its end. So a new operation on an open socket, too, runs on the
    current snapshot, and a subscription that goes on for days on the one that it began on."""

    def __init__(self, current: Snapshot) -> None:
        self.current = current
        self._retired: list[CountedGraph] = []

    @classmethod
    def over(cls, supergraph: Supergraph, meter: OperationMeter | None = None) -> "LiveGraph":
        """A graph without REST routes; ``meter`` counts its operations."""
        return cls(Snapshot(CountedGraph(supergraph, meter)))

    @property
    def supergraph(self) -> Supergraph:
        """The current one; operations that run may be on an older one."""
        return self.current.supergraph

    def replace(self, snapshot: Snapshot) -> None:
        """Serve ``snapshot`` from now on. The old one gives back its connections when the last
        operation on it has ended."""
        old, self.current = self.current.graph, snapshot
        self._retired = [graph for graph in self._retired if not graph.is_closed]
        self._retired.append(old)
        old.retire()

    # Both hand on what the snapshot's graph returns, without a coroutine of their own: every
    # operation would pay for it.

    def answer(self, request: GraphQLRequest, context: RequestContext) -> Awaitable[Answer]:
        return self.current.graph.answer(request, context)

    def stream(
        self, request: GraphQLRequest, context: RequestContext
    ) -> AsyncGenerator[Answer, None]:
        return self.current.graph.stream(request, context)

    async def count(self, error: TrellisError, context: RequestContext) -> CountedRefusal:
        """Count a request that was refused before there was an operation; see ``Limiter``."""
        return await self.supergraph.limiter.after_refusal(error, context)

    async def start(self) -> None:
        """Connect to the store of rate limits."""
        if self.supergraph.options.rate_limiting is not None:
            await self.supergraph.options.rate_limiting.start()

    async def aclose(self) -> None:
        """Give back the connections of all snapshots, and those to the store of rate limits, which
        outlives them."""
        for graph in (*self._retired, self.current.graph):
            await graph.aclose()
        if self.supergraph.options.rate_limiting is not None:
            await self.supergraph.options.rate_limiting.aclose()


class SnapshotDoor:
    """HTTP beside GraphQL: hands each request to the door of the snapshot that is current, and
    counts it there until it is answered."""

    def __init__(self, live: LiveGraph, otherwise: ASGIApp) -> None:
        """``otherwise`` gets what is no HTTP request."""
        self._live = live
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._otherwise(scope, receive, send)
            return
        snapshot = self._live.current
        snapshot.graph.enter()
        try:
            await snapshot.door(scope, receive, send)
        finally:
            snapshot.graph.leave()
