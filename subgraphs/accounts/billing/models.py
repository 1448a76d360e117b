"""The tables of subscriptions that are paid elsewhere."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from trellis.db.models import utc_now
from trellis.subgraphs.accounts.base import Base, Subscribed


class PaidSubscription(Subscribed, Base, table=True):
    """One subscription at the payment service, as its newest event has it. An owner may have
    several, one after the other or side by side."""

    __tablename__ = "paid_subscriptions"  # type: ignore[assignment]

    id: str = Field(max_length=255, primary_key=True)
    user_id: UUID | None = Field(default=None, foreign_key="users.id", index=True)
    organization_id: UUID | None = Field(default=None, foreign_key="organizations.id", index=True)
    # When the newest event that was applied happened, by the clock of the service.
    changed_at: datetime = Field(nullable=False)
    # Nothing follows: an event that comes later happened earlier.
    is_over: bool = False


class PaymentEvent(Base, table=True):
    """An event of the payment service that was taken in: it delivers each at least once."""

    __tablename__ = "payment_events"  # type: ignore[assignment]

    id: str = Field(max_length=255, primary_key=True)
    received_at: datetime = Field(default_factory=utc_now, index=True)
