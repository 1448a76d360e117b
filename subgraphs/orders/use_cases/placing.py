"""How an order is made: at the server's prices, from what is in stock, once for each key."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from uuid import UUID

from trellis.db.locks import hold
from trellis.db.models import MAX_MONEY, utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.errors import FieldProblem
from trellis.schema.events.orders import OrderCreated
from trellis.schema.identity import Identity
from trellis.subgraphs.orders import queries
from trellis.subgraphs.orders.errors import (
    InvalidUser,
    NoItems,
    NotOrderable,
    OrderKeyReused,
    OrderTooLarge,
    TooManyUnpaid,
)
from trellis.subgraphs.orders.events import about
from trellis.subgraphs.orders.metrics import CREATED, VALUES
from trellis.subgraphs.orders.models import PAID_WITHIN, Order, OrderItem, Product
from trellis.subgraphs.orders.use_cases.stock import reserve

MAX_UNPAID = 20
"""How many such orders a person may have: nobody empties the shop without paying."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """``price`` is what the buyer expects one to cost; it is never what the order is made of."""

    product_id: UUID
    quantity: int
    price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """``user_id`` is None for an order of the caller. ``key`` makes the order once."""

    items: tuple[NewItem, ...]
    user_id: UUID | None = None
    key: str | None = None

    def digest(self, buyer: UUID) -> str:
        """The same for the same order of the same person."""
        # 15.5 and 15.50 are the same price.
        items = [
            [str(item.product_id), item.quantity, item.price and str(item.price.normalize())]
            for item in self.items
        ]
        return hashlib.sha256(json.dumps([str(buyer), items]).encode()).hexdigest()


async def create_order(uow: UnitOfWork, caller: Identity, new: NewOrder) -> Order:
    """Order and reserve the items; with a key that was used for it before, the order of then.

    Raises ``InvalidUser``, ``NoItems``, ``NotOrderable``, ``OrderTooLarge``, ``OutOfStock``,
    ``OrderKeyReused`` and ``TooManyUnpaid``.
    """
    buyer = await _buyer(uow, caller, new.user_id)
    if not new.items:
        raise NoItems
    # One order of a person after the other: the key and the number of unpaid ones are exact.
    await hold(uow.session, f"orders of {buyer}")
    if new.key is not None and (known := await _known(uow, buyer, new, new.key)) is not None:
        return known
    if await queries.count_unpaid(uow.session, buyer) >= MAX_UNPAID:
        raise TooManyUnpaid(MAX_UNPAID)
    ids = [item.product_id for item in new.items]
    products = await queries.products_to_order(uow.session, ids)
    _check(new.items, products)
    quantities = {item.product_id: item.quantity for item in new.items}
    await reserve(uow.session, products, quantities)
    order = order_of(buyer, new, products)
    uow.session.add(order)
    await uow.session.flush()
    items = _items(order, new.items, products)
    uow.session.add_all(items)
    await uow.session.flush()
    uow.emit(OrderCreated(**about(order, items)))
    uow.on_commit(CREATED.inc)
    uow.on_commit(partial(VALUES(order.currency).observe, float(order.total)))
    return order


async def _buyer(uow: UnitOfWork, caller: Identity, user_id: UUID | None) -> UUID:
    """Whose order it becomes: the caller's, or of an administrator anybody's."""
    assert caller.id is not None
    if user_id is None or user_id == caller.id:
        return caller.id
    if not caller.is_admin or not await queries.is_active_user(uow.session, user_id):
        raise InvalidUser
    return user_id


async def _known(uow: UnitOfWork, buyer: UUID, new: NewOrder, key: str) -> Order | None:
    order = await queries.order_with_key(uow.session, buyer, key)
    if order is not None and order.request_digest != new.digest(buyer):
        raise OrderKeyReused
    return order


def _check(items: Sequence[NewItem], products: Mapping[UUID, Product]) -> None:
    """Raises ``NotOrderable`` with everything that is wrong about the items."""
    problems: list[FieldProblem] = []
    currencies = {product.currency for product in products.values()}
    for n, item in enumerate(items):
        product = products.get(item.product_id)
        if product is None:
            message = f"items.{n}.productId is not a product that is for sale."
            problems.append(FieldProblem(f"items.{n}.productId", "INVALID_FORMAT", message))
        elif item.price is not None and item.price != product.price:
            message = f"items.{n}.price is {product.price} {product.currency}, not {item.price}."
            problems.append(FieldProblem(f"items.{n}.price", "INVALID_FORMAT", message))
    if len(currencies) > 1:
        message = f"items must have one currency, not {' and '.join(sorted(currencies))}."
        problems.append(FieldProblem("items", "INVALID_FORMAT", message))
    if problems:
        raise NotOrderable(problems)


def order_of(buyer: UUID, new: NewOrder, products: Mapping[UUID, Product]) -> Order:
    """The row of a new order. Raises ``OrderTooLarge``."""
    total = sum((item.quantity * products[item.product_id].price for item in new.items), Decimal())
    if total > MAX_MONEY:
        raise OrderTooLarge(MAX_MONEY)
    now = utc_now()
    return Order(
        user_id=buyer,
        total=total,
        currency=products[new.items[0].product_id].currency,
        expires_at=now + PAID_WITHIN,
        created_at=now,
        updated_at=now,
        request_key=new.key,
        request_digest=None if new.key is None else new.digest(buyer),
    )


def _items(
    order: Order, items: Sequence[NewItem], products: Mapping[UUID, Product]
) -> list[OrderItem]:
    return [
        OrderItem(
            order_id=order.id,
            position=position,
            product_id=item.product_id,
            name=products[item.product_id].name,
            quantity=item.quantity,
            unit_price=products[item.product_id].price,
        )
        for position, item in enumerate(items)
    ]
