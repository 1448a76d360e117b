"""Every SELECT of orders. What the caller may not see does not exist."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.batching import lists_by, rows_by
from trellis.db.paging import ChildRows, SortColumn, order_by, text
from trellis.schema.identity import Identity
from trellis.subgraphs.orders.models import Order, OrderItem, OrderStatus, Person, Product

BY_NAME: Sequence[SortColumn] = order_by("name", text, descending=False)


def visible_to(caller: Identity) -> Select[Order]:
    """The caller's own orders; for administrators those of everybody."""
    return select(Order).where(_is_seen_by(caller))


def _is_seen_by(caller: Identity) -> ColumnElement[bool]:
    if caller.is_admin:
        return true()
    return false() if caller.id is None else col(Order.user_id) == caller.id


def matching(
    caller: Identity, *, user_id: UUID | None = None, status: OrderStatus | None = None
) -> Select[Order]:
    """The visible orders of a person and a status, where these are given."""
    statement = visible_to(caller)
    if user_id is not None:
        statement = statement.where(col(Order.user_id) == user_id)
    if status is not None:
        statement = statement.where(col(Order.status) == status)
    return statement


async def orders_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Order | None]:
    return await rows_by(session, visible_to(caller), Order.id, ids)


def orders_of(caller: Identity, status: OrderStatus | None) -> ChildRows[Order]:
    """The orders of people."""
    return ChildRows(matching(caller, status=status), Order, col(Order.user_id))


async def items_by_order(session: AsyncSession, ids: Sequence[UUID]) -> list[list[OrderItem]]:
    """Of orders that the caller has seen already, in their order."""
    in_order = select(OrderItem).order_by(col(OrderItem.order_id), col(OrderItem.position))
    return await lists_by(session, in_order, OrderItem.order_id, ids)


async def order_for_update(session: AsyncSession, caller: Identity, id: UUID) -> Order | None:
    """Locked, as it is in the database now."""
    statement = visible_to(caller).where(col(Order.id) == id).with_for_update(of=Order)
    found = await session.scalars(statement, execution_options={"populate_existing": True})
    return found.one_or_none()


async def order_of_payment(session: AsyncSession, id: UUID) -> Order | None:
    """The order that an event of payments is about, locked; there is no caller here."""
    return await session.get(Order, id, with_for_update=True, populate_existing=True)


async def order_with_key(session: AsyncSession, user_id: UUID, key: str) -> Order | None:
    """The order that the person has made with the key."""
    wanted = col(Order.user_id) == user_id, col(Order.request_key) == key
    return (await session.scalars(select(Order).where(*wanted))).one_or_none()


async def count_unpaid(session: AsyncSession, user_id: UUID) -> int:
    wanted = col(Order.user_id) == user_id, col(Order.status) == OrderStatus.PENDING
    counted = select(func.count()).select_from(Order).where(*wanted)
    return (await session.execute(counted)).scalar_one()


async def unpaid_of(session: AsyncSession, user_id: UUID) -> Sequence[Order]:
    """The pending orders of a person, locked in the order of their ids."""
    wanted = col(Order.user_id) == user_id, col(Order.status) == OrderStatus.PENDING
    statement = select(Order).where(*wanted).order_by(col(Order.id)).with_for_update()
    return (await session.scalars(statement)).all()


def _expired(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(Order.status) == OrderStatus.PENDING, col(Order.expires_at) <= now


async def has_expired(session: AsyncSession, now: datetime) -> bool:
    """Whether any pending order has expired."""
    return (await session.scalar(select(exists().where(*_expired(now))))) or False


async def some_expired(session: AsyncSession, now: datetime, limit: int) -> Sequence[Order]:
    """Pending orders that have expired, locked, without those that another worker has locked."""
    statement = (
        select(Order)
        .where(*_expired(now))
        .order_by(col(Order.expires_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


def products_visible_to(caller: Identity) -> Select[Product]:
    """What is for sale, what the caller has ordered, and for administrators all products."""
    if caller.is_admin:
        return select(Product)
    bought = (
        exists()
        .where(col(OrderItem.product_id) == col(Product.id))
        .where(col(OrderItem.order_id) == col(Order.id), _is_seen_by(caller))
    )
    return select(Product).where(or_(col(Product.is_for_sale), bought))


async def products_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Product | None]:
    return await rows_by(session, products_visible_to(caller), Product.id, ids)


def products_for_sale() -> Select[Product]:
    """What everybody may order."""
    return select(Product).where(col(Product.is_for_sale))


async def product_for_update(session: AsyncSession, id: UUID) -> Product | None:
    """Locked, so that no order takes from its stock meanwhile; for administrators and events."""
    return await session.get(Product, id, with_for_update=True, populate_existing=True)


async def products_to_order(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Product]:
    """Those of the products that are for sale, by id."""
    wanted = products_for_sale().where(col(Product.id).in_(ids))
    return {product.id: product for product in await session.scalars(wanted)}


async def is_active_user(session: AsyncSession, id: UUID) -> bool:
    person = await session.get(Person, id)
    return person is not None and person.is_active


async def is_user(session: AsyncSession, id: UUID) -> bool:
    """Whether somebody has or had this account."""
    return await session.get(Person, id) is not None
