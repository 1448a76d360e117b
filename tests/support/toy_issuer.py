"""A subgraph that issues tokens and API keys, for routers in this process or another."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import strawberry

from tests.router.identity.tokens import SigningKey, good_claims
from trellis.schema.federation import TrellisSchema
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext
from trellis.schema.revocations import NOTHING_REVOKED, Revocations
from trellis.schema.subgraph import Subgraph

ROBOT = Identity(
    id=uuid4(), username="robot", kind="service", key_id="key-1", scopes=frozenset({"read:users"})
)


@dataclass
class Desk:
    """What the issuer knows; tests change it."""

    keys: list[SigningKey] = field(default_factory=lambda: [SigningKey("k1")])
    revoked: Revocations = NOTHING_REVOKED
    api_keys: dict[str, Identity] = field(default_factory=lambda: {"trk_robot": ROBOT})

    def token(self, **changes: Any) -> str:
        return self.keys[0].sign(good_claims(**changes))

    async def jwks(self) -> Mapping[str, Any]:
        return {"keys": [key.jwk for key in self.keys]}

    async def is_revoked(self, identity: Identity) -> bool:
        return self.revoked.cover(identity)

    async def revocations(self) -> Revocations:
        return self.revoked

    async def verify_api_key(self, key: str) -> Identity | None:
        return self.api_keys.get(key)

    def sign_out(self, session: UUID) -> None:
        self.revoked = Revocations(sessions=self.revoked.sessions | {session})

    def reset(self) -> None:
        self.revoked = NOTHING_REVOKED
        self.api_keys = {"trk_robot": ROBOT}


desk = Desk()


@strawberry.type
class Query:
    @strawberry.field
    def whoami(self, info: strawberry.Info[RequestContext, None]) -> str | None:
        return info.context.identity.username


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def silence(self) -> AsyncIterator[int]:
        """Begins, and then nothing happens."""
        yield 0
        await asyncio.sleep(3600)


people = Subgraph(
    name="people",
    schema=TrellisSchema(query=Query, subscription=Subscription),
    make_context=lambda context: context,
    jwks=desk.jwks,
    is_revoked=desk.is_revoked,
    revocations=desk.revocations,
    verify_api_key=desk.verify_api_key,
)
