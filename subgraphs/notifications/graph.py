"""Notifications and webhooks in the graph, and the subgraph that the router runs."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Annotated

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import RequiresScopes

from trellis.db.jobs import Job
from trellis.db.subgraph import MakeSubgraph, define_subgraph
from trellis.schema.dialects import dialect_tags
from trellis.schema.directives import Constraint, Live, RateLimit
from trellis.schema.inputs import known_id
from trellis.schema.list_sizes import EITHER_WAY, list_size
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.public_url import unfit_public_url
from trellis.schema.references import load_one
from trellis.subgraphs.notifications import addresses, models, queries, running, seed
from trellis.subgraphs.notifications.errors import NotificationNotFound, PushSubscriptionNotFound
from trellis.subgraphs.notifications.inputs import (
    NotificationFiltersInput,
    RegisterPushSubscriptionInput,
    UpdateNotificationPreferencesInput,
)
from trellis.subgraphs.notifications.live import received_by_caller
from trellis.subgraphs.notifications.loaders import Loaders
from trellis.subgraphs.notifications.push import keys
from trellis.subgraphs.notifications.queries import NotificationFilters
from trellis.subgraphs.notifications.secrets import vault_of
from trellis.subgraphs.notifications.types import (
    READ,
    WRITE,
    ChatChannel,
    Ctx,
    Notification,
    NotificationPreferences,
    PushSubscription,
)
from trellis.subgraphs.notifications.unsubscribing import read_token
from trellis.subgraphs.notifications.use_cases import preferences, push, reading
from trellis.subgraphs.notifications.webhooks import running as webhooks
from trellis.subgraphs.notifications.webhooks.graph import WebhookMutation, WebhookQuery

_BROWSERS = list_size(push.MOST_BROWSERS)
_LINKS = [RateLimit(limit=30, window=60, key="ip"), RateLimit(limit=300, window=3_600, key="ip")]


@strawberry.type
class MarkNotificationReadPayload:
    notification: Notification


@strawberry.type
class MarkAllNotificationsReadPayload:
    count: int = strawberry.field(
        description=f"How many were not read before; at most {reading.MOST_AT_ONCE} at once."
    )


@strawberry.type
class UpdateNotificationPreferencesPayload:
    preferences: NotificationPreferences


@strawberry.type
class UnsubscribePayload:
    email: bool = strawberry.field(description="Whether such e-mails are still sent: always false.")


@strawberry.type
class RegisterPushSubscriptionPayload:
    push_subscription: PushSubscription


@strawberry.type
class RemovePushSubscriptionPayload:
    removed_push_subscription_id: ID


@strawberry.type
class Query(WebhookQuery):
    @strawberry.federation.field(requires_scopes=READ, directives=[EITHER_WAY])
    async def notifications(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        skip: int | None = None,
        filters: NotificationFiltersInput | None = None,
    ) -> Connection[Notification] | None:
        """The caller's notifications, newest first. For numbered pages use skip, else after."""
        context, page = info.context, PageRequest.of(first, after, last, before, skip)
        wanted = filters.checked() if filters else NotificationFilters()
        statement = queries.matching(context.caller, wanted)
        found = await context.page(statement, models.Notification, page)
        return Connection.of(Notification.of, found)

    @strawberry.federation.field(requires_scopes=READ)
    async def notification(self, info: Ctx, id: ID) -> Notification | None:
        row = await load_one(info.context.loaders.notification, id)
        return Notification.of(row) if row else None

    @strawberry.federation.field(requires_scopes=READ)
    async def notification_preferences(self, info: Ctx) -> NotificationPreferences | None:
        """By what channels the caller is told of what."""
        return await _preferences(info)

    @strawberry.federation.field(requires_scopes=READ)
    async def push_public_key(self, info: Ctx) -> str | None:
        """What a browser needs to subscribe: its ``applicationServerKey``, as base64url."""
        return await keys.public_key(info.context.storage)

    @strawberry.federation.field(requires_scopes=READ, directives=[_BROWSERS])
    async def push_subscriptions(self, info: Ctx) -> list[PushSubscription] | None:
        """The browsers that take the caller's push messages, oldest first."""
        mine = queries.own_push_subscriptions(info.context.caller)
        async with info.context.storage.read() as session:
            rows = await session.scalars(mine.order_by(models.PushSubscription.created_at))  # type: ignore[arg-type]
            return [PushSubscription.of(row) for row in rows]


@strawberry.type
class Mutation(WebhookMutation):
    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def mark_notification_read(self, info: Ctx, id: ID) -> MarkNotificationReadPayload | None:
        """Note that the caller has read it; what was read already stays as it is."""
        row = await info.context.transact(reading.mark_read, known_id(id, NotificationNotFound))
        return MarkNotificationReadPayload(notification=Notification.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def mark_all_notifications_read(
        self, info: Ctx, until: datetime | None = None
    ) -> MarkAllNotificationsReadPayload | None:
        """Note that the caller has read everything, or all that is not newer than ``until``."""
        count = await info.context.transact(reading.mark_all_read, until)
        return MarkAllNotificationsReadPayload(count=count)

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_notification_preferences(
        self,
        info: Ctx,
        input: UpdateNotificationPreferencesInput,
        more: UpdateNotificationPreferencesInput | None = None,
    ) -> UpdateNotificationPreferencesPayload | None:
        """Switches in ``more`` go before the same ones in ``input``: for clients of both of the
        older dialects, who have other names for the channels."""
        chosen = {**input.checked(), **(more.checked() if more else {})}
        await info.context.transact(preferences.choose, chosen)
        return UpdateNotificationPreferencesPayload(preferences=await _preferences(info))

    @strawberry.federation.mutation(directives=_LINKS)
    async def unsubscribe_from_letters(
        self, info: Ctx, token: Annotated[str, Constraint(max_length=1_000)]
    ) -> UnsubscribePayload | None:
        """Send no more letters of the kinds that the letter with this link was of. Whoever has the
        letter may do that, signed in or not."""
        wanted = read_token(vault_of(info.context.storage), token)
        async with info.context.unless_dry_run(info.context.storage.begin()) as uow:
            await preferences.unsubscribe(uow, wanted)
        return UnsubscribePayload(email=False)

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def register_push_subscription(
        self, info: Ctx, input: RegisterPushSubscriptionInput
    ) -> RegisterPushSubscriptionPayload | None:
        """Let a browser take the caller's push messages from now on, and nobody else's."""
        new = input.checked(addresses.Reachable.from_environment())
        vault = vault_of(info.context.storage)
        row = await info.context.transact(push.add_browser, new, vault)
        return RegisterPushSubscriptionPayload(push_subscription=PushSubscription.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def remove_push_subscription(
        self, info: Ctx, id: ID
    ) -> RemovePushSubscriptionPayload | None:
        wanted = known_id(id, PushSubscriptionNotFound)
        await info.context.transact(push.remove_browser, wanted)
        return RemovePushSubscriptionPayload(removed_push_subscription_id=ID(str(wanted)))


@strawberry.type
class Subscription:
    @strawberry.subscription(directives=[RequiresScopes(scopes=READ), Live(resumed_by=["after"])])
    async def notification_received(
        self, info: Ctx, after: str | None = None
    ) -> AsyncGenerator[Notification | None, None]:
        """Each notification of the caller, as it comes. With ``after`` (an ``eventCursor``) it
        begins with what was missed."""
        async with aclosing(received_by_caller(info.context, after)) as rows:
            async for row, cursor in rows:
                yield Notification.of(row, event_cursor=cursor)


async def _preferences(info: Ctx) -> NotificationPreferences:
    async with info.context.storage.read() as session:
        chosen = await queries.own_preferences(session, info.context.caller)
        contact = await queries.own_contact(session, info.context.caller)
    return NotificationPreferences.of(chosen, contact)


def define(jobs: Sequence[Job]) -> MakeSubgraph:
    """How to make the subgraph with what it does again and again while it runs."""
    return define_subgraph(
        "notifications",
        models.Base,
        Query,
        Mutation,
        Subscription,
        loaders=Loaders,
        replicas=[*running.REPLICAS, *webhooks.REPLICAS],
        seed=seed.write_demo_data,
        jobs=jobs,
        types=[ChatChannel],
        env_settings=(*running.SETTINGS, *addresses.SETTINGS, *webhooks.SETTINGS),
        unfit_for_production=unfit_public_url,
        tags=dialect_tags(),
    )


make_subgraph = define([*running.JOBS, *webhooks.JOBS])

subgraph = make_subgraph()
