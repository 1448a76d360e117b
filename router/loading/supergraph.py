"""Builds the configured supergraph with transports to its subgraphs and their policies."""

from collections.abc import Mapping, Sequence

from trellis.router.authorization.policies.registry import LocalPolicies, PolicySource
from trellis.router.authorization.policies.remote import RemotePolicies
from trellis.router.config import Config
from trellis.router.loading.internal import internal_client
from trellis.router.loading.members import Member
from trellis.router.operation.limits import OperationLimits
from trellis.router.rate_limit.limiter import RateLimiting
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.base import Transport
from trellis.router.transports.breakers import CircuitBreakers
from trellis.router.transports.graphql_over_http import vouch_for_nothing
from trellis.router.transports.http import HttpTransport
from trellis.router.transports.kept_responses import KeptResponses
from trellis.router.transports.local import LocalTransport
from trellis.router.transports.masking import MaskedTransport
from trellis.router.transports.metered import MeteredTransport
from trellis.router.transports.resilient import ResilientTransport
from trellis.router.trust.headers import Vouch
from trellis.router.trust.secret import load_service_secrets
from trellis.router.trust.service_tokens import ServiceTokens
from trellis.schema.changes import ReadChanges


def connect_supergraph(
    sdl: str,
    members: Sequence[Member],
    config: Config,
    rate_limiting: RateLimiting | None = None,
    breakers: CircuitBreakers | None = None,
) -> Supergraph:
    """A supergraph with transports to the members and their policies. ``rate_limiting`` and
    ``breakers`` are shared by successive supergraphs. Raises SupergraphInvalid and ConfigError."""
    breakers = breakers or CircuitBreakers(config.traffic)
    transports = {
        member.name: MeteredTransport(transport_to(member, config, breakers), member.name)
        for member in members
    }
    sources = [policies_of(member, config) for member in members]
    policies = [source for source in sources if source is not None]
    return load_supergraph(sdl, transports, config, rate_limiting, policies, changes_of(members))


def load_supergraph(
    sdl: str,
    transports: Mapping[str, Transport],
    config: Config,
    rate_limiting: RateLimiting | None = None,
    policies: Sequence[PolicySource] = (),
    changes: Mapping[str, ReadChanges] | None = None,
) -> Supergraph:
    """A supergraph with the configured limits. ``rate_limiting`` is shared by successive
    supergraphs; ``policies`` evaluate ``@policy``, ``changes`` say when responses may be reused.
    Raises SupergraphInvalid, and ConfigError if two subgraphs register the same policy."""
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
        override_labels=config.override_labels,
    )
    return Supergraph.load(
        sdl, transports=transports, options=options, policies=policies, changes=changes
    )


def changes_of(members: Sequence[Member]) -> Mapping[str, ReadChanges] | None:
    """What reads the changes of each subgraph; None if one is in another process or does not
    support it."""
    found = {
        member.name: member.local.changes
        for member in members
        if member.local is not None and member.local.changes is not None
    }
    return found if len(found) == len(members) else None


def transport_to(
    member: Member, config: Config, breakers: CircuitBreakers | None = None
) -> Transport:
    """The transport to a subgraph: in-process, or HTTP with retries and a circuit breaker. Raises
    ConfigError for an invalid service secret."""
    breakers = breakers or CircuitBreakers(config.traffic)
    source = member.source
    seconds = source.seconds or config.limits.subgraph_seconds
    if member.local is not None:
        return LocalTransport(member.local, timeout=seconds)
    vouch = vouch_for_nothing
    if member.gets_service_token:
        vouch = Vouch(ServiceTokens(load_service_secrets(config)), member.name)
    http = HttpTransport(
        member.url,
        websocket_url=member.websocket_url,
        timeout=seconds,
        response_bytes=config.limits.response_bytes,
        connections=config.limits.subgraph_connections,
        vouch=vouch,
    )
    transport = ResilientTransport(
        http,
        breakers.of(member.name),
        breakers.budget_of(member.name),
        timeout=seconds,
        writes=source.writes,
        kept=KeptResponses(source.stale_seconds) if source.stale_seconds else None,
    )
    errors = source.errors or ("shown" if config.is_development else "masked")
    return transport if errors == "shown" else MaskedTransport(transport, source.error_codes)


def policies_of(member: Member, config: Config) -> PolicySource | None:
    """What evaluates the policies of a subgraph; None for subgraphs of others, which get no service
    token. Raises ConfigError for an invalid service secret."""
    if member.local is not None:
        return LocalPolicies(member.name, member.local.policies)
    if not member.gets_service_token:
        return None
    seconds = config.authorization.policy_seconds
    return RemotePolicies(member.name, internal_client(member, config, timeout=seconds))
