"""The demo world's shop, written once and without events."""

from trellis.db.seed.courses import DemoCourse, demo_courses
from trellis.db.seed.shop import DemoOrder, demo_orders, demo_products
from trellis.db.seed.world import demo_world
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.currencies import DEFAULT_CURRENCY
from trellis.subgraphs.orders.models import (
    PAID_WITHIN,
    CancellationReason,
    Order,
    OrderItem,
    OrderStatus,
    Person,
    Product,
)


async def write_demo_data(uow: UnitOfWork) -> None:
    """Does nothing when the first demo product is here: it was done before."""
    if await uow.session.get(Product, demo_products()[0].id) is not None:
        return
    for user in demo_world().users:
        # The events about people may have come first.
        await uow.session.merge(Person(id=user.id, organization_id=user.organization_id, version=1))
    uow.session.add_all(
        Product(
            id=product.id,
            name=product.name,
            price=product.price,
            currency=DEFAULT_CURRENCY,
            stock=product.stock,
        )
        for product in demo_products()
    )
    uow.session.add_all(_product(course) for course in demo_courses() if _is_for_sale(course))
    uow.session.add_all(_order(demo) for demo in demo_orders())
    await uow.session.flush()
    uow.session.add_all(item for demo in demo_orders() for item in _items(demo))


def _is_for_sale(course: DemoCourse) -> bool:
    return course.status == "published" and course.price > 0


def _product(course: DemoCourse) -> Product:
    """As the events about a course make it one."""
    return Product(
        id=course.id,
        name=course.title,
        price=course.price,
        currency=DEFAULT_CURRENCY,
        course_version=1,
    )


def _order(demo: DemoOrder) -> Order:
    is_cancelled = demo.status == OrderStatus.CANCELLED
    return Order(
        id=demo.id,
        user_id=demo.user_id,
        status=OrderStatus(demo.status),
        total=demo.total,
        currency=DEFAULT_CURRENCY,
        payment_id=demo.payment_id,
        expires_at=demo.created_at + PAID_WITHIN,
        confirmed_at=None if is_cancelled else demo.changed_at,
        cancelled_at=demo.changed_at if is_cancelled else None,
        cancellation_reason=CancellationReason.REQUESTED if is_cancelled else None,
        created_at=demo.created_at,
        updated_at=demo.changed_at,
    )


def _items(demo: DemoOrder) -> list[OrderItem]:
    return [
        OrderItem(
            order_id=demo.id,
            position=position,
            product_id=item.product.id,
            name=item.product.name,
            quantity=item.quantity,
            unit_price=item.product.price,
        )
        for position, item in enumerate(demo.items)
    ]
