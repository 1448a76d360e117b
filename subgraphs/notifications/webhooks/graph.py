"""Webhooks in the graph: root fields that the subgraph's own ``Query`` and ``Mutation`` inherit."""

import strawberry
import strawberry.federation
from strawberry import ID

from trellis.schema.directives import RateLimit
from trellis.schema.inputs import known_id
from trellis.schema.list_sizes import FORWARD
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import load_one
from trellis.subgraphs.notifications.webhooks import models, queries, use_cases
from trellis.subgraphs.notifications.webhooks.errors import DeliveryNotFound, WebhookNotFound
from trellis.subgraphs.notifications.webhooks.inputs import (
    CreateWebhookInput,
    RotateWebhookSecretInput,
    UpdateWebhookInput,
)
from trellis.subgraphs.notifications.webhooks.sealing import vault_of
from trellis.subgraphs.notifications.webhooks.types import (
    READ,
    WRITE,
    Ctx,
    WebhookDelivery,
    WebhookSubscription,
)

# What is sent by hand goes to whoever the caller has named: no way to flood them.
_BY_HAND = RateLimit(limit=60, window=3_600, burst=10, key="user")


@strawberry.type
class CreateWebhookPayload:
    webhook: WebhookSubscription
    secret: str | None = strawberry.field(
        description="The generated secret that signs deliveries. It is shown only once."
    )


@strawberry.type
class WebhookPayload:
    webhook: WebhookSubscription


@strawberry.type
class DeleteWebhookPayload:
    deleted_webhook_id: ID


@strawberry.type
class WebhookDeliveryPayload:
    delivery: WebhookDelivery


@strawberry.type
class WebhookQuery:
    @strawberry.federation.field(requires_scopes=READ, directives=[FORWARD])
    async def webhooks(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> Connection[WebhookSubscription] | None:
        """The caller's own, newest first."""
        context = info.context
        page = await context.page(
            queries.visible_to(context.caller), models.Webhook, PageRequest.of(first, after)
        )
        return Connection.of(WebhookSubscription.of, page)

    @strawberry.federation.field(requires_scopes=READ)
    async def webhook(self, info: Ctx, id: ID) -> WebhookSubscription | None:
        row = await load_one(info.context.loaders.webhook, id)
        return WebhookSubscription.of(row) if row else None


@strawberry.type
class WebhookMutation:
    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def create_webhook(
        self, info: Ctx, input: CreateWebhookInput
    ) -> CreateWebhookPayload | None:
        """Send events to a URL, as far as the caller may see their subjects."""
        new, made = input.checked()
        vault = vault_of(info.context.storage)
        row = await info.context.transact(use_cases.create_webhook, vault, new)
        return CreateWebhookPayload(webhook=WebhookSubscription.of(row), secret=made)

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_webhook(
        self, info: Ctx, id: ID, input: UpdateWebhookInput
    ) -> WebhookPayload | None:
        """From now on it sends what the caller may see now. Disabling it drops pending deliveries;
        enabling it sends events from then on."""
        changes, wanted = input.checked(), known_id(id, WebhookNotFound)
        row = await info.context.transact(use_cases.update_webhook, wanted, changes)
        return WebhookPayload(webhook=WebhookSubscription.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def delete_webhook(self, info: Ctx, id: ID) -> DeleteWebhookPayload | None:
        """With its deliveries."""
        wanted = known_id(id, WebhookNotFound)
        await info.context.transact(use_cases.delete_webhook, wanted)
        return DeleteWebhookPayload(deleted_webhook_id=ID(str(wanted)))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def rotate_webhook_secret(
        self, info: Ctx, id: ID, input: RotateWebhookSecretInput
    ) -> CreateWebhookPayload | None:
        """Until the overlap ends, webhook-signature carries the signatures of both secrets, and
        X-Hub-Signature-256 that of the old one."""
        wanted = known_id(id, WebhookNotFound)
        secret, overlap, made = input.checked()
        vault = vault_of(info.context.storage)
        row = await info.context.transact(use_cases.rotate_secret, vault, wanted, secret, overlap)
        return CreateWebhookPayload(webhook=WebhookSubscription.of(row), secret=made)

    @strawberry.federation.mutation(requires_scopes=WRITE, directives=[_BY_HAND])
    async def ping_webhook(self, info: Ctx, id: ID) -> WebhookDeliveryPayload | None:
        """Send it the event "ping"."""
        wanted = known_id(id, WebhookNotFound)
        row = await info.context.transact(use_cases.ping_webhook, wanted)
        return WebhookDeliveryPayload(delivery=WebhookDelivery.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE, directives=[_BY_HAND])
    async def redeliver_webhook(self, info: Ctx, delivery_id: ID) -> WebhookDeliveryPayload | None:
        """Send a delivery that has ended once more, with the same webhook-id."""
        wanted = known_id(delivery_id, DeliveryNotFound)
        row = await info.context.transact(use_cases.redeliver, wanted)
        return WebhookDeliveryPayload(delivery=WebhookDelivery.of(row))
