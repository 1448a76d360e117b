"""How an order is made: the server's prices, the sum of the items, one order for each key."""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.subgraphs.orders.asking import (
    ADA,
    ALAN,
    CARDS,
    CREATE,
    GRACE,
    MANUAL,
    MUG,
    POSTER,
    UPDATE_PRODUCT,
    cancel,
    codes,
    create,
    events,
    item,
    row,
    stock,
    topics,
)
from tests.support.subgraphs import Running
from trellis.db.seed.world import demo_id
from trellis.subgraphs.orders.errors import OrderTooLarge
from trellis.subgraphs.orders.models import Product
from trellis.subgraphs.orders.use_cases import placing
from trellis.subgraphs.orders.use_cases.placing import MAX_UNPAID, NewItem, NewOrder


async def test_the_total_is_the_sum_of_the_items_at_the_prices_of_the_shop(shop: Running):
    made = await create(shop, item(MUG, 2, price="29.99"), item(CARDS))

    assert (made["status"], made["total"], made["currency"]) == ("PENDING", "75.48", "USD")
    assert made["items"] == [
        {"productId": MUG, "name": "Mug with a loom", "quantity": 2, "price": "29.99"},
        {
            "productId": CARDS,
            "name": "Punched cards, a hundred",
            "quantity": 1,
            "price": "15.50",
        },
    ]
    assert made["user"] == {"id": str(ALAN.id)}
    assert (made["paymentId"], made["confirmedAt"], made["cancelledAt"]) == (None, None, None)
    assert (await row(shop, made["id"])).total == Decimal("75.48")
    [announced] = await events(shop)
    assert announced.topic == "order.created"
    assert announced.payload["user_id"] == str(ALAN.id)
    state = announced.payload["state"]
    assert (state["status"], state["total"]) == ("pending", "75.48")
    assert [one["unit_price"] for one in state["items"]] == ["29.99", "15.50"]
    assert [await stock(shop, product) for product in (MUG, CARDS)] == [38, 249]


@pytest.mark.parametrize(
    ("items", "problems"),
    [
        ([item(price="29.98")], [("items.0.price", "INVALID_FORMAT")]),
        ([item(price="0")], [("items.0.price", "INVALID_FORMAT")]),
        ([item(quantity=0)], [("items.0.quantity", "INVALID_FORMAT")]),
        ([item(quantity=-1)], [("items.0.quantity", "INVALID_FORMAT")]),
        ([item(quantity=1001)], [("items.0.quantity", "INVALID_FORMAT")]),
        ([item("mug")], [("items.0.productId", "INVALID_FORMAT")]),
        ([item(), item(str(demo_id("product", "no")))], [("items.1.productId", "INVALID_FORMAT")]),
        ([item(), item()], [("items.1.productId", "INVALID_FORMAT")]),
        ([item(CARDS)] * 51, [("items", "VALUE_TOO_LONG")]),
        ([], [("items", "NO_ITEMS")]),
    ],
    ids=[
        "another price",
        "for nothing",
        "none",
        "fewer than none",
        "too many of it",
        "no id",
        "unknown product",
        "the same product twice",
        "too many items",
        "empty",
    ],
)
async def test_what_cannot_be_ordered_leaves_no_trace(
    shop: Running, items: list[dict[str, Any]], problems: list[tuple[str, str]]
):
    refusal = await shop.refusal(CREATE, ALAN, i={"items": items})

    assert (refusal["code"], codes(refusal)) == ("BAD_USER_INPUT", problems)
    assert (await events(shop), await stock(shop)) == ([], 40)


async def test_every_problem_of_an_order_is_reported_at_once(shop: Running):
    items = [item("mug", 0), item(MUG, 5000)]
    refusal = await shop.refusal(CREATE, ALAN, i={"items": items})
    assert [field for field, _ in codes(refusal)] == [
        "items.0.productId",
        "items.0.quantity",
        "items.1.quantity",
    ]


async def test_what_is_not_for_sale_or_in_another_currency_cannot_be_ordered(shop: Running):
    given = {"isForSale": False}
    await shop.ask(UPDATE_PRODUCT, ADA, id=CARDS, i=given)
    refusal = await shop.refusal(CREATE, ALAN, i={"items": [item(), item(CARDS)]})
    assert codes(refusal) == [("items.1.productId", "INVALID_FORMAT")]

    abroad = Product(name="Tea", price=Decimal("3.00"), currency="GBP")
    async with shop.context().storage.begin() as uow:
        uow.session.add(abroad)
    refusal = await shop.refusal(CREATE, ALAN, i={"items": [item(), item(str(abroad.id))]})
    assert codes(refusal) == [("items", "INVALID_FORMAT")]
    assert (await create(shop, item(str(abroad.id), 2)))["currency"] == "GBP"


async def test_an_order_keeps_its_prices_when_the_product_changes(shop: Running):
    made = await create(shop, item(MUG, 2))
    await shop.ask(UPDATE_PRODUCT, ADA, id=MUG, i={"price": "35.00", "name": "Cup"})

    again = await create(shop, item(MUG, 2))
    assert (made["total"], again["total"]) == ("59.98", "70.00")
    unchanged = (await cancel(shop, made["id"]))["items"]
    assert unchanged == made["items"]


async def test_only_administrators_order_for_others(shop: Running):
    for other in (str(GRACE.id), str(demo_id("user", "nobody")), "grace"):
        refusal = await shop.refusal(CREATE, ALAN, i={"items": [item()], "userId": other})
        assert (refusal["code"], refusal["reason"]) == ("BAD_USER_INPUT", "INVALID_USER")
    for nobody in (str(demo_id("user", "nobody")), "grace"):
        refusal = await shop.refusal(CREATE, ADA, i={"items": [item()], "userId": nobody})
        assert refusal["reason"] == "INVALID_USER"
    assert await events(shop) == []

    assert (await create(shop, userId=str(ALAN.id)))["user"]["id"] == str(ALAN.id)
    assert (await create(shop, who=ADA, userId=str(GRACE.id)))["user"]["id"] == str(GRACE.id)


async def test_the_same_key_makes_one_order_however_many_send_it_at_once(shop: Running):
    made = await asyncio.gather(
        *(create(shop, item(MUG, 2), idempotencyKey="key 1") for _ in range(20))
    )

    assert len({one["id"] for one in made}) == 1
    assert await topics(shop) == ["order.created"]
    assert await stock(shop) == 38
    await cancel(shop, made[0]["id"])
    assert (await create(shop, item(MUG, 2), idempotencyKey="key 1"))["status"] == "CANCELLED"


async def test_a_key_is_for_one_order_of_one_person(shop: Running):
    first = await create(shop, item(CARDS, 2, price="15.5"), idempotencyKey="key 1")

    again = await create(shop, item(CARDS, 2, price="15.50"), idempotencyKey="key 1")
    assert again["id"] == first["id"]
    for other in ([item(CARDS, 3)], [item(CARDS, 2)], [item(CARDS, 2, price="15.5"), item()]):
        refusal = await shop.refusal(CREATE, ALAN, i={"items": other, "idempotencyKey": "key 1"})
        assert refusal["code"] == "IDEMPOTENCY_KEY_REUSED"
    theirs = await create(shop, item(MUG, 3), who=GRACE, idempotencyKey="key 1")
    assert theirs["id"] != first["id"]
    assert [await stock(shop, one) for one in (CARDS, MUG)] == [248, 37]


async def test_a_refused_order_does_not_use_its_key_up(shop: Running):
    sold_out = {"items": [item(POSTER)], "idempotencyKey": "key 1"}
    assert (await shop.refusal(CREATE, ALAN, i=sold_out))["reason"] == "OUT_OF_STOCK"
    assert (await create(shop, item(), idempotencyKey="key 1"))["status"] == "PENDING"


async def test_nobody_empties_the_shop_without_paying(shop: Running):
    made = [await create(shop, item(MANUAL)) for _ in range(MAX_UNPAID)]
    refusal = await shop.refusal(CREATE, ALAN, i={"items": [item(MANUAL)]})
    assert (refusal["code"], refusal["reason"]) == ("CONFLICT", "TOO_MANY_UNPAID")
    await create(shop, item(MANUAL), who=GRACE)
    await cancel(shop, made[0]["id"])
    await create(shop, item(MANUAL))


_prices = st.decimals("0.01", "1000000", places=2)


@given(st.lists(st.tuples(st.integers(1, 1000), _prices), min_size=1, max_size=50))
@settings(max_examples=200)
def test_a_total_is_exact_to_the_cent(basket: list[tuple[int, Decimal]]):
    products = [Product(id=uuid4(), name="x", price=price, currency="USD") for _, price in basket]
    items = tuple(
        NewItem(product_id=product.id, quantity=quantity)
        for product, (quantity, _) in zip(products, basket, strict=True)
    )
    cents = sum(quantity * int(price * 100) for quantity, price in basket)

    def order() -> Decimal:
        known = {product.id: product for product in products}
        return placing.order_of(uuid4(), NewOrder(items=items), known).total

    if cents >= 10**12:
        with pytest.raises(OrderTooLarge):
            order()
    else:
        assert order() * 100 == cents
