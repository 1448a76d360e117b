"""``python -m tests.subgraphs.orders.busy_process FOLDER ROUND [DATABASE]``: people who order, pay
and cancel, and orders that expire, until the process is killed. What is tried and what was answered
are lines on stdout."""

import asyncio
import sys
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlmodel import col

from tests.subgraphs.orders.asking import (
    BESIDE,
    CANCEL,
    CARDS,
    CREATE,
    MUG,
    RULER,
    completed,
    item,
)
from tests.subgraphs.orders.payment_log import PaymentLog
from tests.subgraphs.orders.quiet import make_quiet
from tests.support.killing import arguments, tell
from tests.support.subgraphs import Running, caller, running
from trellis.db.bus import MemoryBus
from trellis.db.models import utc_now
from trellis.db.settings import DataSettings
from trellis.subgraphs.orders.models import PAID_WITHIN, Product
from trellis.subgraphs.orders.use_cases import upkeep

PEOPLE = ("alan", "grace", "barbara", "edsger")
STOCK = 1_000_000
# An order of these processes is not paid in time after so long.
_EXPIRES_AFTER = timedelta(seconds=0.2)


async def buy(shop: Running, log: PaymentLog, who: str, number: int) -> None:
    """Of three orders one is paid, one is cancelled at once and one is left to expire."""
    count = 0
    while True:
        count += 1
        key = f"{number}-{count}"
        tell(who=who, key=key)
        given = {"items": basket(), "idempotencyKey": key}
        answer = await shop.answer(CREATE, caller(who), i=given)
        if answer.errors:  # too many are unpaid: the next ones expire in a moment
            await asyncio.sleep(0.05)
            continue
        order = answer.data["createOrder"]["order"]
        tell(who=who, key=key, id=order["id"])
        if count % 3 == 0:
            log.append(completed(order, uuid4()))
            shop.bus.log_grew("payments")
        elif count % 3 == 1:
            await shop.answer(CANCEL, caller(who), id=order["id"])


def basket() -> list[dict[str, object]]:
    return [item(MUG, 2), item(RULER), item(CARDS, 3)]


async def expire(shop: Running) -> None:
    while True:
        await asyncio.sleep(0.03)
        late = utc_now() + PAID_WITHIN - _EXPIRES_AFTER
        await upkeep.expire_orders(shop.context().storage, now=late)


async def fill_up(shop: Running) -> None:
    products = [UUID(product) for product in (MUG, RULER, CARDS)]
    async with shop.context().storage.begin() as uow:
        wanted = update(Product).where(col(Product.id).in_(products))
        await uow.session.execute(wanted.values(stock=STOCK))


async def main(settings: DataSettings, number: int) -> None:
    bus, log = MemoryBus(), PaymentLog(settings.data_dir / "payments.jsonl")
    await bus.connect()
    bus.attach("payments", log)
    absent = [name for name in BESIDE if name != "payments"]
    async with running(make_quiet, settings, absent, bus=bus, fresh=False) as shop:
        if number == 0:
            await fill_up(shop)
        await asyncio.gather(expire(shop), *(buy(shop, log, who, number) for who in PEOPLE))


if __name__ == "__main__":
    asyncio.run(main(*arguments(sys.argv)))
