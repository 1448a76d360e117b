"""Every SELECT of webhooks. What the caller does not own does not exist."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from trellis.db.batching import lists_by, rows_by
from trellis.db.paging import NEWEST_FIRST, ChildRows
from trellis.schema.identity import Identity
from trellis.subgraphs.notifications.models import Person, ProjectMember
from trellis.subgraphs.notifications.webhooks.catalog import WebhookEvent
from trellis.subgraphs.notifications.webhooks.models import (
    DeliveryStatus,
    Reach,
    Webhook,
    WebhookDelivery,
    WebhookQueue,
    WebhookTopic,
)


@dataclass(frozen=True, slots=True)
class DeliveryFilters:
    """``status`` is one of several, None is any."""

    status: tuple[DeliveryStatus, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Who an event may concern. ``members`` are those of its project if the event has them, None if
    they have to be looked up. Without a project it is about a person."""

    project_id: UUID | None
    organization_id: UUID | None
    members: Collection[UUID] | None = None


# -- what callers see ----------------------------------------------------------------------------


def visible_to(caller: Identity) -> Select[Webhook]:
    """Everybody sees their own."""
    if caller.id is None:
        return select(Webhook).where(false())
    return select(Webhook).where(col(Webhook.owner_id) == caller.id)


async def webhooks_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Webhook | None]:
    return await rows_by(session, visible_to(caller), Webhook.id, ids)


async def webhook_for_update(session: AsyncSession, caller: Identity, id: UUID) -> Webhook | None:
    """The webhook, locked until the transaction ends."""
    statement = visible_to(caller).where(col(Webhook.id) == id)
    statement = statement.with_for_update(key_share=True)
    return (await session.scalars(statement)).one_or_none()


async def count_of_owner(session: AsyncSession, caller: Identity) -> int:
    mine = select(func.count()).select_from(visible_to(caller).subquery())
    return (await session.execute(mine)).scalar_one()


async def topics_by_webhook(session: AsyncSession, ids: Sequence[UUID]) -> list[list[WebhookEvent]]:
    """The events that each wants, in the order of the catalog."""
    rows = await lists_by(session, select(WebhookTopic), WebhookTopic.webhook_id, ids)
    order = list(WebhookEvent)
    return [sorted((row.event for row in topics), key=order.index) for topics in rows]


def visible_deliveries(caller: Identity) -> Select[WebhookDelivery]:
    mine = visible_to(caller).with_only_columns(col(Webhook.id))
    return select(WebhookDelivery).where(col(WebhookDelivery.webhook_id).in_(mine))


async def deliveries_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[WebhookDelivery | None]:
    return await rows_by(session, visible_deliveries(caller), WebhookDelivery.id, ids)


def deliveries_of(caller: Identity, filters: DeliveryFilters) -> ChildRows[WebhookDelivery]:
    """The deliveries of webhooks."""
    statement = visible_deliveries(caller)
    if filters.status is not None:
        statement = statement.where(col(WebhookDelivery.status).in_(filters.status))
    return ChildRows(statement, WebhookDelivery, col(WebhookDelivery.webhook_id), NEWEST_FIRST)


# -- what events and the worker ask, on behalf of nobody ------------------------------------------


def wanting(event: WebhookEvent, at: datetime, about: About) -> Select[Webhook]:
    """The webhooks that may receive an event of that time, according to their rows. The final
    decision is made on delivery."""
    statement = (
        select(Webhook)
        .join(WebhookTopic, col(WebhookTopic.webhook_id) == col(Webhook.id))
        .where(
            col(WebhookTopic.event) == event,
            col(Webhook.is_active),
            col(Webhook.active_since) <= at,
        )
    )
    every = col(Webhook.reach) == Reach.PLATFORM
    if about.project_id is None:
        own = _is_own(about.organization_id) if about.organization_id else false()
        return statement.where(col(Webhook.project_id).is_(None), or_(every, own))
    ours = or_(col(Webhook.project_id).is_(None), col(Webhook.project_id) == about.project_id)
    if about.organization_id is None:
        return statement.where(ours, or_(every, _is_member(about)))
    whole = col(Webhook.reach) == Reach.ORGANIZATION
    own = and_(_is_own(about.organization_id), or_(whole, _is_member(about)))
    return statement.where(ours, or_(every, own))


def _is_own(organization_id: UUID) -> ColumnElement[bool]:
    return col(Webhook.organization_id) == organization_id


def _is_member(about: About) -> ColumnElement[bool]:
    if about.members is not None:
        return col(Webhook.owner_id).in_(about.members)
    return exists().where(
        col(ProjectMember.project_id) == about.project_id,
        col(ProjectMember.user_id) == col(Webhook.owner_id),
    )


async def waiting_by_webhook(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many deliveries of each are pending."""
    webhook_id = col(WebhookDelivery.webhook_id)
    statement = (
        select(webhook_id, func.count())
        .where(webhook_id.in_(ids), col(WebhookDelivery.status) == DeliveryStatus.PENDING)
        .group_by(webhook_id)
    )
    return {row[0]: row[1] for row in await session.execute(statement)}


async def webhooks_with_event(
    session: AsyncSession, ids: Sequence[UUID], event_id: UUID
) -> set[UUID]:
    """Those that received the event already: a stream may be read again from the start."""
    webhook_id = col(WebhookDelivery.webhook_id)
    statement = select(webhook_id).where(
        webhook_id.in_(ids), col(WebhookDelivery.event_id) == event_id
    )
    return set(await session.scalars(statement))


async def usernames_of(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
    statement = select(col(Person.id), col(Person.username)).where(col(Person.id).in_(ids))
    return {row[0]: row[1] for row in await session.execute(statement)}


def due(
    now: datetime,
    most: int,
    *,
    running: Collection[UUID],
    full_targets: Collection[str],
    full_organizations: Collection[UUID],
) -> Select[WebhookQueue]:
    """The queues in which something is to be sent, those that wait longest first, without those
    that are served already or whose target or organization has all its places."""
    organization = col(WebhookQueue.organization_id)
    has_place = or_(organization.is_(None), organization.not_in(full_organizations))
    return (
        select(WebhookQueue)
        .where(
            col(WebhookQueue.due_at) <= now,
            col(WebhookQueue.webhook_id).not_in(running),
            col(WebhookQueue.target).not_in(full_targets),
            has_place,
        )
        .order_by(col(WebhookQueue.due_at))
        .limit(most)
    )


def first_of_their_kind(webhook_id: UUID) -> Select[WebhookDelivery]:
    """The pending deliveries of a webhook that wait for no earlier one about the same thing."""
    earlier = aliased(WebhookDelivery)
    waits = exists().where(
        col(earlier.webhook_id) == webhook_id,
        col(earlier.key) == col(WebhookDelivery.key),
        col(earlier.status) == DeliveryStatus.PENDING,
        col(earlier.number) < col(WebhookDelivery.number),
    )
    return select(WebhookDelivery).where(
        col(WebhookDelivery.webhook_id) == webhook_id,
        col(WebhookDelivery.status) == DeliveryStatus.PENDING,
        ~waits,
    )


async def next_due(session: AsyncSession, webhook_id: UUID) -> datetime | None:
    """When the next delivery of a webhook is to be made; None when nothing waits."""
    first = first_of_their_kind(webhook_id).order_by(col(WebhookDelivery.next_attempt_at)).limit(1)
    row = (await session.scalars(first)).one_or_none()
    return row.next_attempt_at if row is not None else None
