"""What subgraphs provide beside their graph: here, or at the internal paths of another process."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from trellis.router.config import Config
from trellis.router.loading.members import Member
from trellis.router.transports.internal import ANSWER_SECONDS, InternalClient
from trellis.router.trust.secret import load_service_secrets
from trellis.router.trust.service_tokens import ServiceTokens
from trellis.schema.subgraph import Subgraph

Source = TypeVar("Source")


def internal_client(
    member: Member, config: Config, *, timeout: float = ANSWER_SECONDS
) -> InternalClient:
    """A client for the internal paths of a subgraph in another process. Raises ConfigError for an
    invalid service secret."""
    tokens = ServiceTokens(load_service_secrets(config))
    return InternalClient(member.name, member.url, tokens, timeout=timeout)


def sources_of(
    members: Sequence[Member],
    config: Config,
    *,
    local: Callable[[Subgraph], Source | None],
    remote: Callable[[str, InternalClient], Source],
    timeout: float = ANSWER_SECONDS,
) -> dict[str, Source]:
    """The sources of one kind by the names of their subgraphs; ``local`` finds that of a subgraph
    in this process. Those in other processes that get no service token have none. Raises
    ConfigError for an invalid service secret."""
    found: dict[str, Source] = {}
    for member in members:
        if member.local is not None:
            source = local(member.local)
            if source is not None:
                found[member.name] = source
        elif member.gets_service_token:
            client = internal_client(member, config, timeout=timeout)
            found[member.name] = remote(member.name, client)
    return found
