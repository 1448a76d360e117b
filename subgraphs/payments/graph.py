"""Payments in the graph: the root fields, and the subgraph that the router runs."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from datetime import timedelta
from functools import partial
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import Cost, RequiresScopes

from trellis.db.jobs import Job
from trellis.db.replica import Replica
from trellis.db.storage import Storage
from trellis.db.subgraph import MakeSubgraph, define_subgraph
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.dialects import dialect_tags
from trellis.schema.directives import Live
from trellis.schema.events.accounts import STREAM as ACCOUNTS
from trellis.schema.events.accounts import UserDeleted
from trellis.schema.events.orders import ORDER_STATES
from trellis.schema.events.orders import STREAM as ORDERS
from trellis.schema.events.payments import PAYMENT_CHANGES
from trellis.schema.inputs import known_id
from trellis.schema.references import load_one
from trellis.subgraphs.payments import models, queries, seed
from trellis.subgraphs.payments.directives import AGAINST_CARD_TESTING, READ, WRITE
from trellis.subgraphs.payments.errors import OrderNotFound, PaymentNotFound
from trellis.subgraphs.payments.inputs import ProcessPaymentInput, RefundPaymentInput
from trellis.subgraphs.payments.loaders import Loaders
from trellis.subgraphs.payments.providers.base import ProviderOf
from trellis.subgraphs.payments.providers.chosen import provider_of as chosen_provider_of
from trellis.subgraphs.payments.settings import (
    SETTINGS,
    PaymentSettings,
    unfit_for_production,
)
from trellis.subgraphs.payments.types import Ctx, Payment, Refund
from trellis.subgraphs.payments.use_cases import charges, disputes, paying, refunds, upkeep

_CHANGES = frozenset(kind.topic for kind in PAYMENT_CHANGES)
_REFUND_SECONDS = 2.0
"""How long the answer to a refund waits for the provider: less than the router waits for it."""


@strawberry.type
class PaymentPayload:
    payment: Payment


@strawberry.type
class RefundPayload:
    payment: Payment
    refund: Refund


@strawberry.type
class Query:
    @strawberry.federation.field(requires_scopes=READ)
    async def payment(self, info: Ctx, id: ID) -> Payment | None:
        """A payment of the caller; administrators see all."""
        row = await load_one(info.context.loaders.payment, id)
        return Payment.of(row) if row else None


@strawberry.type
class Mutation:
    @strawberry.federation.mutation(
        requires_scopes=WRITE, directives=[Cost(weight=10), AGAINST_CARD_TESTING]
    )
    async def process_payment(self, info: Ctx, input: ProcessPaymentInput) -> PaymentPayload | None:
        """Pay an order of the caller, by its total. The payment is processing and completes or
        fails later: read it again, or subscribe to it.

        CONFLICT while another payment of the order is processing or has succeeded.
        """
        new, provider = input.checked(), info.context.loaders.provider
        info.context.end_dry_run()
        card = await input.payment_method.exchanged(provider)
        row = await info.context.transact(paying.start_payment, new, card, provider.name)
        return PaymentPayload(payment=Payment.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE, directives=[Cost(weight=10)])
    async def refund_payment(
        self, info: Ctx, id: ID, input: RefundPaymentInput
    ) -> RefundPayload | None:
        """Give back a completed payment: payers all that is left of it, which cancels the order,
        administrators also a part. The refund is pending while the provider has not answered.

        CONFLICT for a payment that is not completed, and for more than is left of it.
        """
        context, wanted = info.context, input.checked()
        refund = await context.transact(
            refunds.request_refund,
            known_id(id, PaymentNotFound),
            wanted.amount,
            wanted.reason,
        )
        with suppress(TimeoutError):  # what takes longer is done by the job
            async with asyncio.timeout(_REFUND_SECONDS):
                await refunds.carry_out(context.storage, context.loaders.provider, refund.id)
        context.refresh()
        payment = await context.loaders.payment.load(refund.payment_id)
        if payment is None:
            raise PaymentNotFound(id)
        made = await context.loaders.refunds.load(payment.id)
        row = next(one for one in made if one.id == refund.id)
        return RefundPayload(payment=Payment.of(payment), refund=Refund.of(row))


@strawberry.type
class Subscription:
    @strawberry.subscription(directives=[RequiresScopes(scopes=READ), Live(resumed_by=["after"])])
    async def payment_updated(
        self, info: Ctx, order_id: ID, after: str | None = None
    ) -> AsyncGenerator[Payment | None, None]:
        """Each payment of the order when it is started, completes, fails or is given back.

        NOT_FOUND for an order that the caller may not see. With ``after`` (an ``eventCursor``) it
        begins with what was missed.
        """
        wanted, context = known_id(order_id, OrderNotFound), info.context

        async def see_order() -> None:
            async with context.storage.read() as session:
                if not await queries.order_exists(session, context.caller, wanted):
                    raise OrderNotFound(wanted)

        await context.with_news(see_order)
        async with aclosing(context.storage.events(after)) as events:
            async for event in events:
                if event.topic not in _CHANGES or event.payload["order_id"] != str(wanted):
                    continue
                context.refresh()
                row = await context.loaders.payment.load(UUID(event.key))
                if row is not None:
                    yield Payment.of(row, event_cursor=event.cursor)


def jobs_by(provider_of: ProviderOf, *, lease: timedelta = charges.LEASE) -> Sequence[Job]:
    """What the subgraph does again and again. ``lease`` is how long a charge or a refund stays with
    a worker that does not come back."""

    async def charge_all(storage: Storage) -> None:
        await charges.charge_due(storage, provider_of(storage), lease=lease)

    async def refund_all(storage: Storage) -> None:
        await refunds.refund_due(storage, provider_of(storage), lease=lease)

    async def read_disputes(storage: Storage) -> None:
        await disputes.read_disputes(storage, provider_of(storage))

    return (
        Job("charges", 0.5, charge_all, check=PaymentSettings.from_environment),
        Job("refunds", 0.5, refund_all),
        Job("disputes", 30.0, read_disputes),
    )


def define(
    provider_of: ProviderOf,
    jobs: Sequence[Job],
    *,
    write_demo_data: Callable[[UnitOfWork], Awaitable[None]] | None = seed.write_demo_data,
) -> MakeSubgraph:
    """How to make the subgraph with the provider that takes its payments."""
    return define_subgraph(
        "payments",
        models.Base,
        Query,
        Mutation,
        Subscription,
        loaders=partial(Loaders, provider_of=provider_of),
        replicas=[
            Replica(ORDERS, ORDER_STATES, upkeep.keep_order),
            Replica(ACCOUNTS, (UserDeleted,), upkeep.forget_person),
        ],
        seed=write_demo_data,
        jobs=jobs,
        env_settings=SETTINGS,
        unfit_for_production=unfit_for_production,
        tags=dialect_tags(),
    )


make_subgraph = define(chosen_provider_of, jobs_by(chosen_provider_of))

subgraph = make_subgraph()
