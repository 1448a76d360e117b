"""Operations of payments that many tests send, and what they are about."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlmodel import col, select

from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope
from trellis.schema.events.orders import OrderCancelled, OrderConfirmed, OrderCreated, OrderState
from trellis.schema.identity import Identity
from trellis.subgraphs.payments.models import Charge, Order, Payment, Refund, SimulatedCharge
from trellis.subgraphs.payments.providers.simulated import TEST_CARDS, SimulatedProvider
from trellis.subgraphs.payments.use_cases import charges, disputes, refunds, upkeep

ADA, ALAN, GRACE = (caller(name) for name in ("ada", "alan", "grace"))
BESIDE = ["accounts", "orders"]
NUMBERS: Mapping[str, str] = {card.name: card.number for card in TEST_CARDS}
CVV = "737"

FIELDS = """id status amount currency transactionId refundedAmount failureCode failureReason
  completedAt failedAt version order { id } user { id }
  card { brand lastFour expiryMonth expiryYear } refunds { id amount reason status }"""
PAY = f"""mutation($i: ProcessPaymentInput!) {{
  processPayment(input: $i) {{ payment {{ {FIELDS} }} }} }}"""
REFUND = f"""mutation($id: ID!, $i: RefundPaymentInput!) {{ refundPayment(id: $id, input: $i) {{
  payment {{ {FIELDS} }} refund {{ id amount status }} }} }}"""
READ = f"query($id: ID!) {{ payment(id: $id) {{ {FIELDS} }} }}"


def method(card: str = "visa", **members: Any) -> dict[str, Any]:
    """A payment method by the name of a test card."""
    given = {
        "type": "CREDIT_CARD",
        "cardNumber": NUMBERS[card],
        "expiryMonth": "12",
        "expiryYear": str(utc_now().year + 1),
        "cvv": CVV,
    }
    return given | members


async def order(
    payments: Running, who: Identity = ALAN, *, total: str = "75.48", currency: str = "USD"
) -> str:
    """A new order of somebody, as payments hears of it; returns its id."""
    id = uuid4()
    await tell_of_order(payments, id, who, total=total, currency=currency)
    return str(id)


async def tell_of_order(
    payments: Running,
    id: UUID | str,
    who: Identity = ALAN,
    *,
    status: str = "pending",
    version: int = 1,
    total: str = "75.48",
    currency: str = "USD",
) -> None:
    """The event about the state of an order, taken in as the replica does."""
    assert who.id is not None
    now = utc_now()
    state = OrderState(
        status=status,
        items=(),
        total=Decimal(total),
        currency=currency,
        payment_id=None,
        created_at=now,
        expires_at=now + timedelta(minutes=30),
        confirmed_at=now if status == "confirmed" else None,
        cancelled_at=now if status == "cancelled" else None,
    )
    about: Any = {"order_id": UUID(str(id)), "user_id": who.id, "version": version, "state": state}
    event: Any
    if status == "cancelled":
        event = OrderCancelled(**about, reason="requested")
    else:
        event = (OrderConfirmed if status == "confirmed" else OrderCreated)(**about)
    async with payments.context().storage.begin() as uow:
        await upkeep.keep_order(uow, event)


async def pay(
    payments: Running, order_id: str, card: str = "visa", who: Identity = ALAN, **members: Any
) -> dict[str, Any]:
    """Start a payment; it is charged by ``work``."""
    given = {"orderId": order_id, "paymentMethod": method(card)} | members
    return (await payments.ask(PAY, who, i=given))["processPayment"]["payment"]


async def refund(
    payments: Running, id: str, who: Identity = ALAN, **members: Any
) -> dict[str, Any]:
    return (await payments.ask(REFUND, who, id=id, i=members))["refundPayment"]


async def read(payments: Running, id: str, who: Identity = ADA) -> dict[str, Any]:
    return (await payments.ask(READ, who, id=id))["payment"]


def provider(payments: Running, **settings: Any) -> SimulatedProvider:
    return SimulatedProvider(payments.context().storage, **settings)


async def work(payments: Running, by: Any = None) -> None:
    """What the jobs do once: charges, disputes, refunds."""
    storage, by = payments.context().storage, by or provider(payments)
    await charges.charge_due(storage, by)
    await disputes.read_disputes(storage, by)
    await refunds.refund_due(storage, by)


async def paid(payments: Running, card: str = "visa", *, total: str = "75.48") -> dict[str, Any]:
    """A completed payment of Alan."""
    started = await pay(payments, await order(payments, total=total), card)
    await work(payments)
    return await read(payments, started["id"])


async def make_due(payments: Running) -> None:
    """Let the pauses of charges and refunds be over. Jobs may be at them meanwhile."""
    async with payments.context().storage.begin() as uow:
        await uow.session.execute(update(Charge).values(due_at=utc_now()))
        waiting = col(Refund.due_at).is_not(None)
        await uow.session.execute(update(Refund).where(waiting).values(due_at=utc_now()))


async def events(payments: Running) -> list[Envelope]:
    return list(await payments.bus.read_after("payments", "0", 500))


async def topics(payments: Running) -> list[str]:
    return [event.topic for event in await events(payments)]


async def rows(payments: Running, kind: Any) -> list[Any]:
    async with payments.context().storage.read() as session:
        return list(await session.scalars(select(kind)))


async def books(payments: Running) -> tuple[Decimal, Decimal]:
    """What the provider has kept, and what payments believe that it has."""
    charged = await rows(payments, SimulatedCharge)
    paid_in = [row for row in await rows(payments, Payment) if row.completed_at is not None]
    return (
        sum((row.amount - row.refunded - row.disputed for row in charged), Decimal(0)),
        sum((row.amount - row.refunded - row.charged_back for row in paid_in), Decimal(0)),
    )


async def order_status(payments: Running, id: str) -> str:
    async with payments.context().storage.read() as session:
        return (await session.get_one(Order, UUID(id))).status
