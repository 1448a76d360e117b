"""What the orders subgraph keeps of a tenant."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.orders.quiet import make_quiet
from tests.subgraphs.tenants.tenant import PEOPLE, Tenant
from tests.subgraphs.tenants.writing import write
from tests.support.subgraphs import Running
from trellis.db.bus import EventBus
from trellis.db.seed.shop import demo_products
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.orders import models as orders
from trellis.subgraphs.orders.models import OrderStatus

_BUYERS = ("boss", "member", "lead")


def make(settings: DataSettings | None, bus: EventBus | None, letters: Letters) -> Subgraph:
    return make_quiet(settings, bus)


async def plant(tenant: Tenant, shop: Running) -> None:
    """A pending order of the boss, and two that are paid."""
    await write(shop, _people_of(tenant), _orders_of(tenant), _items_of(tenant))


async def plant_outsider(who: Identity, shop: Running) -> None:
    """Nobody has bought anything before they say so."""


def _people_of(tenant: Tenant) -> list[Any]:
    return [
        orders.Person(
            id=tenant.id("user", person),
            organization_id=tenant.id("organization"),
            is_active=person != "former",
            version=1,
        )
        for person in PEOPLE
    ]


def _orders_of(tenant: Tenant) -> list[Any]:
    return [
        orders.Order(
            id=id,
            user_id=tenant.id("user", _BUYERS[number]),
            status=OrderStatus.CONFIRMED if number else OrderStatus.PENDING,
            total=Decimal("15.50"),
            currency="USD",
            payment_id=tenant.id("payment", number) if number else None,
            confirmed_at=tenant.at(number + 3) if number else None,
            expires_at=tenant.at(number) + timedelta(minutes=30),
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number, id in enumerate(tenant.ids["order"])
    ]


def _items_of(tenant: Tenant) -> list[Any]:
    cards = demo_products()[1]
    return [
        orders.OrderItem(
            order_id=id,
            position=0,
            product_id=cards.id,
            name=tenant.text("Cards"),
            quantity=1,
            unit_price=cards.price,
        )
        for id in tenant.ids["order"]
    ]
