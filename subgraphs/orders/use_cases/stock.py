"""The stock of products: taken by an order, and given back when it is cancelled.

Rows are always changed in the order of their ids, so that two transactions never wait for each
other.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.subgraphs.orders.errors import OutOfStock
from trellis.subgraphs.orders.models import OrderItem, Product


async def reserve(
    session: AsyncSession, products: Mapping[UUID, Product], quantities: Mapping[UUID, int]
) -> None:
    """Take the quantities from the stock of the products. Raises ``OutOfStock`` where there is
    less; then nothing of the transaction may be kept."""
    limited = sorted(id for id in quantities if products[id].stock is not None)
    for id in limited:
        wanted = quantities[id]
        # The condition is checked on the row as it is then, whoever has taken from it meanwhile.
        taken = await session.execute(
            update(Product)
            .where(col(Product.id) == id, col(Product.stock) >= wanted)
            .values(stock=col(Product.stock) - wanted)
            .execution_options(synchronize_session=False)
        )
        if taken.rowcount == 0:  # type: ignore[attr-defined]
            left = await session.scalar(select(Product.stock).where(col(Product.id) == id))
            raise OutOfStock(id, products[id].name, left or 0)


async def release(session: AsyncSession, items: Iterable[OrderItem]) -> None:
    """Give the items of cancelled orders back. A product whose stock is unlimited stays so."""
    quantities = Counter[UUID]()
    for item in items:
        quantities[item.product_id] += item.quantity
    for id in sorted(quantities):
        await session.execute(
            update(Product)
            .where(col(Product.id) == id, col(Product.stock).is_not(None))
            .values(stock=col(Product.stock) + quantities[id])
            .execution_options(synchronize_session=False)
        )
