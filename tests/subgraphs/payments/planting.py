"""What the payments subgraph keeps of a tenant."""

from decimal import Decimal
from typing import Any

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.payments.quiet import make_quiet
from tests.subgraphs.tenants.tenant import Tenant
from tests.subgraphs.tenants.writing import write
from tests.support.subgraphs import Running
from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.payments import models
from trellis.subgraphs.payments.models import OrderStatus, PaymentStatus, RefundStatus

_BUYERS = ("boss", "member", "lead")
_TOTAL = Decimal("15.50")


def make(settings: DataSettings | None, bus: EventBus | None, letters: Letters) -> Subgraph:
    return make_quiet(settings, bus)


async def plant(tenant: Tenant, payments: Running) -> None:
    """An order of the boss that could not be paid yet, and two that are paid."""
    await write(payments, _orders_of(tenant), _payments_of(tenant), _refunds_of(tenant))


async def plant_outsider(who: Identity, payments: Running) -> None:
    """Nobody has paid anything before they say so."""


def _orders_of(tenant: Tenant) -> list[Any]:
    return [
        models.Order(
            id=id,
            user_id=tenant.id("user", _BUYERS[number]),
            status=OrderStatus.CONFIRMED if number else OrderStatus.PENDING,
            total=_TOTAL,
            currency="USD",
            version=1,
        )
        for number, id in enumerate(tenant.ids["order"])
    ]


def _payments_of(tenant: Tenant) -> list[Any]:
    return [
        models.Payment(
            id=id,
            order_id=tenant.id("order", number),
            user_id=tenant.id("user", _BUYERS[number]),
            amount=_TOTAL,
            currency="USD",
            status=PaymentStatus.COMPLETED if number else PaymentStatus.FAILED,
            provider="simulated",
            transaction_id=f"txn_{tenant.word}_{number}" if number else None,
            completed_at=tenant.at(number + 3) if number else None,
            failed_at=None if number else tenant.at(number + 3),
            failure_code=None if number else "INSUFFICIENT_FUNDS",
            failure_reason=None if number else tenant.text("Reason"),
            refund_reserved=Decimal("5.50" if number == 2 else "0"),
            refunded=Decimal("5.50" if number == 2 else "0"),
            card_brand="visa",
            card_last_four="4242",
            card_expiry_month=1,
            card_expiry_year=2031,
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number, id in enumerate(tenant.ids["payment"])
    ]


def _refunds_of(tenant: Tenant) -> list[Any]:
    return [
        models.Refund(
            id=tenant.id("refund"),
            payment_id=tenant.id("payment", 2),
            requested_by=tenant.id("user", "member"),
            amount=Decimal("5.50"),
            reason=tenant.text("Refund"),
            status=RefundStatus.COMPLETED,
            transaction_id=f"rfd_{tenant.word}",
            completed_at=tenant.at(6),
            created_at=tenant.at(5),
            updated_at=tenant.at(6),
        )
    ]
