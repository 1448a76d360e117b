"""The audit log, for administrators."""

from datetime import datetime
from typing import Self

import strawberry
import strawberry.federation
from strawberry import ID

from trellis.schema.list_sizes import FORWARD
from trellis.schema.paging import Connection, PageRequest
from trellis.subgraphs.accounts import audit, models
from trellis.subgraphs.accounts.errors import AdministratorsOnly
from trellis.subgraphs.accounts.graph.types import Ctx, User


@strawberry.type(description="Who did what and when, and with which result.")
class AuditEntry:
    sequence: int
    at: datetime
    action: str
    target: str
    result: str
    reason: str | None = strawberry.field(
        description="why it was rejected; not part of the error response"
    )
    request_id: str
    api_key_id: ID | None
    origin: str | None = strawberry.field(description="the User-Agent of the client")
    client_address: str | None
    row: strawberry.Private[models.AuditEntry]

    @strawberry.field
    async def actor(self, info: Ctx) -> User | None:
        if self.row.actor_id is None:
            return None
        return User.seen(info, await info.context.loaders.user.load(self.row.actor_id))

    @classmethod
    def of(cls, row: models.AuditEntry) -> Self:
        return cls(
            sequence=row.sequence,
            at=row.at,
            action=row.action,
            target=row.target,
            result=row.result,
            reason=row.reason,
            request_id=row.request_id,
            api_key_id=ID(row.key_id) if row.key_id else None,
            origin=row.origin,
            client_address=row.client_address,
            row=row,
        )


@strawberry.type
class AuditQuery:
    @strawberry.federation.field(
        directives=[FORWARD], authenticated=True, description="Newest first; administrators only."
    )
    async def audit_log(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> Connection[AuditEntry] | None:
        _require_administrator(info)
        page = PageRequest.of(first, after)
        found = await info.context.page(
            audit.entries(), models.AuditEntry, page, audit.NEWEST_FIRST
        )
        return Connection.of(AuditEntry.of, found)

    @strawberry.federation.field(
        authenticated=True,
        description="The first entry that was tampered with, or null; administrators only.",
    )
    async def audit_log_broken_at(self, info: Ctx) -> int | None:
        _require_administrator(info)
        async with info.context.storage.read() as session:
            return await audit.first_broken(session)


def _require_administrator(info: Ctx) -> None:
    if not info.context.caller.is_admin:
        raise AdministratorsOnly
