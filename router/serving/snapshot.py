"""Everything that is derived from one supergraph, counted while operations run on it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter

import structlog
from starlette.types import ASGIApp, Scope

from trellis.router import pipeline
from trellis.router.answer import Answer
from trellis.router.operation.request import GraphQLRequest
from trellis.router.rest.route import RestRoute
from trellis.router.serving.operation_meter import OperationMeter
from trellis.router.serving.wiring import nothing_here
from trellis.router.supergraph import Supergraph
from trellis.router.topics.reader import NO_TOPICS, TopicReaders
from trellis.router.web.errors import ErrorAnswer
from trellis.schema.errors import TrellisError
from trellis.schema.request import RequestContext

log = structlog.get_logger(__name__)


class CountedGraph:
    """Fills ``trellis.router.web.graph.Graph`` with one supergraph, and owns its connections.

        in use ── retire ──> retired ── the last operation leaves ──> closed
           └──────────────────── aclose ─────────────────────────────────┘

    ``running`` counts requests, operations and subscriptions; one may be counted twice.
    """

    def __init__(self, supergraph: Supergraph, meter: OperationMeter | None = None) -> None:
        """``meter`` counts the operations, by default with the usual number of names."""
        self.supergraph = supergraph
        self.meter = meter or OperationMeter()
        self.running = 0
        self._is_retired = False
        self._closing: asyncio.Task[None] | None = None

    # The count is two plain methods, not a context manager: every operation pays for it.

    def enter(self) -> None:
        """Something begins to run on this supergraph; ``leave`` must follow."""
        self.running += 1

    def leave(self) -> None:
        self.running -= 1
        if self._is_retired and not self.running:
            self._begin_to_close()

    async def answer(self, request: GraphQLRequest, context: RequestContext) -> Answer:
        self.running += 1  # ``enter``, for every operation pays for it
        try:
            series = self.meter.series_of(request, self.supergraph.parse)
            self.meter.begin(series, context)
            began = perf_counter()
            answer = await pipeline.answer(request, context, self.supergraph)
            self.meter.count(series, answer, perf_counter() - began)
            return answer
        finally:
            self.leave()

    async def stream(
        self, request: GraphQLRequest, context: RequestContext
    ) -> AsyncGenerator[Answer, None]:
        self.enter()
        try:
            series = self.meter.series_of(request, self.supergraph.parse)
            self.meter.begin(series, context)
            began = perf_counter()
            answers = pipeline.stream(request, context, self.supergraph)
            with self.meter.lasting(series):
                async with aclosing(answers):
                    async for answer in answers:
                        if series.kind == "subscription" and answer.executed:
                            self.meter.count_event(answer)
                        else:
                            self.meter.count(series, answer, perf_counter() - began)
                        yield answer
        finally:
            self.leave()

    def retire(self) -> None:
        """No new operation will come: close as soon as the last one has left."""
        self._is_retired = True
        if not self.running:
            self._begin_to_close()

    @property
    def is_closed(self) -> bool:
        return self._closing is not None and self._closing.done()

    async def wait_closed(self) -> None:
        """Until what ``retire`` began has ended; at once where nothing is being closed."""
        if self._closing is not None:
            await asyncio.shield(self._closing)

    async def aclose(self) -> None:
        """Give back the connections to subgraphs now, whatever still runs; once."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await self.wait_closed()

    def _begin_to_close(self) -> None:
        # Not at once: the last one to leave may have started a task that enters in its first step
        # (a request that goes on for its idempotency key, a member of a batch). Callbacks run in
        # the order in which they were scheduled, so such a task has entered before this looks.
        asyncio.get_running_loop().call_soon(self._close_if_empty)

    def _close_if_empty(self) -> None:
        if not self.running and self._closing is None:
            self._closing = asyncio.create_task(self._close())

    async def _close(self) -> None:
        for name, close in self._owned():
            try:
                await close()
            except Exception as error:  # what else is owned must be given back, too
                log.error("not_closed", part=name, exc_info=error)

    def _owned(self) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
        for name, transport in self.supergraph.transports.items():
            yield name, transport.aclose
        yield "policies", self.supergraph.enforcer.registry.aclose


def _no_words(_error: TrellisError, _scope: Scope) -> ErrorAnswer | None:
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Immutable: another supergraph is another snapshot. ``door`` answers HTTP beside GraphQL: the
    ``routes``, their documents, and whatever does not depend on the supergraph. ``write_error``
    words a refusal as the dialect that a request means, None where it means none. ``topics`` are
    those of the event socket."""

    graph: CountedGraph
    routes: tuple[RestRoute, ...] = ()
    door: ASGIApp = nothing_here
    write_error: Callable[[TrellisError, Scope], ErrorAnswer | None] = _no_words
    topics: TopicReaders = NO_TOPICS

    @property
    def supergraph(self) -> Supergraph:
        return self.graph.supergraph
