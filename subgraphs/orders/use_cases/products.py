"""How administrators keep the products that are no courses."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.identity import Identity
from trellis.subgraphs.orders import queries
from trellis.subgraphs.orders.errors import (
    OnlyAdministrators,
    ProductChanged,
    ProductNotFound,
    ProductOfCourse,
)
from trellis.subgraphs.orders.events import product_changed
from trellis.subgraphs.orders.models import Product

_OF_COURSES = frozenset({"name", "price", "is_for_sale"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    name: str
    price: Decimal
    currency: str
    stock: int | None


async def create_product(uow: UnitOfWork, caller: Identity, new: NewProduct) -> Product:
    """Raises ``OnlyAdministrators``."""
    if not caller.is_admin:
        raise OnlyAdministrators
    product = Product(name=new.name, price=new.price, currency=new.currency, stock=new.stock)
    uow.session.add(product)
    await uow.session.flush()
    uow.emit(product_changed(product))
    return product


async def update_product(
    uow: UnitOfWork,
    caller: Identity,
    id: UUID,
    changes: Mapping[str, Any],
    *,
    version: int | None = None,
) -> Product:
    """Orders that were made already keep their prices.

    Raises ``OnlyAdministrators``, ``ProductNotFound``, ``ProductChanged`` if it has another
    ``version``, and ``ProductOfCourse`` for what only the course can change.
    """
    if not caller.is_admin:
        raise OnlyAdministrators
    product = await queries.product_for_update(uow.session, id)
    if product is None:
        raise ProductNotFound(id)
    if version is not None and version != product.version:
        raise ProductChanged(product.version)
    if product.course_version is not None and changes.keys() & _OF_COURSES:
        raise ProductOfCourse(id)
    for name, value in changes.items():
        setattr(product, name, value)
    await uow.session.flush()
    uow.emit(product_changed(product))
    return product
