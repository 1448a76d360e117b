"""The types of payments in the graph, and what payments add to orders and people."""

from datetime import datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID, Info

from trellis.db.caller_context import CallerContext
from trellis.schema.inputs import is_id_of
from trellis.schema.list_sizes import FORWARD
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import Reference, load_by_id, load_one
from trellis.subgraphs.payments import models
from trellis.subgraphs.payments.directives import FEW, READ
from trellis.subgraphs.payments.errors import NotYours
from trellis.subgraphs.payments.loaders import Loaders
from trellis.subgraphs.payments.models import PaymentStatus, RefundStatus

# Models know nothing of GraphQL: here they become known to it.
strawberry.enum(PaymentStatus)
strawberry.enum(RefundStatus)

Ctx = Info[CallerContext[Loaders], None]


@strawberry.federation.type(keys=["id"])
class User:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ,
        directives=[FORWARD],
        description="Newest first, for the person and for administrators; FORBIDDEN for others.",
    )
    async def payments(
        self, info: Ctx, first: int | None = None, after: str | None = None, skip: int | None = None
    ) -> "Connection[Payment] | None":
        caller = info.context.caller
        if not caller.is_admin and not is_id_of(self.id, caller.id):
            raise NotYours
        page = PageRequest.of(first, after, skip=skip)
        rows = await info.context.loaders.payments_of_people.load_for(None, self.id, page)
        return Connection.of(Payment.of, rows)


@strawberry.federation.type(keys=["id"])
class Order:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ,
        description="The payment that succeeded or is still processing; there is at most one.",
    )
    async def payment(self, info: Ctx) -> "Payment | None":
        row = await load_one(info.context.loaders.payment_of_order, self.id)
        return Payment.of(row) if row else None

    @strawberry.federation.field(
        requires_scopes=READ,
        directives=[FORWARD],
        description="All attempts to pay it, newest first.",
    )
    async def payments(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> "Connection[Payment] | None":
        page = PageRequest.of(first, after)
        rows = await info.context.loaders.payments_of_orders.load_for(None, self.id, page)
        return Connection.of(Payment.of, rows)


@strawberry.type(description="What is stored of a card.")
class Card:
    brand: str | None
    last_four: str | None
    expiry_month: int | None
    expiry_year: int | None

    @classmethod
    def of(cls, row: models.Payment) -> Self | None:
        if row.card_last_four is None:
            return None
        return cls(
            brand=row.card_brand,
            last_four=row.card_last_four,
            expiry_month=row.card_expiry_month,
            expiry_year=row.card_expiry_year,
        )


@strawberry.type(description="Money returned to the payer.")
class Refund:
    id: ID
    amount: Decimal
    reason: str | None
    status: RefundStatus
    created_at: datetime
    completed_at: datetime | None

    @classmethod
    def of(cls, row: models.Refund) -> Self:
        return cls(
            id=ID(str(row.id)),
            amount=row.amount,
            reason=row.reason,
            status=row.status,
            created_at=row.created_at,
            completed_at=row.completed_at,
        )


@strawberry.federation.type(
    keys=["id"],
    requires_scopes=READ,
    description="An attempt to pay an order. It is PROCESSING at first, and completes or fails "
    "later.",
)
class Payment:
    id: ID
    order: Order | None
    user: User | None
    amount: Decimal
    currency: str
    status: PaymentStatus
    transaction_id: str | None = strawberry.field(
        description="The id at the payment provider, once it is completed."
    )
    card: Card | None
    failure_code: str | None = strawberry.field(description="Such as INSUFFICIENT_FUNDS.")
    failure_reason: str | None
    refunded_amount: Decimal = strawberry.field(description="In total.")
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    failed_at: datetime | None
    version: int
    event_cursor: str | None = strawberry.field(
        default=None,
        description="The position of this event in the stream; only in subscriptions. Pass it as "
        "`after` to resume without missing events.",
    )

    @strawberry.federation.field(directives=[FEW], description="Earliest first.")
    async def refunds(self, info: Ctx) -> list[Refund]:
        return [Refund.of(row) for row in await info.context.loaders.refunds.load(UUID(self.id))]

    @classmethod
    def of(cls, row: models.Payment, *, event_cursor: str | None = None) -> Self:
        return cls(
            id=ID(str(row.id)),
            order=Order(id=ID(str(row.order_id))),
            user=User(id=ID(str(row.user_id))),
            amount=row.amount,
            currency=row.currency,
            status=row.status,
            transaction_id=row.transaction_id,
            card=Card.of(row),
            failure_code=row.failure_code,
            failure_reason=row.failure_reason,
            refunded_amount=row.refunded,
            created_at=row.created_at,
            updated_at=row.updated_at,
            completed_at=row.completed_at,
            failed_at=row.failed_at,
            version=row.version,
            event_cursor=event_cursor,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.payment, references)
        return [cls.of(row) if row else None for row in rows]
