"""Operations of orders that many tests send, and what they are about."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope
from trellis.db.seed.world import demo_id
from trellis.schema.events.payments import (
    PaymentChargedBack,
    PaymentCompleted,
    PaymentEvent,
    PaymentRefunded,
)
from trellis.schema.identity import Identity
from trellis.subgraphs.orders.models import Order, Product
from trellis.subgraphs.orders.use_cases import upkeep

BESIDE = ["accounts", "payments", "learning"]

ALAN, GRACE, ADA = caller("alan"), caller("grace"), caller("ada")
MUG, CARDS, RULER, POSTER, MANUAL = (
    str(demo_id("product", name)) for name in ("mug", "cards", "ruler", "poster", "manual")
)

ORDER = """id status total currency paymentId version createdAt updatedAt expiresAt confirmedAt
  cancelledAt cancellationReason user { id } items { productId name quantity price }"""
CREATE = f"mutation($i: CreateOrderInput!) {{ createOrder(input: $i) {{ order {{ {ORDER} }} }} }}"
CANCEL = f"mutation($id: ID!) {{ cancelOrder(id: $id) {{ order {{ {ORDER} }} }} }}"
SET_STATUS = f"""mutation($id: ID!, $s: OrderStatus!, $p: ID) {{
  updateOrderStatus(id: $id, status: $s, paymentId: $p) {{ order {{ {ORDER} }} }} }}"""
GET = f"query($id: ID!) {{ order(id: $id) {{ {ORDER} }} }}"
CREATE_PRODUCT = """mutation($i: CreateProductInput!) { createProduct(input: $i) {
  product { id name price currency stock isForSale version } } }"""
UPDATE_PRODUCT = """mutation($id: ID!, $i: UpdateProductInput!) { updateProduct(id: $id, input: $i)
  { product { id name price currency stock isForSale version } } }"""


def order_id(name: str) -> str:
    """Of a demo order, such as ``alan-1``: the second of a person is cancelled, the others are
    confirmed."""
    return str(demo_id("order", name))


def item(product: str = MUG, quantity: int = 1, **members: Any) -> dict[str, Any]:
    return {"productId": product, "quantity": quantity} | members


async def create(
    shop: Running, *items: dict[str, Any], who: Identity = ALAN, **members: Any
) -> dict[str, Any]:
    given = {"items": list(items) or [item()]} | members
    return (await shop.ask(CREATE, who, i=given))["createOrder"]["order"]


async def cancel(shop: Running, id: str, who: Identity = ALAN) -> dict[str, Any]:
    return (await shop.ask(CANCEL, who, id=id))["cancelOrder"]["order"]


async def get(shop: Running, id: str, who: Identity = ADA) -> dict[str, Any]:
    return (await shop.ask(GET, who, id=id))["order"]


async def stock(shop: Running, product: str = MUG) -> int | None:
    async with shop.context().storage.read() as session:
        return (await session.get_one(Product, UUID(product))).stock


async def row(shop: Running, id: str) -> Order:
    async with shop.context().storage.read() as session:
        return await session.get_one(Order, UUID(id))


async def events(shop: Running, id: str | None = None) -> list[Envelope]:
    """What was announced, of all orders and products or of one."""
    every = await shop.bus.read_after("orders", "0", 1000)
    return [event for event in every if id is None or event.key == id]


async def topics(shop: Running, id: str | None = None) -> list[str]:
    return [event.topic for event in await events(shop, id)]


def completed(order: dict[str, Any], payment_id: UUID | None = None, **members: Any) -> Any:
    """The event of a payment that has completed for the order."""
    given = _payment(order, payment_id, **members)
    return PaymentCompleted(**given, transaction_id="tx-1", completed_at=utc_now())


def refunded(order: dict[str, Any], payment_id: UUID, total: str) -> PaymentRefunded:
    return PaymentRefunded(
        **_payment(order, payment_id),
        refund_id=uuid4(),
        refunded_amount=Decimal(total),
        refunded_total=Decimal(total),
        reason=None,
        refunded_at=utc_now(),
    )


def charged_back(order: dict[str, Any], payment_id: UUID) -> PaymentChargedBack:
    return PaymentChargedBack(
        **_payment(order, payment_id),
        charged_back_amount=Decimal(order["total"]),
        charged_back_at=utc_now(),
    )


def _payment(order: dict[str, Any], payment_id: UUID | None, **members: Any) -> dict[str, Any]:
    given = {
        "payment_id": payment_id or uuid4(),
        "order_id": UUID(order["id"]),
        "user_id": UUID(order["user"]["id"]),
        "amount": Decimal(order["total"]),
        "currency": order["currency"],
        "version": 2,
    }
    return given | members


async def take(shop: Running, *news: PaymentEvent) -> None:
    """What the reader of payments does with their events."""
    for event in news:
        async with shop.context().storage.begin() as uow:
            await upkeep.apply_payment(uow, event)


def codes(refusal: dict[str, Any]) -> Sequence[tuple[str, str]]:
    """Field and code of each problem of a refused input."""
    return [(problem["field"], problem["code"]) for problem in refusal["fields"]]
