"""What is in stock is sold once, however many want it at the same time."""

import asyncio
from collections import Counter
from dataclasses import replace
from itertools import cycle, islice
from uuid import uuid4

from tests.subgraphs.orders.asking import (
    ALAN,
    CANCEL,
    CARDS,
    CREATE,
    MANUAL,
    MUG,
    POSTER,
    RULER,
    cancel,
    completed,
    create,
    events,
    item,
    stock,
    take,
    topics,
)
from tests.support.subgraphs import Running
from trellis.db.models import utc_now
from trellis.subgraphs.orders.models import PAID_WITHIN
from trellis.subgraphs.orders.use_cases import upkeep


async def test_fifty_buyers_at_once_buy_what_there_is_and_no_more(shop: Running):
    """Baskets of two products in either order, so that buyers cross; forty mugs and twelve rulers
    are there."""
    buyers = [replace(ALAN, id=uuid4()) for _ in range(50)]
    baskets = [[item(MUG), item(RULER)], [item(RULER), item(MUG)], [item(MUG, 3)]]

    answers = await asyncio.gather(
        *(
            shop.answer_of_many(CREATE, buyer, i={"items": basket})
            for buyer, basket in zip(buyers, islice(cycle(baskets), 50), strict=True)
        )
    )

    sold = Counter[str]()
    for one in answers:
        for bought in one.data["createOrder"]["order"]["items"] if not one.errors else ():
            sold[bought["productId"]] += bought["quantity"]
    refused = [one.errors[0].extensions for one in answers if one.errors]
    assert {(one["code"], one["reason"]) for one in refused} == {("CONFLICT", "OUT_OF_STOCK")}
    left = {product: await stock(shop, product) for product in (MUG, RULER)}
    assert {product: sold[product] + (left[product] or 0) for product in left} == {
        MUG: 40,
        RULER: 12,
    }
    assert left[MUG] in (0, 1, 2), "whoever wanted three may not have got the last ones"
    assert len(await events(shop)) == 50 - len(refused)


async def test_the_last_one_is_sold_once(shop: Running):
    await create(shop, item(RULER, 11))
    buyers = [replace(ALAN, id=uuid4()) for _ in range(10)]
    answers = await asyncio.gather(
        *(shop.answer_of_many(CREATE, buyer, i={"items": [item(RULER)]}) for buyer in buyers)
    )
    assert [not one.errors for one in answers].count(True) == 1
    assert await stock(shop, RULER) == 0


async def test_an_order_is_whole_or_not_at_all(shop: Running):
    given = {"items": [item(MUG), item(POSTER), item(CARDS)]}
    refusal = await shop.refusal(CREATE, ALAN, i=given)

    assert (refusal["code"], refusal["productId"], refusal["available"]) == ("CONFLICT", POSTER, 0)
    assert [await stock(shop, one) for one in (MUG, CARDS)] == [40, 250]
    assert await events(shop) == []


async def test_what_is_unlimited_is_never_sold_out(shop: Running):
    made = await create(shop, item(MANUAL, 1000))
    assert await stock(shop, MANUAL) is None
    await cancel(shop, made["id"])
    assert await stock(shop, MANUAL) is None


async def test_a_cancelled_order_gives_its_items_back_once(shop: Running):
    made = await create(shop, item(MUG, 5), item(RULER, 2))
    late = utc_now() + PAID_WITHIN
    storage = shop.context().storage

    answers = await asyncio.gather(
        *(shop.answer(CANCEL, ALAN, id=made["id"]) for _ in range(10)),
        *(upkeep.expire_orders(storage, now=late) for _ in range(3)),
    )

    assert [bool(one.errors) for one in answers[:10]].count(False) <= 1
    assert [await stock(shop, one) for one in (MUG, RULER)] == [40, 12]
    assert await topics(shop, made["id"]) == ["order.created", "order.cancelled"]


async def test_payment_and_expiry_at_once_end_in_one_of_both(shop: Running):
    made = [await create(shop, item(MUG)) for _ in range(10)]
    late = utc_now() + PAID_WITHIN

    await asyncio.gather(
        *(take(shop, completed(one)) for one in made),
        *(upkeep.expire_orders(shop.context().storage, now=late) for _ in range(3)),
    )

    histories = [await topics(shop, one["id"]) for one in made]
    ends = Counter(tuple(history[1:]) for history in histories)
    assert set(ends) <= {("order.confirmed",), ("order.cancelled",)}
    assert await stock(shop) == 40 - ends[("order.confirmed",)]
