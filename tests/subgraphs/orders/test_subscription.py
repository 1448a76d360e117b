"""Whoever may see an order hears how it goes on, and misses nothing on reconnect."""

import asyncio
from contextlib import aclosing
from typing import Any

from tests.subgraphs.orders.asking import ADA, ALAN, GRACE, cancel, completed, create, take
from tests.support.subgraphs import Running
from trellis.schema.identity import Identity

SUBSCRIBE = """subscription($id: ID!, $a: String) { orderUpdated(id: $id, after: $a) {
  id status paymentId eventCursor } }"""


async def subscribe(shop: Running, who: Identity, **variables: Any) -> Any:
    return await shop.subgraph.schema.subscribe(
        SUBSCRIBE, variable_values=variables, context_value=shop.context(who)
    )


async def next_of(stream: Any) -> dict[str, Any]:
    result = await asyncio.wait_for(anext(stream), 5)
    assert not result.errors
    return result.data["orderUpdated"]


async def test_an_order_is_followed_to_its_end(shop: Running):
    made, other = await create(shop), await create(shop)
    async with aclosing(await subscribe(shop, ALAN, id=made["id"], a="0")) as stream:
        assert (await next_of(stream))["status"] == "PENDING"
        await cancel(shop, other["id"])
        await take(shop, completed(made))
        paid = await next_of(stream)
        assert (paid["status"], paid["paymentId"] is None) == ("CONFIRMED", False)
    await cancel(shop, made["id"])
    resumed = await subscribe(shop, ADA, id=made["id"], a=paid["eventCursor"])
    async with aclosing(resumed) as stream:
        assert (await next_of(stream))["status"] == "CANCELLED"


async def test_the_orders_of_others_cannot_be_followed(shop: Running):
    made = await create(shop)
    for who, id in ((GRACE, made["id"]), (ALAN, "order-1")):
        async with aclosing(await subscribe(shop, who, id=id)) as stream:
            result = await asyncio.wait_for(anext(stream), 5)
        assert [error.extensions["code"] for error in result.errors] == ["NOT_FOUND"]
