"""Events about webhooks, in the stream of the subgraph ``notifications``. They contain neither
payloads nor secrets."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from trellis.schema.events.event import Event

STREAM = "notifications"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChange(Event):
    webhook_id: UUID
    owner_id: UUID
    version: int

    @property
    def key(self) -> str:
        return str(self.webhook_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCreated(WebhookChange):
    topic: ClassVar[str] = "webhook.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookUpdated(WebhookChange):
    topic: ClassVar[str] = "webhook.updated"
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDeleted(WebhookChange):
    topic: ClassVar[str] = "webhook.deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDisabled(WebhookChange):
    """``target`` is its host and port; ``reason`` is gone (it said so), exhausted (no delivery came
    through), overflow (too much waited) or key_revoked (of the program that made it)."""

    topic: ClassVar[str] = "webhook.disabled"
    target: str
    reason: str
