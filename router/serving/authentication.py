"""Who is believed, put together from the configuration and the subgraphs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import structlog

from trellis.router.config import Auth, Config, Issuer
from trellis.router.errors import ConfigError
from trellis.router.identity.api_keys import ApiKeys, RemoteApiKeys, VerifyApiKey
from trellis.router.identity.authenticate import Authenticator, IsRevoked, TrustedIssuer
from trellis.router.identity.claims import ClaimNames, ForeignClaims
from trellis.router.identity.credentials import Credentials
from trellis.router.identity.keys import (
    KeySet,
    LoadKeys,
    SharedSecret,
    load_from_file,
    load_from_url,
)
from trellis.router.identity.revocations import RemoteRevocations
from trellis.router.loading.internal import internal_client
from trellis.router.loading.members import Member
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.schema.tokens import ASYMMETRIC_ALGORITHMS, REQUIRED_CLAIMS, TokenRules

_JWKS_PATH = "/.well-known/jwks.json"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Authentication:
    """Finds out who calls; ``aclose`` gives back its connections."""

    authenticator: Authenticator
    closing: Sequence[Callable[[], Awaitable[None]]] = ()

    async def authenticate(self, credentials: Credentials) -> Identity:
        return await self.authenticator.authenticate(credentials)

    async def aclose(self) -> None:
        for close in self.closing:
            await close()


NOBODY_BELIEVED = Authentication(Authenticator([]))
"""For where a router says who calls: every other proof is refused."""


@dataclass(frozen=True, slots=True)
class _Own:
    """The keys and revocations of the subgraph that issues tokens, in this process or another."""

    jwks: LoadKeys | None = None
    is_revoked: IsRevoked | None = None
    verify_api_key: VerifyApiKey | None = None


def build_authentication(members: Sequence[Member], config: Config) -> Authentication:
    """Tokens are believed when the configured key set or that of the subgraph which issues them
    verifies them, or that of one of ``auth.issuers``; with none of these nobody can prove anything.

    Raises ConfigError for an ``auth.subgraph`` that is not there or issues nothing.
    """
    client = httpx.AsyncClient(trust_env=False)
    closing: list[Callable[[], Awaitable[None]]] = [client.aclose]
    own = _own(members, config, closing)
    issuers = [_foreign_issuer(issuer, config.auth, client) for issuer in config.auth.issuers]
    load = _load_from(config.auth.jwks, client) if config.auth.jwks else own.jwks
    if load is not None:
        rules = TokenRules(
            issuer=config.auth.issuer,
            audience=config.auth.audience,
            leeway=config.auth.leeway_seconds,
            required=_required(not_before=config.auth.requires_not_before),
        )
        issuers.insert(0, TrustedIssuer(rules, KeySet(load)))
    if not issuers:
        log.warning(
            "no_issuer", hint="every access token is rejected: see auth.subgraph, auth.jwks"
        )
    api_keys = ApiKeys(own.verify_api_key) if own.verify_api_key is not None else None
    return Authentication(
        Authenticator(issuers, api_keys=api_keys, is_revoked=own.is_revoked), closing
    )


def _issuing_member(members: Sequence[Member], config: Config) -> Member | None:
    name = config.auth.subgraph
    for member in members:
        if member.name == name or (name is None and _issues(member.local)):
            if member.local is not None and not _issues(member.local):
                raise ConfigError(f"auth.subgraph: `{name}` issues no tokens.")
            return member
    if name is not None and name not in config.subgraphs:
        raise ConfigError(f"auth.subgraph: unknown subgraph `{name}`.")
    return None


def _issues(subgraph: Subgraph | None) -> bool:
    return subgraph is not None and (
        subgraph.jwks is not None or subgraph.verify_api_key is not None
    )


def _own(
    members: Sequence[Member],
    config: Config,
    closing: list[Callable[[], Awaitable[None]]],
) -> _Own:
    member = _issuing_member(members, config)
    if member is None:
        return _Own()
    if member.local is not None:
        local = member.local
        return _Own(local.jwks, local.is_revoked, local.verify_api_key)
    internal = internal_client(member, config)
    closing.append(internal.aclose)

    async def load_keys() -> Mapping[str, Any]:
        return (await internal.get(_JWKS_PATH)).value

    return _Own(
        load_keys,
        RemoteRevocations(internal).is_revoked,
        RemoteApiKeys(internal).verify,
    )


def _foreign_issuer(issuer: Issuer, auth: Auth, client: httpx.AsyncClient) -> TrustedIssuer:
    names = ClaimNames(**issuer.claims.model_dump())
    rules = TokenRules(
        issuer=issuer.issuer,
        audience=issuer.audience,
        algorithms=_algorithms(issuer),
        leeway=auth.leeway_seconds,
        max_lifetime=issuer.max_lifetime_seconds,
        types=frozenset(name.lower() for name in issuer.types),
        required=_required(
            token_id=issuer.requires_token_id, not_before=issuer.requires_not_before
        ),
        to_identity=ForeignClaims(issuer.issuer, names, issuer.subjects).to_identity,
    )
    if issuer.secret is not None:
        secret = issuer.secret.get_secret_value().encode()
        [algorithm] = rules.algorithms
        keys = SharedSecret(secret, algorithm=algorithm, key_id=issuer.key_id)
        return TrustedIssuer(rules, keys)
    assert issuer.jwks is not None  # the configuration has one of the two
    return TrustedIssuer(rules, KeySet(_load_from(issuer.jwks, client)))


def _required(*, token_id: bool = True, not_before: bool = True) -> tuple[str, ...]:
    """The claims without which a token is refused; only these two may be done without."""
    waived = {name for name, is_needed in (("jti", token_id), ("nbf", not_before)) if not is_needed}
    return tuple(name for name in REQUIRED_CLAIMS if name not in waived)


def _algorithms(issuer: Issuer) -> frozenset[str]:
    if issuer.algorithms:
        return frozenset(issuer.algorithms)
    return ASYMMETRIC_ALGORITHMS if issuer.secret is None else frozenset({"HS256"})


def _load_from(location: str, client: httpx.AsyncClient) -> LoadKeys:
    if "://" in location:
        return load_from_url(location, client)
    return load_from_file(Path(location))
