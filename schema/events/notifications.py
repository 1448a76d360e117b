"""Events about notifications, in the stream of the subgraph ``notifications``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from trellis.schema.events.event import Event

STREAM = "notifications"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationsCreated(Event):
    """Several people were notified of the same event; ``notifications`` has the id of each
    notification by user."""

    topic: ClassVar[str] = "notification.created"
    type: str
    notifications: Mapping[UUID, UUID]

    @property
    def key(self) -> str:
        return self.type


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationsRead(Event):
    topic: ClassVar[str] = "notification.read"
    user_id: UUID
    notification_ids: tuple[UUID, ...]

    @property
    def key(self) -> str:
        return str(self.user_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationPreferencesChanged(Event):
    topic: ClassVar[str] = "notification.preferences_changed"
    user_id: UUID

    @property
    def key(self) -> str:
        return str(self.user_id)
