"""``python -m tests.subgraphs.saga.trading_process FOLDER ROUND [DATABASE]``: people who order, pay
by all kinds of cards and cancel, until the process is killed. What was answered are lines on
stdout."""

import asyncio
import random
import sys
from datetime import timedelta
from typing import Any

from tests.subgraphs.orders.asking import CREATE, MANUAL, MUG, item
from tests.subgraphs.saga.world import Saga, saga_in
from tests.support.killing import arguments, tell
from tests.support.subgraphs import caller
from trellis.db.settings import DataSettings

PEOPLE = ("alan", "grace", "barbara", "edsger")
CARDS = ("visa", "delay", "timeout", "duplicate", "nofundslater", "chargeback")
EXPIRES_AFTER = timedelta(seconds=4)


async def trade(saga: Saga, name: str, chance: random.Random) -> None:
    who = caller(name)
    while True:
        items = [
            item(MANUAL, chance.randint(1, 3)),
            *([item(MUG)] if chance.random() < 0.1 else []),
        ]
        made = await saga.shop.answer(CREATE, who, i={"items": items})
        if made.errors:  # sold out, or too many are unpaid
            await asyncio.sleep(0.05)
            continue
        id = made.data["createOrder"]["order"]["id"]
        tell(order=id)
        for step in chance.sample(("pay", "cancel", "wait"), k=2):
            await take(saga, step, id, who, chance)


async def take(saga: Saga, step: str, id: str, who: Any, chance: random.Random) -> None:
    if step == "pay":
        paid = await saga.pay(id, chance.choice(CARDS), who)
        if not paid.errors:
            tell(payment=paid.data["processPayment"]["payment"]["id"])
    elif step == "cancel" and chance.random() < 0.5:
        await saga.cancel(id, who)
    else:
        await asyncio.sleep(chance.uniform(0, 0.1))


async def main(settings: DataSettings, number: int) -> None:
    async with saga_in(settings, expires_after=EXPIRES_AFTER) as saga:
        await asyncio.gather(
            *(trade(saga, name, random.Random(f"{name} {number}")) for name in PEOPLE)
        )


if __name__ == "__main__":
    asyncio.run(main(*arguments(sys.argv)))
