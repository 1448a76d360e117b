"""The supergraph being served: one snapshot at a time, replaced as a whole."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from trellis.router import pipeline
from trellis.router.answer import Answer
from trellis.router.operation.request import GraphQLRequest
from trellis.router.rate_limit.report import Headers
from trellis.router.supergraph import Supergraph
from trellis.schema.errors import TrellisError
from trellis.schema.request import RequestContext


class ServedGraph:
    """Fills ``trellis.router.web.graph.Graph`` for every door. An operation keeps the snapshot that
    it began on."""

    def __init__(self, supergraph: Supergraph) -> None:
        self.supergraph = supergraph

    async def answer(self, request: GraphQLRequest, context: RequestContext) -> Answer:
        return await pipeline.answer(request, context, self.supergraph)

    async def stream(
        self, request: GraphQLRequest, context: RequestContext
    ) -> AsyncGenerator[Answer, None]:
        async with aclosing(pipeline.stream(request, context, self.supergraph)) as answers:
            async for answer in answers:
                yield answer

    async def after_refusal(
        self, error: TrellisError, context: RequestContext
    ) -> tuple[TrellisError, Headers]:
        """Count a request that was refused before there was an operation; see ``Limiter``."""
        return await self.supergraph.limiter.after_refusal(error, context)

    async def start(self) -> None:
        """Connect to the store of rate limits."""
        if self.supergraph.options.rate_limiting is not None:
            await self.supergraph.options.rate_limiting.start()

    async def aclose(self) -> None:
        """Give back the connections to subgraphs and to the store of rate limits."""
        for transport in self.supergraph.transports.values():
            await transport.aclose()
        await self.supergraph.enforcer.known.aclose()
        if self.supergraph.options.rate_limiting is not None:
            await self.supergraph.options.rate_limiting.aclose()
