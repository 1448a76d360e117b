"""The supergraph being served: one snapshot at a time, replaced as a whole."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from router import pipeline
from router.answer import Answer
from router.config import Config
from router.members import Member
from router.operation.limits import OperationLimits
from router.operation.request import GraphQLRequest
from router.supergraph import Supergraph, SupergraphOptions
from router.transports.base import Transport
from router.transports.http import HttpTransport
from router.transports.local import LocalTransport
from schema.request import RequestContext


class ServedGraph:
    """Fills ``router.web.graph.Graph`` for every door. An operation keeps the snapshot that it
    began on."""

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

    async def aclose(self) -> None:
        """Give back the connections to subgraphs."""
        for transport in self.supergraph.transports.values():
            await transport.aclose()


def load_supergraph(sdl: str, transports: Mapping[str, Transport], config: Config) -> Supergraph:
    """A snapshot under the configuration's limits. Raises SupergraphInvalid."""
    names = OperationLimits.__dataclass_fields__
    limits = OperationLimits(**{name: getattr(config.limits, name) for name in names})
    options = SupergraphOptions(
        limits=limits,
        introspection=config.is_development,
        reject=config.authorization.mode == "reject",
    )
    return Supergraph.load(sdl, transports=transports, options=options)


def transport_to(member: Member, config: Config) -> Transport:
    """The way to a subgraph: a call in this process, or HTTP."""
    if member.local is not None:
        return LocalTransport(member.local, timeout=config.limits.subgraph_seconds)
    return HttpTransport(
        member.url,
        websocket_url=member.websocket_url,
        timeout=config.limits.subgraph_seconds,
        response_bytes=config.limits.response_bytes,
        connections=config.limits.subgraph_connections,
    )
