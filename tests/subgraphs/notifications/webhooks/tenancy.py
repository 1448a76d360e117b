"""What webhooks bring to the tests of tenants: their part of meanings and protected."""

from collections.abc import Mapping

from tests.subgraphs.tenants.meaning import FREE

COUNTS = {"webhook_delivery": 3}
OF_PEOPLE = ("webhook",)
BY_NAME = {
    "deliveryId": "webhook_delivery",
    **dict.fromkeys(("url", "secret"), FREE),
}
BY_COORDINATE = {
    "Query.webhook.id": "webhook",
    "Mutation.updateWebhook.id": "webhook",
    "Mutation.deleteWebhook.id": "webhook",
    "Mutation.rotateWebhookSecret.id": "webhook",
    "Mutation.pingWebhook.id": "webhook",
}
GOOD_TEXTS = {"url": "https://example.com/webhook", "secret": "a secret of one's own"}
ENTRANCES = {"WebhookSubscription": 'webhook(id: "$webhook")'}
HARMLESS: Mapping[str, str] = {
    "WebhookDeliveryFilters.status": "a filter",
    **dict.fromkeys(
        ("CreateWebhookInput.events", "UpdateWebhookInput.events"),
        "of what happens only what the owner may see is told",
    ),
}
