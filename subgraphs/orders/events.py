"""What events say of orders and products."""

from collections.abc import Sequence
from typing import TypedDict
from uuid import UUID

from trellis.schema.events.orders import OrderItemState, OrderState, ProductChanged
from trellis.subgraphs.orders.models import Order, OrderItem, Product


class _About(TypedDict):
    """The fields of ``OrderEvent``."""

    order_id: UUID
    user_id: UUID
    version: int
    state: OrderState


def about(order: Order, items: Sequence[OrderItem]) -> _About:
    """What every event about the order begins with; ``items`` in their order."""
    state = OrderState(
        status=order.status.value,
        items=tuple(
            OrderItemState(
                product_id=item.product_id,
                name=item.name,
                quantity=item.quantity,
                unit_price=item.unit_price,
            )
            for item in items
        ),
        total=order.total,
        currency=order.currency,
        payment_id=order.payment_id,
        created_at=order.created_at,
        expires_at=order.expires_at,
        confirmed_at=order.confirmed_at,
        cancelled_at=order.cancelled_at,
    )
    return {
        "order_id": order.id,
        "user_id": order.user_id,
        "version": order.version,
        "state": state,
    }


def product_changed(product: Product) -> ProductChanged:
    """The event of a product that was added or changed."""
    return ProductChanged(
        product_id=product.id,
        version=product.version,
        name=product.name,
        price=product.price,
        currency=product.currency,
        stock=product.stock,
        is_for_sale=product.is_for_sale,
    )
