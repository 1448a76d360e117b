"""Orders in the graph: the root fields, and the subgraph that the router runs."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import Cost, RequiresScopes

from trellis.db.jobs import Job
from trellis.db.replica import Replica
from trellis.db.subgraph import MakeSubgraph, define_subgraph
from trellis.schema.dialects import dialect_tags
from trellis.schema.directives import Live
from trellis.schema.events.learning import COURSE_STATES
from trellis.schema.events.learning import STREAM as LEARNING
from trellis.schema.events.orders import ORDER_STATES
from trellis.schema.events.payments import STREAM as PAYMENTS
from trellis.schema.events.payments import (
    PaymentChargedBack,
    PaymentCompleted,
    PaymentRefunded,
)
from trellis.schema.inputs import InputProblems, as_uuid, known_id
from trellis.schema.list_sizes import EITHER_WAY
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import load_one
from trellis.subgraphs.orders import models, queries, seed
from trellis.subgraphs.orders.directives import READ, WRITE
from trellis.subgraphs.orders.errors import (
    InvalidUser,
    OrderNotFound,
    OrdersNotYours,
    ProductNotFound,
)
from trellis.subgraphs.orders.inputs import (
    CreateOrderInput,
    CreateProductInput,
    UpdateProductInput,
)
from trellis.subgraphs.orders.loaders import Loaders
from trellis.subgraphs.orders.models import OrderStatus
from trellis.subgraphs.orders.queries import BY_NAME
from trellis.subgraphs.orders.types import Ctx, Order, Product
from trellis.subgraphs.orders.use_cases import changes, placing, products, upkeep
from trellis.subgraphs.people_scope.people import people_replica

_CHANGES = {kind.topic for kind in ORDER_STATES}


@strawberry.type
class OrderPayload:
    order: Order


@strawberry.type
class ProductPayload:
    product: Product


@strawberry.type
class Query:
    @strawberry.federation.field(requires_scopes=READ)
    async def order(self, info: Ctx, id: ID) -> Order | None:
        row = await load_one(info.context.loaders.order, id)
        return Order.of(row) if row else None

    @strawberry.federation.field(requires_scopes=READ, directives=[EITHER_WAY])
    async def orders(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        skip: int | None = None,
        user_id: ID | None = None,
        status: OrderStatus | None = None,
    ) -> Connection[Order] | None:
        """The caller's own orders; for administrators those of ``userId``, or of everybody. Newest
        first. For numbered pages use skip, else after."""
        context, page = info.context, PageRequest.of(first, after, last, before, skip)
        wanted = None if user_id is None else await _person(info, user_id)
        statement = queries.matching(context.caller, user_id=wanted, status=status)
        return Connection.of(Order.of, await context.page(statement, models.Order, page))

    @strawberry.federation.field(requires_scopes=READ)
    async def product(self, info: Ctx, id: ID) -> Product | None:
        row = await load_one(info.context.loaders.product, id)
        return Product.of(row) if row else None

    @strawberry.federation.field(requires_scopes=READ, directives=[EITHER_WAY])
    async def products(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Product] | None:
        """What is for sale, by name."""
        page = PageRequest.of(first, after, last, before)
        rows = await info.context.page(queries.products_for_sale(), models.Product, page, BY_NAME)
        return Connection.of(Product.of, rows)


async def _person(info: Ctx, user_id: str) -> UUID:
    """Whose orders the caller may see. Raises ``InvalidUser`` and ``OrdersNotYours``."""
    context, wanted = info.context, as_uuid(user_id)
    if wanted is None:
        raise InvalidUser
    if wanted == context.caller.id:
        return wanted
    if not context.caller.is_admin:
        raise OrdersNotYours

    async def check() -> None:
        async with context.storage.read() as session:
            if not await queries.is_user(session, wanted):
                raise InvalidUser

    await context.with_news(check)
    return wanted


@strawberry.type
class Mutation:
    @strawberry.federation.mutation(requires_scopes=WRITE, directives=[Cost(weight=10)])
    async def create_order(self, info: Ctx, input: CreateOrderInput) -> OrderPayload | None:
        """Order products at their prices and reserve them. CONFLICT when less is in stock."""
        row = await info.context.transact(placing.create_order, input.checked())
        return OrderPayload(order=Order.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_order_status(
        self, info: Ctx, id: ID, status: OrderStatus, payment_id: ID | None = None
    ) -> OrderPayload | None:
        """Confirm an order with its completed payment, which confirms it by itself as well, or
        cancel it. CONFLICT when it is cancelled, or confirmed by another payment."""
        wanted, problems = known_id(id, OrderNotFound), InputProblems()
        if status is OrderStatus.PENDING:
            message = "status must be CONFIRMED or CANCELLED."
            problems.add("status", "INVALID_ENUM_VALUE", message)
        if status is OrderStatus.CONFIRMED and payment_id is None:
            message = "paymentId is needed to confirm an order."
            problems.add("paymentId", "REQUIRED_FIELD_MISSING", message)
        payment = None if payment_id is None else problems.id("paymentId", payment_id)
        problems.raise_any()
        if payment is not None and status is OrderStatus.CONFIRMED:
            row = await info.context.transact(changes.confirm_order, wanted, payment)
        else:
            row = await info.context.transact(changes.cancel_order, wanted)
        return OrderPayload(order=Order.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def cancel_order(self, info: Ctx, id: ID) -> OrderPayload | None:
        """Cancel an order; what was paid for it is refunded. CONFLICT when it is cancelled."""
        row = await info.context.transact(changes.cancel_order, known_id(id, OrderNotFound))
        return OrderPayload(order=Order.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def create_product(self, info: Ctx, input: CreateProductInput) -> ProductPayload | None:
        """For administrators."""
        row = await info.context.transact(products.create_product, input.checked())
        return ProductPayload(product=Product.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_product(
        self, info: Ctx, id: ID, input: UpdateProductInput
    ) -> ProductPayload | None:
        """For administrators. CONFLICT for what belongs to a course."""
        given, wanted = input.checked(), known_id(id, ProductNotFound)
        row = await info.context.transact(
            products.update_product, wanted, given, version=input.version
        )
        return ProductPayload(product=Product.of(row))


@strawberry.type
class Subscription:
    @strawberry.subscription(directives=[RequiresScopes(scopes=READ), Live(resumed_by=["after"])])
    async def order_updated(
        self, info: Ctx, id: ID, after: str | None = None
    ) -> AsyncGenerator[Order | None, None]:
        """The order, each time it is created, confirmed or cancelled.

        Ends with NOT_FOUND when the caller may not see it. With ``after`` (an ``eventCursor``) it
        begins with what was missed.
        """
        wanted, context = known_id(id, OrderNotFound), info.context
        if await context.loaders.order.load(wanted) is None:
            raise OrderNotFound(id)
        async with aclosing(context.storage.events(after)) as events:
            async for event in events:
                if event.topic not in _CHANGES or event.key != str(wanted):
                    continue
                context.refresh()
                row = await context.loaders.order.load(wanted)
                if row is None:
                    raise OrderNotFound(id)
                yield Order.of(row, event_cursor=event.cursor)


_PAID = (PaymentCompleted, PaymentRefunded, PaymentChargedBack)

JOBS = (
    # Unpaid orders keep their items for half an hour: a few seconds more do no harm.
    Job("expiry of unpaid orders", 5.0, upkeep.expire_orders),
    Job("removal of old keys of orders", 600.0, upkeep.forget_keys),
)


def define(jobs: Sequence[Job]) -> MakeSubgraph:
    """How to make the subgraph with what it does again and again while it runs."""
    return define_subgraph(
        "orders",
        models.Base,
        Query,
        Mutation,
        Subscription,
        loaders=Loaders,
        replicas=[
            people_replica(models.Person, deleted=upkeep.forget_person),
            Replica(PAYMENTS, _PAID, upkeep.apply_payment),
            Replica(LEARNING, COURSE_STATES, upkeep.keep_course),
        ],
        seed=seed.write_demo_data,
        jobs=jobs,
        tags=dialect_tags(),
    )


make_subgraph = define(JOBS)

subgraph = make_subgraph()
