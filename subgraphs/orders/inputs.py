"""The input types of orders, and how they are checked."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

import strawberry
from strawberry import ID, UNSET

from trellis.schema.currencies import DEFAULT_CURRENCY
from trellis.schema.directives import Constraint
from trellis.schema.inputs import Id, InputProblems, as_uuid
from trellis.subgraphs.orders.directives import MAX_ITEMS
from trellis.subgraphs.orders.errors import InvalidUser
from trellis.subgraphs.orders.models import (
    CancellationReason,
    Currency,
    OrderKey,
    OrderStatus,
    ProductName,
)
from trellis.subgraphs.orders.use_cases.placing import NewItem, NewOrder
from trellis.subgraphs.orders.use_cases.products import NewProduct

# Models know nothing of GraphQL: here they become known to it.
strawberry.enum(OrderStatus)
strawberry.enum(CancellationReason)

_MAX_QUANTITY = 1_000
_MAX_STOCK = 1_000_000_000
_MAX_PRICE = 1_000_000

Quantity = Annotated[int, Constraint(min=1, max=_MAX_QUANTITY)]
Stock = Annotated[int, Constraint(min=0, max=_MAX_STOCK)]


@strawberry.input
class OrderItemInput:
    product_id: Id
    quantity: Quantity
    price: Decimal | None = strawberry.field(
        default=None,
        description="The price per unit that the buyer expects; the order is rejected if the "
        "product has another price.",
    )


@strawberry.input
class CreateOrderInput:
    items: list[OrderItemInput] = strawberry.field(description=f"{MAX_ITEMS} at most")
    user_id: ID | None = strawberry.field(
        default=None, description="the caller if absent; administrators may name others"
    )
    idempotency_key: OrderKey = strawberry.field(
        default=None,
        description="For 24 hours, a repeated order with the same key returns the first one",
    )

    def checked(self) -> NewOrder:
        """Raises ``BadUserInput`` with everything that is not acceptable, ``InvalidUser``."""
        user_id = None if self.user_id is None else as_uuid(self.user_id)
        if self.user_id is not None and user_id is None:
            raise InvalidUser
        problems = InputProblems()
        key = problems.members(self, skip=("items", "user_id"))["idempotency_key"]
        items = _items(problems, self.items)
        problems.raise_any()
        return NewOrder(items=items, user_id=user_id, key=key)


def _items(problems: InputProblems, given: Sequence[OrderItemInput]) -> tuple[NewItem, ...]:
    if len(given) > MAX_ITEMS:
        problems.add("items", "VALUE_TOO_LONG", f"items may have {MAX_ITEMS} entries at most.")
        return ()
    items = [
        NewItem(
            product_id=problems.id(f"items.{n}.productId", one.product_id),
            quantity=one.quantity,
            price=one.price,
        )
        for n, one in enumerate(given)
    ]
    ids = [item.product_id for item in items]
    for n, item in enumerate(items):
        if not 1 <= item.quantity <= _MAX_QUANTITY:
            message = f"items.{n}.quantity must be between 1 and {_MAX_QUANTITY}."
            problems.add(f"items.{n}.quantity", "INVALID_FORMAT", message)
        if item.product_id in ids[:n]:
            message = f"items.{n}.productId is there already: order more of it in one item."
            problems.add(f"items.{n}.productId", "INVALID_FORMAT", message)
    return tuple(items)


@strawberry.input(
    description="A product other than a course; courses become products automatically."
)
class CreateProductInput:
    name: ProductName
    price: Decimal = strawberry.field(description="per unit, at most two decimals")
    currency: Currency = strawberry.field(default=DEFAULT_CURRENCY, description="ISO 4217")
    stock: Stock | None = strawberry.field(default=None, description="null if unlimited")

    def checked(self) -> NewProduct:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        price = problems.money("price", self.price, maximum=_MAX_PRICE)
        currency = problems.currency("currency", self.currency)
        stock = _stock(problems, self.stock)
        return problems.make(NewProduct, self, price=price, currency=currency, stock=stock)


@strawberry.input(description="Members that are absent are not changed.")
class UpdateProductInput:
    name: ProductName | None = UNSET
    price: Decimal | None = UNSET
    stock: Stock | None = strawberry.field(
        default=UNSET, description="the quantity that can still be ordered; null for unlimited"
    )
    is_for_sale: bool | None = UNSET
    version: int | None = strawberry.field(
        default=None, description="the expected version of the product; another one is a conflict"
    )

    def checked(self) -> dict[str, Any]:
        """The changes by column. Raises ``BadUserInput``."""
        problems = InputProblems()
        never_null = ("name", "price", "is_for_sale")
        changes = problems.members(self, skip=("version",), never_null=never_null)
        if changes.get("price") is not None:
            changes["price"] = problems.money("price", changes["price"], maximum=_MAX_PRICE)
        if "stock" in changes:
            changes["stock"] = _stock(problems, changes["stock"])
        problems.raise_any()
        return changes


def _stock(problems: InputProblems, stock: int | None) -> int | None:
    if stock is not None and not 0 <= stock <= _MAX_STOCK:
        message = f"stock must be between 0 and {_MAX_STOCK}, or null."
        problems.add("stock", "INVALID_FORMAT", message)
    return stock
