"""Builds the configured supergraph with transports to its subgraphs and their policies."""

from collections.abc import Mapping, Sequence

from trellis.router.authorization.policies.registry import LocalPolicies, PolicySource
from trellis.router.authorization.policies.remote import RemotePolicies
from trellis.router.config import Config
from trellis.router.loading.members import Member
from trellis.router.operation.limits import OperationLimits
from trellis.router.rate_limit.limiter import RateLimiting
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.base import Transport
from trellis.router.transports.graphql_over_http import vouch_for_nothing
from trellis.router.transports.http import HttpTransport
from trellis.router.transports.internal import InternalClient
from trellis.router.transports.local import LocalTransport
from trellis.router.transports.masking import MaskedTransport
from trellis.router.trust.headers import Vouch
from trellis.router.trust.secret import load_service_secrets
from trellis.router.trust.service_tokens import ServiceTokens


def connect_supergraph(
    sdl: str,
    members: Sequence[Member],
    config: Config,
    rate_limiting: RateLimiting | None = None,
) -> Supergraph:
    """A supergraph with transports to the members and their policies. Raises SupergraphInvalid and
    ConfigError."""
    transports = {member.name: transport_to(member, config) for member in members}
    sources = [policies_of(member, config) for member in members]
    policies = [source for source in sources if source is not None]
    return load_supergraph(sdl, transports, config, rate_limiting, policies)


def load_supergraph(
    sdl: str,
    transports: Mapping[str, Transport],
    config: Config,
    rate_limiting: RateLimiting | None = None,
    policies: Sequence[PolicySource] = (),
) -> Supergraph:
    """A supergraph with the configured limits. ``rate_limiting`` is shared by successive
    supergraphs; ``policies`` evaluate ``@policy``. Raises SupergraphInvalid, and ConfigError if two
    subgraphs register the same policy."""
    names = OperationLimits.__dataclass_fields__
    limits = OperationLimits(**{name: getattr(config.limits, name) for name in names})
    options = SupergraphOptions(
        limits=limits,
        introspection=config.is_development,
        permitted_view=config.authorization.schema_view == "permitted",
        reject=config.authorization.mode == "reject",
        policy_seconds=config.authorization.policy_seconds,
        cost=config.cost,
        places=config.limits.operations_per_caller,
        rate_limiting=rate_limiting,
    )
    return Supergraph.load(sdl, transports=transports, options=options, policies=policies)


def transport_to(member: Member, config: Config) -> Transport:
    """The transport to a subgraph: in-process or HTTP. Raises ConfigError for an invalid service
    secret."""
    seconds = member.seconds or config.limits.subgraph_seconds
    if member.local is not None:
        return LocalTransport(member.local, timeout=seconds)
    vouch = vouch_for_nothing
    if member.gets_service_token:
        vouch = Vouch(ServiceTokens(load_service_secrets(config)), member.name)
    transport = HttpTransport(
        member.url,
        websocket_url=member.websocket_url,
        timeout=seconds,
        response_bytes=config.limits.response_bytes,
        connections=config.limits.subgraph_connections,
        vouch=vouch,
    )
    errors = member.errors or ("shown" if config.is_development else "masked")
    return transport if errors == "shown" else MaskedTransport(transport, member.error_codes)


def policies_of(member: Member, config: Config) -> PolicySource | None:
    """What evaluates the policies of a subgraph; None for subgraphs of others, which get no service
    token. Raises ConfigError for an invalid service secret."""
    if member.local is not None:
        return LocalPolicies(member.name, member.local.policies)
    if not member.gets_service_token:
        return None
    tokens = ServiceTokens(load_service_secrets(config))
    seconds = config.authorization.policy_seconds
    return RemotePolicies(
        member.name, InternalClient(member.name, member.url, tokens, timeout=seconds)
    )
