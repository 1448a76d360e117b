"""What webhooks keep of a tenant."""

from datetime import timedelta
from typing import Any

from tests.subgraphs.tenants.tenant import Tenant
from tests.subgraphs.tenants.writing import write
from tests.support.subgraphs import Running
from trellis.subgraphs.notifications.webhooks.catalog import WebhookEvent
from trellis.subgraphs.notifications.webhooks.models import (
    DeliveryStatus,
    Reach,
    Webhook,
    WebhookDelivery,
    WebhookIssue,
    WebhookQueue,
    WebhookTopic,
)

_PEOPLE = ("boss", "lead", "member", "viewer")


async def plant(tenant: Tenant, running: Running) -> None:
    """A webhook of everybody, and deliveries of the boss's."""
    hooks = {person: _webhook(tenant, person) for person in _PEOPLE}
    topics = [
        WebhookTopic(webhook_id=hook.id, event=event)
        for hook in hooks.values()
        for event in (WebhookEvent.ISSUE_CREATED, WebhookEvent.USER_UPDATED)
    ]
    queues = [
        WebhookQueue(
            webhook_id=hook.id,
            organization_id=hook.organization_id,
            target=f"hooks.{tenant.word}.example:443",
        )
        for hook in hooks.values()
    ]
    deliveries = [_delivery(tenant, number, hooks["boss"]) for number in range(3)]
    issues = [
        WebhookIssue(id=id, summary=tenant.text("Summary"), version=1)
        for id in tenant.ids.get("issue", ())
    ]
    await write(running, list(hooks.values()), topics, queues, [*deliveries, *issues])


def _webhook(tenant: Tenant, person: str) -> Webhook:
    caller = tenant.caller(person)
    return Webhook(
        id=tenant.id("webhook", person),
        owner_id=tenant.id("user", person),
        organization_id=tenant.id("organization"),
        url=f"https://hooks.{tenant.word}.example/{person}",
        project_id=tenant.id("project"),
        # Nothing is sent while answers are compared.
        is_active=False,
        secret=tenant.text("Secret").encode(),
        reach=Reach.ORGANIZATION if person == "boss" else Reach.MEMBER,
        roles=sorted(caller.roles),
        scopes=sorted(caller.scopes),
        created_at=tenant.at(1),
        updated_at=tenant.at(1),
        active_since=tenant.at(1),
    )


def _delivery(tenant: Tenant, number: int, hook: Webhook) -> WebhookDelivery:
    id, at = tenant.id("webhook_delivery", number), tenant.at(10 + number)
    attempt: dict[str, Any] = {
        "at": at.isoformat(),
        "status": 200,
        "error": None,
        "milliseconds": 3,
    }
    return WebhookDelivery(
        id=id,
        message_id=id,
        event_id=tenant.id("event", number),
        webhook_id=hook.id,
        event=WebhookEvent.ISSUE_CREATED,
        key=str(tenant.id("issue", number)),
        project_id=tenant.id("project"),
        occurred_at=at,
        data={"issue": {"summary": tenant.text("Summary")}},
        status=DeliveryStatus.DELIVERED,
        attempts=1,
        tries=[attempt],
        next_attempt_at=at,
        created_at=at,
        finished_at=at + timedelta(seconds=1),
    )
