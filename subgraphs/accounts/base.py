"""What all tables of accounts have in common, and what is paid for."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from trellis.db.models import enum_column, new_metadata
from trellis.schema.tiers import Tier


class Base(SQLModel):
    metadata = new_metadata()


class SubscriptionStatus(StrEnum):
    """How the payments for a tier stand."""

    ACTIVE = "active"
    PAST_DUE = "past_due"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Subscribed(SQLModel):
    """What is paid for, and until when: null is without an end."""

    tier: Tier = Field(default=Tier.FREE, sa_type=enum_column(Tier), nullable=False)
    subscription_status: SubscriptionStatus = Field(
        default=SubscriptionStatus.ACTIVE,
        sa_type=enum_column(SubscriptionStatus),
        nullable=False,
        sa_column_kwargs={"server_default": SubscriptionStatus.ACTIVE.value},
    )
    subscription_expires_at: datetime | None = None
