"""The tables of webhooks.

webhook_subscription  1 -- n  webhook_topic         the events that it wants
                      1 -- 1  webhook_queue         when something is to be sent to its target
                      1 -- n  webhook_delivery      what was, is or will be sent
webhook_issue                                       summaries, for events that do not tell them

PENDING --2xx--> DELIVERED        PENDING --5 retries, 410--> FAILED
   |
   +-- the webhook was switched off --> WITHHELD
   +-- its owner may not see what it tells --> deleted
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID, uuid4

import pydantic
from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary
from sqlmodel import Field

from trellis.db.models import JsonB, Timestamped, Versioned, enum_column, utc_now
from trellis.db.personal_data import PersonId
from trellis.subgraphs.notifications.base import Base
from trellis.subgraphs.notifications.outbound import MAX_URL
from trellis.subgraphs.notifications.webhooks.catalog import WebhookEvent

Url = Annotated[str, pydantic.Field(max_length=MAX_URL)]


class Reach(StrEnum):
    """The projects whose events a webhook sends: those visible to its owner when it was created or
    changed."""

    MEMBER = "member"
    ORGANIZATION = "organization"
    PLATFORM = "platform"


class DisabledReason(StrEnum):
    GONE = "gone"
    EXHAUSTED = "exhausted"
    OVERFLOW = "overflow"
    KEY_REVOKED = "key_revoked"


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    WITHHELD = "withheld"


class Webhook(Versioned, Timestamped, Base, table=True):
    """``roles`` and ``scopes`` are those that its owner had when it was made or changed; what they
    have lost since does not count (``owners.py``). ``api_key_id`` is that of the program that made
    it. Secrets are sealed."""

    __tablename__ = "webhook_subscription"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    owner_id: PersonId
    organization_id: UUID | None = None
    url: Url
    project_id: UUID | None = None
    is_active: bool = True
    disabled_reason: DisabledReason | None = Field(
        default=None,
        sa_type=enum_column(DisabledReason),  # type: ignore[arg-type]
    )
    secret: bytes = Field(sa_type=LargeBinary)
    previous_secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    previous_expires_at: datetime | None = None
    reach: Reach = Field(sa_type=enum_column(Reach))  # type: ignore[arg-type]
    roles: list[str] = Field(default_factory=list, sa_type=JsonB)
    scopes: list[str] = Field(default_factory=list, sa_type=JsonB)
    api_key_id: UUID | None = Field(default=None, index=True)
    active_since: datetime = Field(default_factory=utc_now)

    __table_args__ = (
        Index("ix_webhook_subscription_of_owner", "owner_id", "created_at", "id"),
        Index("ix_webhook_subscription_of_organization", "organization_id"),
    )


class WebhookTopic(Base, table=True):
    """One event that a webhook wants."""

    __tablename__ = "webhook_topic"  # type: ignore[assignment]

    webhook_id: UUID = Field(
        primary_key=True, foreign_key="webhook_subscription.id", ondelete="CASCADE"
    )
    event: WebhookEvent = Field(
        primary_key=True,
        index=True,
        sa_type=enum_column(WebhookEvent),  # type: ignore[arg-type]
    )


class WebhookQueue(Base, table=True):
    """Apart from the webhook, which is not changed by what is sent: its version stays.

    ``due_at`` is null while nothing is to be sent."""

    __tablename__ = "webhook_queue"  # type: ignore[assignment]

    webhook_id: UUID = Field(
        primary_key=True, foreign_key="webhook_subscription.id", ondelete="CASCADE"
    )
    organization_id: UUID | None = None
    target: str = Field(max_length=300)
    due_at: datetime | None = Field(default=None, index=True)


class WebhookDelivery(Base, table=True):
    """``message_id`` is what the receiver knows it by, the same for retries and redeliveries.

    ``key`` names what the event is about: those of one webhook with the same key go out in order.
    ``tries`` tells when each was made, and what came of it. ``next_attempt_at`` is also the lease:
    whoever sends it moves it on, so that others take over only when the sender has died.
    """

    __tablename__ = "webhook_delivery"  # type: ignore[assignment]

    number: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    id: UUID = Field(default_factory=uuid4, unique=True)
    webhook_id: UUID = Field(foreign_key="webhook_subscription.id", ondelete="CASCADE")
    message_id: UUID
    event_id: UUID
    event: str = Field(max_length=64)
    key: str = Field(max_length=64)
    project_id: UUID | None = None
    occurred_at: datetime
    data: dict[str, Any] = Field(sa_type=JsonB)
    status: DeliveryStatus = Field(
        default=DeliveryStatus.PENDING,
        sa_type=enum_column(DeliveryStatus),  # type: ignore[arg-type]
    )
    attempts: int = 0
    tries: list[Any] = Field(default_factory=list, sa_type=JsonB)
    next_attempt_at: datetime = Field(default_factory=utc_now)
    created_at: datetime = Field(default_factory=utc_now)
    finished_at: datetime | None = None
    redelivery_of: UUID | None = None

    __table_args__ = (
        Index("ix_webhook_delivery_of_webhook", "webhook_id", "created_at", "id"),
        Index("ix_webhook_delivery_due", "webhook_id", "status", "next_attempt_at"),
        Index("ix_webhook_delivery_in_order", "webhook_id", "key", "status", "number"),
        Index("ix_webhook_delivery_finished", "finished_at"),
    )


# However often an event is read, a webhook is told of it once; redeliveries are apart.
_first = WebhookDelivery.__table__.c.redelivery_of.is_(None)  # type: ignore[attr-defined]
Index(
    "uq_webhook_delivery_event",
    WebhookDelivery.__table__.c.webhook_id,  # type: ignore[attr-defined]
    WebhookDelivery.__table__.c.event_id,  # type: ignore[attr-defined]
    unique=True,
    sqlite_where=_first,
    postgresql_where=_first,
)


class WebhookIssue(Base, table=True):
    """The summary of an issue, for events about it that do not contain it."""

    __tablename__ = "webhook_issue"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    summary: str = Field(max_length=255)
    version: int
