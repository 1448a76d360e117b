"""What can be done with webhooks: one function per use case, each inside one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete
from sqlmodel import col

from trellis.db.locks import hold
from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.webhooks import WebhookCreated, WebhookDeleted, WebhookUpdated
from trellis.schema.identity import Identity
from trellis.schema.inputs import as_uuid
from trellis.subgraphs.notifications.models import Person
from trellis.subgraphs.notifications.webhooks import queries
from trellis.subgraphs.notifications.webhooks.catalog import PING, WebhookEvent
from trellis.subgraphs.notifications.webhooks.errors import (
    DeliveryNotFinished,
    DeliveryNotFound,
    EventNotYours,
    TooManyWaiting,
    TooManyWebhooks,
    UnknownOwner,
    UnknownProject,
    WebhookChanged,
    WebhookNotActive,
    WebhookNotFound,
)
from trellis.subgraphs.notifications.webhooks.models import (
    DeliveryStatus,
    Reach,
    Webhook,
    WebhookDelivery,
    WebhookQueue,
    WebhookTopic,
)
from trellis.subgraphs.notifications.webhooks.owners import (
    identity_of,
    lasting_roles,
    reach_of,
    sees_project,
)
from trellis.subgraphs.notifications.webhooks.queueing import (
    about,
    first_delivery,
    make_due,
    withhold_waiting,
)
from trellis.subgraphs.notifications.webhooks.sealing import seal
from trellis.subgraphs.secret_scope.vault import Vault

MAX_WEBHOOKS = 20
"""How many webhooks a person can have."""
_MAX_BY_HAND = 100
"""How many deliveries may wait for another one to be asked for by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhook:
    """A checked request. ``target`` is the host and port of the URL."""

    url: str
    target: str
    events: Sequence[WebhookEvent]
    secret: str
    active: bool
    project_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChanges:
    """``columns`` by name; ``events`` and ``target`` are None where they stay."""

    columns: Mapping[str, Any]
    events: Sequence[WebhookEvent] | None = None
    target: str | None = None
    version: int | None = None


async def create_webhook(
    uow: UnitOfWork, caller: Identity, vault: Vault, new: NewWebhook
) -> Webhook:
    """Create a webhook that sends what the caller may see."""
    assert caller.id is not None
    await hold(uow.session, f"webhooks of {caller.id}")
    if await queries.count_of_owner(uow.session, caller) >= MAX_WEBHOOKS:
        raise TooManyWebhooks(MAX_WEBHOOKS)
    hook = Webhook(
        id=uuid4(),
        owner_id=caller.id,
        organization_id=caller.tenant_id,
        url=new.url,
        project_id=new.project_id,
        is_active=new.active,
        secret=b"",
        reach=Reach.MEMBER,
    )
    hook.secret = seal(vault, hook, new.secret)
    await _take_rights(uow, caller, hook, new.events)
    uow.session.add(hook)
    await uow.session.flush()
    uow.session.add_all(WebhookTopic(webhook_id=hook.id, event=event) for event in new.events)
    uow.session.add(
        WebhookQueue(webhook_id=hook.id, organization_id=hook.organization_id, target=new.target)
    )
    uow.emit(WebhookCreated(**about(hook)))
    return hook


async def update_webhook(
    uow: UnitOfWork, caller: Identity, id: UUID, changes: WebhookChanges
) -> Webhook:
    """Change what was asked for. From now on it has the rights of the caller as of today."""
    hook = await _require(uow, caller, id)
    if changes.version is not None and hook.version != changes.version:
        raise WebhookChanged(hook.version)
    was_active = hook.is_active
    # Flushed once: each flush of a changed row counts its version up.
    with uow.session.no_autoflush:
        changed = await _change(uow, caller, hook, changes)
        if hook.is_active and not was_active:
            hook.active_since, hook.disabled_reason = utc_now(), None
        if changed:
            hook.updated_at = utc_now()
    await uow.session.flush()
    if was_active and not hook.is_active:
        await withhold_waiting(uow, hook)
    if changed:
        uow.emit(WebhookUpdated(**about(hook), changed=tuple(sorted(changed))))
    return hook


async def delete_webhook(uow: UnitOfWork, caller: Identity, id: UUID) -> None:
    """With its deliveries."""
    hook = await _require(uow, caller, id)
    uow.emit(WebhookDeleted(**about(hook)))
    await uow.session.execute(delete(Webhook).where(col(Webhook.id) == hook.id))


async def rotate_secret(
    uow: UnitOfWork, caller: Identity, vault: Vault, id: UUID, secret: str, overlap: timedelta
) -> Webhook:
    """Sign with ``secret`` from now on, and with the one before as long as ``overlap``."""
    hook = await _require(uow, caller, id)
    hook.previous_secret, hook.previous_expires_at = None, None
    if overlap:
        hook.previous_secret, hook.previous_expires_at = hook.secret, utc_now() + overlap
    hook.secret = seal(vault, hook, secret)
    hook.updated_at = utc_now()
    await uow.session.flush()
    uow.emit(WebhookUpdated(**about(hook), changed=("secret",)))
    return hook


async def ping_webhook(uow: UnitOfWork, caller: Identity, id: UUID) -> WebhookDelivery:
    """Put a delivery into its queue that says nothing but that it works."""
    hook = await _require_active(uow, caller, id)
    delivery = first_delivery(
        webhook_id=hook.id,
        event_id=uuid4(),
        event=PING,
        key=str(uuid4()),
        occurred_at=utc_now(),
        data={"user": {"id": str(caller.id), "username": caller.username}},
    )
    return await _add(uow, delivery)


async def redeliver(uow: UnitOfWork, caller: Identity, delivery_id: UUID) -> WebhookDelivery:
    """Send a delivery that has ended once more: with the same id for its receiver, and with rights
    checked anew."""
    [old] = await queries.deliveries_by_id(uow.session, caller, [delivery_id])
    if old is None:
        raise DeliveryNotFound(delivery_id)
    hook = await _require_active(uow, caller, old.webhook_id)
    await uow.session.refresh(old)
    if old.status is DeliveryStatus.PENDING:
        raise DeliveryNotFinished
    again = WebhookDelivery(
        webhook_id=hook.id,
        message_id=old.message_id,
        event_id=old.event_id,
        event=old.event,
        key=old.key,
        project_id=old.project_id,
        occurred_at=old.occurred_at,
        data=old.data,
        redelivery_of=old.id,
    )
    return await _add(uow, again)


async def _require(uow: UnitOfWork, caller: Identity, id: UUID) -> Webhook:
    hook = await queries.webhook_for_update(uow.session, caller, id)
    if hook is None:
        raise WebhookNotFound(id)
    return hook


async def _require_active(uow: UnitOfWork, caller: Identity, id: UUID) -> Webhook:
    hook = await _require(uow, caller, id)
    if not hook.is_active:
        raise WebhookNotActive
    waiting = (await queries.waiting_by_webhook(uow.session, [id])).get(id, 0)
    if waiting >= _MAX_BY_HAND:
        raise TooManyWaiting(_MAX_BY_HAND)
    return hook


async def _change(
    uow: UnitOfWork, caller: Identity, hook: Webhook, changes: WebhookChanges
) -> list[str]:
    """Returns the names of what is not as before."""
    columns = changes.columns
    changed = [name for name, value in columns.items() if getattr(hook, name) != value]
    for name in changed:
        setattr(hook, name, columns[name])
    [wanted] = await queries.topics_by_webhook(uow.session, [hook.id])
    events = wanted if changes.events is None else changes.events
    await _take_rights(uow, caller, hook, events)
    if set(events) != set(wanted):
        await _set_events(uow, hook, events)
        changed.append("events")
    await _adjust_queue(uow, hook, changes.target)
    return changed


async def _take_rights(
    uow: UnitOfWork, caller: Identity, hook: Webhook, events: Sequence[WebhookEvent]
) -> None:
    """Give the webhook the rights of the caller, who must be able to read what it sends."""
    for event in events:
        if not caller.may(event.scope):
            raise EventNotYours(event, event.scope)
    assert caller.id is not None
    person = await uow.session.get(Person, caller.id)
    if person is None:
        raise UnknownOwner
    hook.organization_id = caller.tenant_id
    hook.reach = reach_of(caller)
    hook.roles = lasting_roles(caller, person.roles)
    hook.scopes = sorted(caller.scopes)
    hook.api_key_id = as_uuid(caller.key_id) if caller.key_id else None
    owner = identity_of(hook, person)
    if owner is None:
        raise UnknownOwner
    project_id = hook.project_id
    if project_id is not None and not await sees_project(uow.session, owner, project_id):
        raise UnknownProject


async def _adjust_queue(uow: UnitOfWork, hook: Webhook, target: str | None) -> None:
    queue = await uow.session.get(WebhookQueue, hook.id, with_for_update=True)
    assert queue is not None
    queue.organization_id = hook.organization_id
    queue.target = target or queue.target


async def _set_events(uow: UnitOfWork, hook: Webhook, events: Sequence[WebhookEvent]) -> None:
    of_hook = col(WebhookTopic.webhook_id) == hook.id
    await uow.session.execute(delete(WebhookTopic).where(of_hook))
    uow.session.add_all(WebhookTopic(webhook_id=hook.id, event=event) for event in events)


async def _add(uow: UnitOfWork, delivery: WebhookDelivery) -> WebhookDelivery:
    uow.session.add(delivery)
    await uow.session.flush()
    await make_due(uow, [delivery.webhook_id])
    return delivery
