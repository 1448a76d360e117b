"""The tables of orders."""

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid4

import pydantic
from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from trellis.db.models import Money, Timestamped, Versioned, enum_column, new_metadata
from trellis.db.personal_data import PersonId
from trellis.subgraphs.people_scope.people import PersonCopy

# How long texts may be, for columns and inputs alike.
ProductName = Annotated[str, pydantic.Field(max_length=200)]
Currency = Annotated[str, pydantic.Field(max_length=3)]
# As long as the header Idempotency-Key of REST may be.
OrderKey = Annotated[str | None, pydantic.Field(max_length=255)]

PAID_WITHIN = timedelta(minutes=30)
"""For how long an unpaid order keeps its items from other buyers."""

_PENDING = text("status = 'pending'")
_HAS_KEY = text("request_key IS NOT NULL")


class OrderStatus(StrEnum):
    """pending -> confirmed, and both -> cancelled, which is final."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class CancellationReason(StrEnum):
    REQUESTED = "requested"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"
    USER_DELETED = "user_deleted"


class Base(SQLModel):
    metadata = new_metadata()


class Person(PersonCopy, Base, table=True):
    pass


class Product(Versioned, Timestamped, Base, table=True):
    """Something that can be bought; a course with its own id.

    ``stock`` is what can still be ordered, null if that is unlimited. Orders change it by UPDATE
    statements, which leave ``version`` alone. ``course_version`` is that of the course's state.
    """

    __tablename__ = "product"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: ProductName
    price: Decimal = Field(sa_type=Money)
    currency: Currency
    stock: int | None = None
    is_for_sale: bool = True
    course_version: int | None = None

    __table_args__ = (
        CheckConstraint("price > 0", name="price"),
        # No order takes more than there is, whoever else forgets it.
        CheckConstraint("stock >= 0", name="stock"),
        Index("ix_product_name", "name", "id"),
    )


class Order(Versioned, Timestamped, Base, table=True):
    """What somebody buys, at the prices of the moment when it was ordered.

    It is pending until it is paid, and cancelled at ``expires_at`` if it is not. A person's
    ``request_key`` makes an order once, however often it is sent; ``request_digest`` shows whether
    a repetition is identical.
    """

    __tablename__ = "order"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: PersonId
    status: OrderStatus = Field(
        default=OrderStatus.PENDING,
        sa_type=enum_column(OrderStatus),  # type: ignore[arg-type]
    )
    total: Decimal = Field(sa_type=Money)
    currency: Currency
    payment_id: UUID | None = None
    expires_at: datetime
    confirmed_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancellation_reason: CancellationReason | None = Field(
        default=None,
        sa_type=enum_column(CancellationReason),  # type: ignore[arg-type]
    )
    request_key: OrderKey = None
    request_digest: str | None = Field(default=None, max_length=64)

    __table_args__ = (
        UniqueConstraint("user_id", "request_key"),
        UniqueConstraint("payment_id"),
        CheckConstraint("total > 0", name="total"),
        CheckConstraint("status <> 'confirmed' OR payment_id IS NOT NULL", name="paid"),
        CheckConstraint("(payment_id IS NULL) = (confirmed_at IS NULL)", name="confirmed"),
        CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled"),
        CheckConstraint(
            "(cancelled_at IS NULL) = (cancellation_reason IS NULL)", name="cancelled_why"
        ),
        Index("ix_order_of_user", "user_id", "created_at", "id"),
        Index("ix_order_created", "created_at", "id"),
        Index(
            "ix_order_expiring",
            "expires_at",
            sqlite_where=_PENDING,
            postgresql_where=_PENDING,
        ),
        Index("ix_order_with_key", "created_at", sqlite_where=_HAS_KEY, postgresql_where=_HAS_KEY),
    )


class OrderItem(Base, table=True):
    """A product of an order, ``position`` by ``position``, with the name and the price that it had
    when it was ordered."""

    __tablename__ = "order_item"  # type: ignore[assignment]

    order_id: UUID = Field(foreign_key="order.id", primary_key=True)
    position: int = Field(primary_key=True)
    product_id: UUID = Field(foreign_key="product.id")
    name: ProductName
    quantity: int
    unit_price: Decimal = Field(sa_type=Money)

    __table_args__ = (
        UniqueConstraint("order_id", "product_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("unit_price > 0", name="unit_price"),
        Index("ix_order_item_of_product", "product_id", "order_id"),
    )
