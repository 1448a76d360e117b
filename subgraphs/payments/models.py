"""The tables of payments. Of a card they hold brand, last four digits and expiry, never more."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid4

import pydantic
from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from trellis.db.models import Money, Timestamped, Versioned, enum_column, new_metadata
from trellis.db.personal_data import PersonId

MAX_REASON, MAX_CODE = 500, 64
Reason = Annotated[str | None, pydantic.Field(max_length=MAX_REASON)]

_NONE_YET = Decimal("0.00")
_HOLDS_THE_ORDER = text("status != 'failed'")


class OrderStatus(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class PaymentStatus(StrEnum):
    """PROCESSING becomes COMPLETED or FAILED; what was completed may become REFUNDED, when all of
    it was, or CHARGED_BACK, when the payer's bank took it back."""

    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"


class RefundStatus(StrEnum):
    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"


class Base(SQLModel):
    metadata = new_metadata()


class Order(Base, table=True):
    """What is to be paid for an order, and by whom, kept up to date by events of orders."""

    __tablename__ = "order_copy"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    user_id: PersonId
    status: OrderStatus = Field(sa_type=enum_column(OrderStatus))  # type: ignore[arg-type]
    total: Decimal = Field(sa_type=Money)
    currency: str = Field(max_length=3)
    version: int


class Payment(Versioned, Timestamped, Base, table=True):
    """One attempt to pay an order, with what is known of the card.

    ``refund_reserved`` is the sum of the refunds that are completed or may still be, ``refunded``
    that of the completed ones. No foreign key to the order: it outlives its copy.
    """

    __tablename__ = "payment"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    order_id: UUID
    user_id: PersonId
    amount: Decimal = Field(sa_type=Money)
    currency: str = Field(max_length=3)
    status: PaymentStatus = Field(
        default=PaymentStatus.PROCESSING,
        sa_type=enum_column(PaymentStatus),  # type: ignore[arg-type]
    )
    provider: str = Field(max_length=32)
    transaction_id: str | None = Field(default=None, max_length=255, index=True)
    completed_at: datetime | None = None
    failed_at: datetime | None = None
    failure_code: str | None = Field(default=None, max_length=MAX_CODE)
    failure_reason: Reason = None
    refund_reserved: Decimal = Field(default=_NONE_YET, sa_type=Money)
    refunded: Decimal = Field(default=_NONE_YET, sa_type=Money)
    charged_back: Decimal = Field(default=_NONE_YET, sa_type=Money)
    card_brand: str | None = Field(default=None, max_length=32)
    card_last_four: str | None = Field(default=None, max_length=4)
    card_expiry_month: int | None = None
    card_expiry_year: int | None = None

    __table_args__ = (
        # One payment per order that was or may be successful, whoever else forgets that rule.
        Index(
            "uq_payment_of_order",
            "order_id",
            unique=True,
            sqlite_where=_HOLDS_THE_ORDER,
            postgresql_where=_HOLDS_THE_ORDER,
        ),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("refunded >= 0 AND refunded <= refund_reserved", name="refunded"),
        CheckConstraint("refund_reserved <= amount", name="refund_reserved"),
        CheckConstraint("charged_back >= 0 AND charged_back <= amount", name="charged_back"),
        Index("ix_payment_order", "order_id", "created_at", "id"),
        Index("ix_payment_user", "user_id", "created_at", "id"),
    )


class Charge(Base, table=True):
    """A payment that the provider has yet to answer; the row goes with the answer.

    Nobody else takes it before ``due_at``. ``card_token`` is what the provider gave for the card,
    ``reference`` how it named the charge, once it has.
    """

    __tablename__ = "charge"  # type: ignore[assignment]

    payment_id: UUID = Field(primary_key=True, foreign_key="payment.id")
    card_token: str = Field(max_length=255)
    reference: str | None = Field(default=None, max_length=255)
    attempts: int = 0
    due_at: datetime = Field(index=True)


class Refund(Versioned, Timestamped, Base, table=True):
    """Money that goes back. Until it is completed or failed, nobody else takes it before
    ``due_at``. ``requested_by`` is null for what follows from a cancelled order."""

    __tablename__ = "refund"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    payment_id: UUID = Field(foreign_key="payment.id", index=True)
    requested_by: PersonId | None = None
    amount: Decimal = Field(sa_type=Money)
    reason: Reason = None
    status: RefundStatus = Field(
        default=RefundStatus.PENDING,
        sa_type=enum_column(RefundStatus),  # type: ignore[arg-type]
    )
    transaction_id: str | None = Field(default=None, max_length=255)
    completed_at: datetime | None = None
    attempts: int = 0
    due_at: datetime | None = Field(default=None, index=True)

    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)


class DisputesRead(Base, table=True):
    """Up to when the provider was asked for charges that banks took back: one row for each."""

    __tablename__ = "disputes_read"  # type: ignore[assignment]

    provider: str = Field(primary_key=True, max_length=32)
    until: datetime


class SimulatedCharge(Base, table=True):
    """A charge in the books of the simulated provider, by the key that makes it happen once."""

    __tablename__ = "simulated_charge"  # type: ignore[assignment]

    key: str = Field(primary_key=True, max_length=64)
    transaction_id: str = Field(max_length=64, unique=True)
    behaviour: str = Field(max_length=32)
    amount: Decimal = Field(sa_type=Money)
    currency: str = Field(max_length=3)
    requests: int = 0
    settles_at: datetime
    refunded: Decimal = Field(default=_NONE_YET, sa_type=Money)
    disputed: Decimal = Field(default=_NONE_YET, sa_type=Money)
    disputed_at: datetime | None = None


class SimulatedRefund(Base, table=True):
    """A refund in the books of the simulated provider, by the key that makes it happen once."""

    __tablename__ = "simulated_refund"  # type: ignore[assignment]

    key: str = Field(primary_key=True, max_length=64)
    transaction_id: str = Field(max_length=64)
    charge_key: str = Field(foreign_key="simulated_charge.key", max_length=64)
    amount: Decimal = Field(sa_type=Money)
