"""The types of webhooks in the graph."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID, Info

from trellis.db.caller_context import CallerContext
from trellis.schema.list_sizes import FORWARD, list_size
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import Reference, load_by_id
from trellis.subgraphs.notifications.webhooks import models
from trellis.subgraphs.notifications.webhooks.catalog import WebhookEvent
from trellis.subgraphs.notifications.webhooks.inputs import WebhookDeliveryFiltersInput
from trellis.subgraphs.notifications.webhooks.loaders import WebhookLoaders
from trellis.subgraphs.notifications.webhooks.models import DeliveryStatus, DisabledReason
from trellis.subgraphs.notifications.webhooks.queries import DeliveryFilters
from trellis.subgraphs.notifications.webhooks.schedule import MAX_ATTEMPTS

READ = [["read:notifications"]]
WRITE = [["write:notifications"]]

Ctx = Info[CallerContext[WebhookLoaders], None]


@strawberry.type(description="A delivery attempt and its result.")
class WebhookAttempt:
    at: datetime
    status: int | None = strawberry.field(description="of the response; null if there was none")
    error: str | None = strawberry.field(description="why there was no response")
    milliseconds: int

    @classmethod
    def of(cls, attempt: dict[str, Any]) -> Self:
        return cls(
            at=datetime.fromisoformat(attempt["at"]),
            status=attempt["status"],
            error=attempt["error"],
            milliseconds=attempt["milliseconds"],
        )


@strawberry.federation.type(keys=["id"], requires_scopes=READ)
class WebhookDelivery:
    id: ID
    message_id: ID = strawberry.field(
        description="The header `webhook-id`, the same for all attempts, so that receivers can "
        "detect repetitions."
    )
    event: str
    status: DeliveryStatus
    attempts: list[WebhookAttempt] = strawberry.field(directives=[list_size(MAX_ATTEMPTS)])
    occurred_at: datetime
    created_at: datetime
    next_attempt_at: datetime | None
    finished_at: datetime | None
    redelivery_of: ID | None

    @classmethod
    def of(cls, row: models.WebhookDelivery) -> Self:
        is_pending = row.status is DeliveryStatus.PENDING
        return cls(
            id=ID(str(row.id)),
            message_id=ID(str(row.message_id)),
            event=row.event,
            status=row.status,
            attempts=[WebhookAttempt.of(attempt) for attempt in row.tries],
            occurred_at=row.occurred_at,
            created_at=row.created_at,
            next_attempt_at=row.next_attempt_at if is_pending else None,
            finished_at=row.finished_at,
            redelivery_of=ID(str(row.redelivery_of)) if row.redelivery_of else None,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.delivery, references)
        return [cls.of(row) if row else None for row in rows]


@strawberry.type
class WebhookFilters:
    project_id: ID | None = strawberry.field(description="only events of this project")


@strawberry.federation.type(
    keys=["id"],
    requires_scopes=READ,
    description="A URL that receives events by HTTP POST.",
)
class WebhookSubscription:
    id: ID
    url: str
    active: bool
    disabled_reason: DisabledReason | None = strawberry.field(
        description="why it was disabled by the platform"
    )
    filters: WebhookFilters
    previous_secret_expires_at: datetime | None = strawberry.field(
        description="until when deliveries are also signed with the previous secret"
    )
    created_at: datetime
    updated_at: datetime
    version: int = strawberry.field(
        description="Send it with an update to detect concurrent changes."
    )

    @strawberry.field(directives=[list_size(len(WebhookEvent))])
    async def events(self, info: Ctx) -> list[WebhookEvent]:
        return await info.context.loaders.webhook_topics.load(UUID(self.id))

    @strawberry.federation.field(
        directives=[FORWARD],
        description="Latest first; kept for two weeks, at most 1,000 in addition to pending ones.",
    )
    async def deliveries(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        filters: WebhookDeliveryFiltersInput | None = None,
    ) -> Connection[WebhookDelivery] | None:
        page = PageRequest.of(first, after)
        wanted = filters.checked() if filters else DeliveryFilters()
        found = await info.context.loaders.deliveries.load_for(wanted, self.id, page)
        return Connection.of(WebhookDelivery.of, found)

    @classmethod
    def of(cls, row: models.Webhook) -> Self:
        return cls(
            id=ID(str(row.id)),
            url=row.url,
            active=row.is_active,
            disabled_reason=row.disabled_reason,
            filters=WebhookFilters(project_id=ID(str(row.project_id)) if row.project_id else None),
            previous_secret_expires_at=row.previous_expires_at,
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.webhook, references)
        return [cls.of(row) if row else None for row in rows]
