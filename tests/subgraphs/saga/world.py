"""Orders and payments together on one bus, each of which can stop and start again, with a provider
that fails when it is said."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from tests.subgraphs.orders.asking import CANCEL, CREATE, get, item
from tests.subgraphs.payments.asking import PAY, method
from tests.support.subgraphs import Running, caller, running
from trellis.db.bus import MemoryBus
from trellis.db.jobs import Job
from trellis.db.models import utc_now
from trellis.db.settings import DataSettings
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.subgraphs.orders.graph import define as define_orders
from trellis.subgraphs.orders.models import PAID_WITHIN
from trellis.subgraphs.orders.use_cases.upkeep import expire_orders
from trellis.subgraphs.payments.cards import CardDetails
from trellis.subgraphs.payments.graph import define as define_payments
from trellis.subgraphs.payments.graph import jobs_by
from trellis.subgraphs.payments.providers.base import (
    CardToken,
    ChargeAnswer,
    ChargeRequest,
    Dispute,
    PaymentProvider,
    ProviderUnavailable,
    RefundAnswer,
    RefundRequest,
)
from trellis.subgraphs.payments.providers.simulated import SimulatedProvider

ALAN = caller("alan")
# So that a test takes seconds: how often jobs run, how long slow cards take, and after how long
# others take over what a dead worker has held.
_PACE, _DELAY, _LEASE = 0.03, timedelta(seconds=0.2), timedelta(seconds=0.5)
ABSENT = ("accounts", "learning")


@dataclass
class FailingProvider:
    """A ``PaymentProvider`` whose calls fail once each, as ``failures`` says: ``before charge``
    nothing happens, ``after charge`` it happens and the answer is lost."""

    inner: PaymentProvider
    failures: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.inner.name

    def _fail(self, moment: str) -> None:
        if moment in self.failures:
            self.failures.remove(moment)
            raise ProviderUnavailable(moment)

    async def tokenize(self, card: CardDetails) -> CardToken:
        return await self.inner.tokenize(card)

    async def describe(self, token: str) -> CardToken:
        return await self.inner.describe(token)

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        self._fail("before charge")
        answer = await self.inner.charge(request)
        self._fail("after charge")
        return answer

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        self._fail("before refund")
        answer = await self.inner.refund(request)
        self._fail("after refund")
        return answer

    async def disputes(self, since: datetime) -> Sequence[Dispute]:
        return await self.inner.disputes(since)


def make_shop(expires_after: timedelta) -> Callable[..., Any]:
    """Orders that expire sooner than those of the product."""

    async def expire(storage: Storage) -> None:
        await expire_orders(storage, now=utc_now() + PAID_WITHIN - expires_after)

    return define_orders([Job("expiry", _PACE, expire)])


def make_till(failures: list[str]) -> Callable[..., Any]:
    """Payments without demo data, by a provider that fails as the list says."""

    def provider_of(storage: Storage) -> FailingProvider:
        return FailingProvider(SimulatedProvider(storage, delay=_DELAY), failures)

    jobs = [replace(job, every_seconds=_PACE) for job in jobs_by(provider_of, lease=_LEASE)]
    return define_payments(provider_of, jobs, write_demo_data=None)


@dataclass
class Saga:
    """Both subgraphs. ``failures`` is what the provider still has to do wrong."""

    settings: DataSettings
    bus: MemoryBus
    expires_after: timedelta
    failures: list[str] = field(default_factory=list)
    parts: dict[str, Running] = field(default_factory=dict)
    _stacks: dict[str, AsyncExitStack] = field(default_factory=dict)

    @property
    def shop(self) -> Running:
        return self.parts["orders"]

    @property
    def till(self) -> Running:
        return self.parts["payments"]

    async def start(self, *names: str) -> None:
        make = {
            "orders": partial(make_shop, self.expires_after),
            "payments": partial(make_till, self.failures),
        }
        for name in names:
            self._stacks[name] = AsyncExitStack()
            started = running(make[name](), self.settings, ABSENT, bus=self.bus, fresh=False)
            self.parts[name] = await self._stacks[name].enter_async_context(started)

    async def stop(self, *names: str) -> None:
        for name in names:
            await self._stacks.pop(name).aclose()

    async def order(self, *items: dict[str, Any], who: Identity = ALAN) -> dict[str, Any]:
        given = {"items": list(items) or [item()]}
        return (await self.shop.ask(CREATE, who, i=given))["createOrder"]["order"]

    async def pay(self, order_id: str, card: str = "visa", who: Identity = ALAN) -> Any:
        """The answer, which may be a refusal."""
        given = {"orderId": order_id, "paymentMethod": method(card)}
        return await self.till.answer(PAY, who, i=given)

    async def cancel(self, order_id: str, who: Identity = ALAN) -> Any:
        return await self.shop.answer(CANCEL, who, id=order_id)

    async def state(self, order_id: str) -> tuple[str, str | None]:
        found = await get(self.shop, order_id)
        return found["status"], found["cancellationReason"]


@asynccontextmanager
async def saga_in(
    settings: DataSettings, *, expires_after: timedelta = timedelta(minutes=30)
) -> AsyncIterator[Saga]:
    """Both subgraphs on the data that is there."""
    bus = MemoryBus()
    await bus.connect()
    saga = Saga(settings, bus, expires_after)
    await saga.start("orders", "payments")
    try:
        yield saga
    finally:
        await saga.stop(*list(saga._stacks))
        await bus.close()
