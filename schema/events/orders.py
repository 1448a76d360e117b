"""Events about orders and products, in the stream of the subgraph ``orders``.

They carry the state: keep that with the greatest ``version``.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from trellis.schema.events.event import Event

STREAM = "orders"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderItemState:
    """``name`` and ``unit_price`` are those of the product when it was ordered."""

    product_id: UUID
    name: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """``status`` is pending, confirmed or cancelled, ``total`` the sum of the items, in
    ``currency``, by its code of ISO 4217. At ``expires_at`` an order that is still pending is
    cancelled."""

    status: str
    items: tuple[OrderItemState, ...]
    total: Decimal
    currency: str
    payment_id: UUID | None
    created_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent(Event):
    order_id: UUID
    user_id: UUID
    version: int
    state: OrderState

    @property
    def key(self) -> str:
        return str(self.order_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCreated(OrderEvent):
    """Its items are reserved, and it waits for its payment."""

    topic: ClassVar[str] = "order.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderConfirmed(OrderEvent):
    """It is paid, by the payment that its state names."""

    topic: ClassVar[str] = "order.confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(OrderEvent):
    """Its items are for sale again; what was paid for it is to be refunded.

    ``reason`` is requested, expired, refunded, charged_back or user_deleted.
    """

    topic: ClassVar[str] = "order.cancelled"
    reason: str


ORDER_STATES: tuple[type[OrderEvent], ...] = (OrderCreated, OrderConfirmed, OrderCancelled)
"""Every event with the state of an order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChanged(Event):
    """A product was added or changed. ``stock`` at that time, null if it is unlimited: orders
    change it without such an event."""

    topic: ClassVar[str] = "product.changed"
    product_id: UUID
    version: int
    name: str
    price: Decimal
    currency: str
    stock: int | None
    is_for_sale: bool

    @property
    def key(self) -> str:
        return str(self.product_id)
