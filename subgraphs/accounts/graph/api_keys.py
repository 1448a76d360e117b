"""API keys: making, listing and revoking them."""

from datetime import datetime
from typing import Self

import strawberry
import strawberry.federation
from strawberry import ID

from trellis.db.models import utc_now
from trellis.schema.inputs import InputProblems, as_uuid
from trellis.schema.list_sizes import list_size
from trellis.subgraphs.accounts import models, proof_queries
from trellis.subgraphs.accounts.errors import ApiKeyNotFound
from trellis.subgraphs.accounts.graph.types import Ctx
from trellis.subgraphs.accounts.letters import api_key_letter
from trellis.subgraphs.accounts.use_cases import api_keys

_MOST_SCOPES = 100


@strawberry.type(
    description="A key with which a program acts on behalf of the person who created it."
)
class ApiKey:
    id: ID
    name: str
    prefix: str = strawberry.field(description="the first characters of the key, to recognize it")
    scopes: list[str] = strawberry.field(directives=[list_size(_MOST_SCOPES)])
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = strawberry.field(description="rounded down to the hour")
    revoked_at: datetime | None
    is_active: bool

    @classmethod
    def of(cls, row: models.ApiKey) -> Self:
        return cls(
            id=ID(str(row.id)),
            name=row.name,
            prefix=row.prefix,
            scopes=list(row.scopes),
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
            is_active=api_keys.is_usable(row, utc_now()),
        )


@strawberry.input
class CreateApiKeyInput:
    name: str = strawberry.field(description="what the key is used for")
    scopes: list[str] = strawberry.field(description="only scopes that the caller has")
    expires_at: datetime | None = strawberry.field(
        default=None, description="if absent, it is valid until it is revoked"
    )

    def checked_name(self) -> str:
        """The name. Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        name = problems.text("name", self.name, maximum=100)
        if len(self.scopes) > _MOST_SCOPES:
            message = f"scopes may have {_MOST_SCOPES} entries at most."
            problems.add("scopes", "VALUE_TOO_LONG", message)
        if self.expires_at is not None and self.expires_at <= utc_now():
            problems.add("expiresAt", "INVALID_FORMAT", "expiresAt must lie ahead.")
        problems.raise_any()
        return name


@strawberry.type
class CreateApiKeyPayload:
    api_key: ApiKey
    secret: str = strawberry.field(description="Shown only once. Send it in the header X-API-Key.")


@strawberry.type
class RevokeApiKeyPayload:
    api_key: ApiKey


@strawberry.type
class ApiKeysQuery:
    @strawberry.federation.field(
        directives=[list_size(api_keys.MOST_KEYS)],
        authenticated=True,
        description="The API keys of the caller, newest first.",
    )
    async def api_keys(self, info: Ctx) -> list[ApiKey] | None:
        async with info.context.storage.read() as session:
            rows = await proof_queries.api_keys_of(session, info.context.person_id)
        return [ApiKey.of(row) for row in rows]


@strawberry.type
class ApiKeysMutation:
    @strawberry.federation.mutation(
        authenticated=True,
        description="Create a key with which a program acts on behalf of the caller.",
    )
    async def create_api_key(
        self, info: Ctx, input: CreateApiKeyInput
    ) -> CreateApiKeyPayload | None:
        context, name = info.context, input.checked_name()
        new = await info.context.transact(
            api_keys.create_api_key, name=name, scopes=input.scopes, expires_at=input.expires_at
        )
        # Whoever has taken over a session could leave a door open: the owner is to know of it.
        context.postbox.post(api_key_letter(new.owner.email, name))
        return CreateApiKeyPayload(api_key=ApiKey.of(new.key), secret=new.secret)

    @strawberry.federation.mutation(
        authenticated=True,
        description="Revoke a key: your own, or as an administrator that of any user. It takes "
        "effect within seconds.",
    )
    async def revoke_api_key(self, info: Ctx, id: ID) -> RevokeApiKeyPayload | None:
        wanted = as_uuid(id)
        if wanted is None:
            raise ApiKeyNotFound
        row = await info.context.transact(api_keys.revoke_api_key, wanted)
        return RevokeApiKeyPayload(api_key=ApiKey.of(row))
