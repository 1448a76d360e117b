"""Every SELECT of payments. What the caller may not see does not exist."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.batching import lists_by, rows_by
from trellis.db.locks import hold
from trellis.db.paging import NEWEST_FIRST, ChildRows
from trellis.schema.identity import Identity
from trellis.subgraphs.payments.models import (
    Charge,
    Order,
    OrderStatus,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
)

_FRESH: dict[str, Any] = {"execution_options": {"populate_existing": True}}


def _is_of(caller: Identity, user_id: Any) -> ColumnElement[bool]:
    """Whose it is, or an administrator of the platform."""
    if caller.is_admin:
        return true()
    return false() if caller.id is None else col(user_id) == caller.id


def visible_to(caller: Identity) -> Select[Payment]:
    """The payments that the caller has made; administrators see all."""
    return select(Payment).where(_is_of(caller, Payment.user_id))


async def payments_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Payment | None]:
    return await rows_by(session, visible_to(caller), Payment.id, ids)


async def payments_by_order(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Payment | None]:
    """The payment of each order that succeeded or may: there is one at most."""
    alive = visible_to(caller).where(col(Payment.status) != PaymentStatus.FAILED)
    return await rows_by(session, alive, Payment.order_id, ids)


def payments_of_orders(caller: Identity, _kind: None) -> ChildRows[Payment]:
    """All attempts to pay orders."""
    return ChildRows(visible_to(caller), Payment, col(Payment.order_id), NEWEST_FIRST)


def payments_of_people(caller: Identity, _kind: None) -> ChildRows[Payment]:
    return ChildRows(visible_to(caller), Payment, col(Payment.user_id), NEWEST_FIRST)


async def refunds_by_payment(session: AsyncSession, ids: Sequence[UUID]) -> list[list[Refund]]:
    """All refunds of payments that the caller has seen already, the earliest first."""
    earliest = select(Refund).order_by(col(Refund.created_at), col(Refund.id))
    return await lists_by(session, earliest, Refund.payment_id, ids)


async def payment(session: AsyncSession, caller: Identity, id: UUID) -> Payment | None:
    return (await session.scalars(visible_to(caller).where(col(Payment.id) == id))).one_or_none()


async def order_to_pay(session: AsyncSession, caller: Identity, id: UUID) -> Order | None:
    """An order of the caller, which waits for what else happens to it; nobody pays for others."""
    await hold_order(session, id)
    mine = select(Order).where(col(Order.id) == id, col(Order.user_id) == caller.id)
    return (await session.scalars(mine, **_FRESH)).one_or_none()


async def order_exists(session: AsyncSession, caller: Identity, id: UUID) -> bool:
    """Whether the caller may know of the order."""
    seen = select(Order.id).where(_is_of(caller, Order.user_id), col(Order.id) == id)
    return (await session.execute(seen)).first() is not None


async def hold_order(session: AsyncSession, order_id: UUID) -> None:
    """Wait for what else happens to payments of the order, and keep further changes waiting."""
    await hold(session, f"order:{order_id}")


async def held_payment(session: AsyncSession, id: UUID) -> Payment:
    """A payment as it is now, with its order held. For what is done without a caller."""
    order_id = (await session.scalars(select(Payment.order_id).where(col(Payment.id) == id))).one()
    await hold_order(session, order_id)
    return await session.get_one(Payment, id, populate_existing=True)


async def payment_that_holds(session: AsyncSession, order_id: UUID) -> Payment | None:
    """The payment of the order, held, that succeeded or may."""
    holds = col(Payment.order_id) == order_id, col(Payment.status) != PaymentStatus.FAILED
    return (await session.scalars(select(Payment).where(*holds), **_FRESH)).one_or_none()


async def is_cancelled(session: AsyncSession, order_id: UUID) -> bool:
    """Whether the order, held, is known to be cancelled."""
    order = await session.get(Order, order_id, populate_existing=True)
    return order is not None and order.status is OrderStatus.CANCELLED


async def payment_by_transaction(
    session: AsyncSession, provider: str, transaction_id: str
) -> UUID | None:
    statement = select(Payment.id).where(
        col(Payment.provider) == provider, col(Payment.transaction_id) == transaction_id
    )
    return (await session.scalars(statement)).one_or_none()


async def due_charges(session: AsyncSession, now: datetime, limit: int) -> Sequence[UUID]:
    """The ids of payments whose charges nobody has taken, the longest due first."""
    due = col(Charge.due_at) <= now
    ids = select(Charge.payment_id).where(due).order_by(col(Charge.due_at)).limit(limit)
    return (await session.scalars(ids)).all()


async def due_refunds(session: AsyncSession, now: datetime, limit: int) -> Sequence[UUID]:
    """The ids of refunds that nobody has taken, the longest due first."""
    due = col(Refund.status) == RefundStatus.PENDING, col(Refund.due_at) <= now
    ids = select(Refund.id).where(*due).order_by(col(Refund.due_at)).limit(limit)
    return (await session.scalars(ids)).all()


async def held_refund(session: AsyncSession, id: UUID) -> tuple[Refund, Payment]:
    """A refund and its payment as they are now, with their order held."""
    of = await session.scalars(select(Refund.payment_id).where(col(Refund.id) == id))
    payment = await held_payment(session, of.one())
    return await session.get_one(Refund, id, populate_existing=True), payment


async def declined_count(session: AsyncSession, payment_id: UUID) -> int:
    """How many refunds of a payment that followed from a cancelled order the provider declined."""
    declined = (
        col(Refund.payment_id) == payment_id,
        col(Refund.status) == RefundStatus.FAILED,
        col(Refund.requested_by).is_(None),
        col(Refund.attempts) > 0,
    )
    counted = select(func.count()).select_from(Refund).where(*declined)
    return (await session.execute(counted)).scalar_one()
