"""The small types that people and organizations are described with."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self, cast

import strawberry
from strawberry import ID

from trellis.schema.events import accounts as contracts
from trellis.schema.scalars import JSON
from trellis.subgraphs.accounts import models
from trellis.subgraphs.accounts.history import HistoryEntry
from trellis.subgraphs.accounts.subscriptions import status_of, tier_of

strawberry.enum(models.MembershipRole)
strawberry.enum(models.Tier)
strawberry.enum(models.SubscriptionStatus)
strawberry.enum(models.Theme)


@strawberry.enum
class UserStatus(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"


@strawberry.type(description="The channels over which the person accepts notifications.")
class NotificationChannels:
    email: bool
    push: bool
    in_app: bool

    @classmethod
    def of(cls, row: models.User) -> Self:
        return cls(email=row.notify_by_email, push=row.notify_by_push, in_app=row.notify_in_app)


@strawberry.type
class UserPreferences:
    theme: models.Theme
    language: str = strawberry.field(description="the same as the language of the user")
    notifications: NotificationChannels

    @classmethod
    def of(cls, row: models.User) -> Self:
        channels = NotificationChannels.of(row)
        return cls(theme=row.theme, language=row.language, notifications=channels)


@strawberry.type(description="The profile of a person.")
class UserProfile:
    bio: str | None
    country: str | None
    city: str | None

    @classmethod
    def of(cls, row: models.User) -> Self:
        return cls(bio=row.bio, country=row.country, city=row.city)


@strawberry.type(
    description="The current state of a subscription. After it has ended the tier is free, and "
    "the status has the reason."
)
class SubscriptionTerms:
    tier: models.Tier
    status: models.SubscriptionStatus
    expires_at: datetime | None = strawberry.field(description="null if it does not expire")

    @classmethod
    def of(cls, row: models.Subscribed, now: datetime) -> Self:
        return cls(
            tier=tier_of(row, now),
            status=status_of(row, now),
            expires_at=row.subscription_expires_at,
        )


# What an event repeats of the user's state, for readers that missed another one.
_STATE = frozenset(contracts.UserEvent.__dataclass_fields__)


@strawberry.type
class UserEvent:
    id: ID
    event_type: str
    data: JSON = strawberry.field(description="as in the event stream")
    details: JSON = strawberry.field(
        description="the changed values: email, username and created_at for user.created, "
        "verified_at for user.verified"
    )
    created_at: datetime

    @classmethod
    def of(cls, user: models.User, entry: HistoryEntry) -> Self:
        return cls(
            id=ID(str(entry.id)),
            event_type=entry.topic,
            data=cast("JSON", entry.payload),
            details=cast("JSON", _details(user, entry)),
            created_at=entry.occurred_at,
        )


def _details(user: models.User, entry: HistoryEntry) -> dict[str, Any]:
    """Addresses are in no event; the history of an account is shown to those who may read it."""
    if entry.topic == "user.created":
        username, created_at = entry.payload.get("username"), _moment(user.created_at)
        return {"email": user.email, "username": username, "created_at": created_at}
    if entry.topic == "user.verified":
        return {"verified_at": _moment(entry.occurred_at)}
    return {name: value for name, value in entry.payload.items() if name not in _STATE}


def _moment(time: datetime) -> str:
    """As the graph writes times."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
