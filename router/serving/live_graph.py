"""The supergraph being served: one snapshot at a time, replaced as a whole."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing

from trellis.router import pipeline
from trellis.router.answer import Answer
from trellis.router.authorization.policies.registry import LocalPolicies, PolicySource
from trellis.router.authorization.policies.remote import RemotePolicies
from trellis.router.config import Config
from trellis.router.cost.demand import CostOptions
from trellis.router.loading.members import Member
from trellis.router.operation.limits import OperationLimits
from trellis.router.operation.request import GraphQLRequest
from trellis.router.rate_limit.limiter import RateLimiting
from trellis.router.rate_limit.report import Headers
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.base import Transport
from trellis.router.transports.graphql_over_http import vouch_for_nothing
from trellis.router.transports.http import HttpTransport
from trellis.router.transports.internal import InternalClient
from trellis.router.transports.local import LocalTransport
from trellis.router.trust.headers import Vouch
from trellis.router.trust.secret import load_service_secrets
from trellis.router.trust.service_tokens import ServiceTokens
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


def load_supergraph(
    sdl: str,
    transports: Mapping[str, Transport],
    config: Config,
    rate_limiting: RateLimiting | None = None,
    policies: Sequence[PolicySource] = (),
) -> Supergraph:
    """A snapshot under the configuration's limits; ``rate_limiting`` outlives it, ``policies``
    decide what ``@policy`` names. Raises SupergraphInvalid, and ConfigError when two subgraphs
    register one policy."""
    names = OperationLimits.__dataclass_fields__
    limits = OperationLimits(**{name: getattr(config.limits, name) for name in names})
    options = SupergraphOptions(
        limits=limits,
        introspection=config.is_development,
        permitted_view=config.authorization.schema_view == "permitted",
        reject=config.authorization.mode == "reject",
        policy_seconds=config.authorization.policy_seconds,
        rate_limiting=rate_limiting,
        cost=CostOptions(config.cost.most, config.cost.list_size, config.cost.mode),
    )
    return Supergraph.load(sdl, transports=transports, options=options, policies=policies)


def transport_to(member: Member, config: Config) -> Transport:
    """The way to a subgraph: a call in this process, or HTTP. Raises ConfigError without a good
    service secret."""
    if member.local is not None:
        return LocalTransport(member.local, timeout=config.limits.subgraph_seconds)
    vouch = vouch_for_nothing
    if member.gets_service_token:
        vouch = Vouch(ServiceTokens(load_service_secrets(config)), member.name)
    return HttpTransport(
        member.url,
        websocket_url=member.websocket_url,
        timeout=config.limits.subgraph_seconds,
        response_bytes=config.limits.response_bytes,
        connections=config.limits.subgraph_connections,
        vouch=vouch,
    )


def policies_of(member: Member, config: Config) -> PolicySource | None:
    """Who decides the policies of a subgraph; nobody for somebody else's. Raises ConfigError
    without a good service secret."""
    if member.local is not None:
        return LocalPolicies(member.name, member.local.policies)
    if not member.gets_service_token:
        return None
    tokens = ServiceTokens(load_service_secrets(config))
    seconds = config.authorization.policy_seconds
    return RemotePolicies(
        member.name, InternalClient(member.name, member.url, tokens, timeout=seconds)
    )
