"""The demo world's shop: products, and what people have ordered of them.

Every confirmed order was paid by ``demo_id("payment", NAME)``, NAME being that of the order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from uuid import UUID

from trellis.db.seed.world import demo_id, demo_world

_FIRST_DAY = datetime(2026, 2, 2, 10, 0, tzinfo=UTC)
_PAID_AFTER, _CANCELLED_AFTER = timedelta(minutes=3), timedelta(minutes=10)

# fmt: off
_PRODUCTS = (  # called, name, price, stock
    ("mug", "Mug with a loom", "29.99", 40),
    ("cards", "Punched cards, a hundred", "15.50", 250),
    ("ruler", "Slide rule", "64.00", 12),
    ("poster", "Poster of the difference engine", "19.90", 0),
    ("manual", "Manual of the engine, as a file", "9.95", None),
)
_BASKETS = (
    (("mug", 2), ("cards", 1)),
    (("manual", 1),),
    (("ruler", 1), ("manual", 1), ("cards", 3)),
)
# fmt: on


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """``stock`` is what is left; null if it is unlimited."""

    id: UUID
    name: str
    price: Decimal
    stock: int | None


@dataclass(frozen=True, slots=True)
class DemoOrderItem:
    product: DemoProduct
    quantity: int


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """``status`` is confirmed or cancelled: one that is pending would expire at once."""

    id: UUID
    name: str
    user_id: UUID
    status: str
    items: tuple[DemoOrderItem, ...]
    payment_id: UUID | None
    created_at: datetime
    changed_at: datetime

    @property
    def total(self) -> Decimal:
        return sum((item.quantity * item.product.price for item in self.items), Decimal())


@cache
def demo_products() -> tuple[DemoProduct, ...]:
    """All products, called ``demo_id("product", "mug")`` and so on."""
    return tuple(
        DemoProduct(demo_id("product", called), name, Decimal(price), stock)
        for called, name, price, stock in _PRODUCTS
    )


@cache
def demo_orders() -> tuple[DemoOrder, ...]:
    """Three of each person, called ``demo_id("order", "ada-1")`` and so on, the oldest first; the
    second one is cancelled."""
    return tuple(sorted(_orders(), key=lambda order: order.created_at))


def _orders() -> Iterator[DemoOrder]:
    products = {
        called[0]: product for called, product in zip(_PRODUCTS, demo_products(), strict=True)
    }
    for place, user in enumerate(demo_world().users):
        for number, basket in enumerate(_BASKETS, 1):
            name = f"{user.username}-{number}"
            made = _FIRST_DAY + timedelta(days=number, hours=place % 8, minutes=place)
            is_cancelled = number == 2
            yield DemoOrder(
                id=demo_id("order", name),
                name=name,
                user_id=user.id,
                status="cancelled" if is_cancelled else "confirmed",
                items=tuple(DemoOrderItem(products[called], n) for called, n in basket),
                payment_id=None if is_cancelled else demo_id("payment", name),
                created_at=made,
                changed_at=made + (_CANCELLED_AFTER if is_cancelled else _PAID_AFTER),
            )
