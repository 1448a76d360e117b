"""The types of orders in the graph, and what orders add to people."""

from datetime import datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID, Info

from trellis.db.caller_context import CallerContext
from trellis.schema.list_sizes import FORWARD
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import Reference, load_by_id
from trellis.subgraphs.orders import models
from trellis.subgraphs.orders.directives import FEW_ITEMS, READ
from trellis.subgraphs.orders.loaders import Loaders
from trellis.subgraphs.orders.models import CancellationReason, OrderStatus

Ctx = Info[CallerContext[Loaders], None]


@strawberry.federation.type(keys=["id"])
class User:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ,
        directives=[FORWARD],
        description="Newest first; only the caller's own, except for administrators. Use `skip` "
        "for numbered pages, otherwise `after`.",
    )
    async def orders(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        skip: int | None = None,
        status: OrderStatus | None = None,
    ) -> "Connection[Order] | None":
        page, lists = PageRequest.of(first, after, skip=skip), info.context.loaders.orders
        return Connection.of(Order.of, await lists.load_for(status, self.id, page))


@strawberry.federation.type(
    keys=["id"],
    requires_scopes=READ,
    description="Something that can be bought. A course with a price is a product with the same "
    "id.",
)
class Product:
    id: ID
    name: str
    price: Decimal
    currency: str = strawberry.field(description="ISO 4217")
    stock: int | None = strawberry.field(
        description="The quantity that can still be ordered; null if unlimited."
    )
    is_for_sale: bool
    version: int = strawberry.field(
        description="Send it with an update to detect concurrent changes. Orders do not change it."
    )

    @classmethod
    def of(cls, row: models.Product) -> Self:
        return cls(
            id=ID(str(row.id)),
            name=row.name,
            price=row.price,
            currency=row.currency,
            stock=row.stock,
            is_for_sale=row.is_for_sale,
            version=row.version,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.product, references)
        return [cls.of(row) if row else None for row in rows]


@strawberry.type
class OrderItem:
    product_id: ID
    name: str = strawberry.field(description="The name of the product at the time of the order.")
    quantity: int
    price: Decimal = strawberry.field(
        description="Price per unit at the time of the order, in the currency of the order."
    )

    @strawberry.field
    async def product(self, info: Ctx) -> Product | None:
        row = await info.context.loaders.product.load(UUID(self.product_id))
        return Product.of(row) if row else None

    @classmethod
    def of(cls, row: models.OrderItem) -> Self:
        return cls(
            product_id=ID(str(row.product_id)),
            name=row.name,
            quantity=row.quantity,
            price=row.unit_price,
        )


@strawberry.federation.type(
    keys=["id"],
    requires_scopes=READ,
    description="Its items are reserved until it is paid. Payment confirms it. It is cancelled on "
    "request or if it is not paid in time; a payment is refunded then.",
)
class Order:
    id: ID
    user: User | None
    status: OrderStatus
    total: Decimal = strawberry.field(description="The sum of its items.")
    currency: str = strawberry.field(description="ISO 4217")
    payment_id: ID | None = strawberry.field(description="The payment that confirmed it.")
    expires_at: datetime = strawberry.field(
        description="When it will be cancelled if it is still pending."
    )
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    cancellation_reason: CancellationReason | None
    created_at: datetime
    updated_at: datetime
    version: int
    event_cursor: str | None = strawberry.field(
        default=None,
        description="The position of this event in the stream; only in subscriptions. Pass it as "
        "`after` to resume without missing events.",
    )

    @strawberry.federation.field(directives=[FEW_ITEMS])
    async def items(self, info: Ctx) -> list[OrderItem]:
        rows = await info.context.loaders.items.load(UUID(self.id))
        return [OrderItem.of(row) for row in rows]

    @classmethod
    def of(cls, row: models.Order, *, event_cursor: str | None = None) -> Self:
        return cls(
            id=ID(str(row.id)),
            user=User(id=ID(str(row.user_id))),
            status=row.status,
            total=row.total,
            currency=row.currency,
            payment_id=ID(str(row.payment_id)) if row.payment_id else None,
            expires_at=row.expires_at,
            confirmed_at=row.confirmed_at,
            cancelled_at=row.cancelled_at,
            cancellation_reason=row.cancellation_reason,
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
            event_cursor=event_cursor,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.order, references)
        return [cls.of(row) if row else None for row in rows]
