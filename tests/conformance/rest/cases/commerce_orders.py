"""The orders of the shop."""

from collections.abc import Mapping

import httpx

from tests.conformance.rest.asking import Ask, Case, changed
from tests.conformance.rest.world import World
from trellis.db.seed.world import demo_id

_INVALID = (422, None)
MUG, CARDS = (str(demo_id("product", name)) for name in ("mug", "cards"))


def order_id(name: str) -> str:
    """Of a demo order: the first of a person is confirmed, the second one cancelled."""
    return str(demo_id("order", name))


def basket(world: World) -> Ask:
    return Ask(
        token=world.token("alan"),
        body={
            "userId": world.person_id("alan"),
            "items": [
                {"productId": MUG, "quantity": 2, "price": 29.99},
                {"productId": CARDS, "quantity": 1, "price": 15.50},
            ],
        },
    )


_MANY = 10


def new_order(world: World) -> str:
    """The id of an order to be paid. Twenty of a person may be unpaid, so the older ones are
    cancelled when there are many."""
    buyer = basket(world)
    path, query = {"user_id": world.person_id("alan")}, {"status": "pending", "limit": 50}
    asked = Ask(token=buyer.token, path=path, query=query)
    unpaid = asked.send(world, "GET", "/commerce/api/orders/user/{user_id}").json()
    for order in unpaid if len(unpaid) >= _MANY else ():
        cancelling = Ask(token=buyer.token, path={"order_id": order["id"]})
        cancelling.send(world, "POST", "/commerce/api/orders/{order_id}/cancel")
    return buyer.send(world, "POST", "/commerce/api/orders").json()["id"]


def at_another_price(world: World) -> Ask:
    return changed(basket, items=[{"productId": MUG, "quantity": 2, "price": 0.01}])(world)


def for_somebody_else(world: World) -> Ask:
    return changed(basket, userId=world.person_id("grace"))(world)


def is_summed_up(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    made = response.json()
    told = (made["status"], made["totalAmount"], [item["price"] for item in made["items"]])
    return [] if told == ("pending", 75.48, [29.99, 15.5]) else [f"status, total, prices: {told}"]


def paid_order(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"order_id": order_id("alan-1")})


def is_paid(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    found = response.json()
    told = found["status"], found["paymentId"]
    return [] if told == ("confirmed", str(demo_id("payment", "alan-1"))) else [f"paid: {told}"]


def orders(world: World) -> Ask:
    return Ask(
        token=world.token("katherine"),
        path={"user_id": world.person_id("katherine")},
        query={"status": "confirmed", "limit": 1, "offset": 1},
    )


def is_the_older_one(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    ids = [order["id"] for order in response.json()]
    return [] if ids == [order_id("katherine-1")] else [f"ids: {ids}"]


def orders_of_nobody(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"user_id": "alan"})


def orders_of_colleague(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"user_id": world.person_id("grace")})


def confirm(world: World) -> Ask:
    """With the payment that has confirmed it: no other way leads there."""
    payment = str(demo_id("payment", "alan-1"))
    body = {"status": "confirmed", "paymentId": payment}
    return Ask(token=world.token("alan"), path={"order_id": order_id("alan-1")}, body=body)


def confirm_cancelled(world: World) -> Ask:
    ask = confirm(world)
    return Ask(token=ask.token, path={"order_id": order_id("alan-2")}, body=ask.body)


def cancel(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"order_id": new_order(world)})


def is_cancelled(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    status = response.json()["status"]
    return [] if status == "cancelled" else [f"status: {status}"]


def cancel_again(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"order_id": order_id("alan-2")})


COMMERCE_ORDERS: Mapping[str, Case] = {
    "S2-orders-create": Case(
        basket,
        {
            (400, "ORDER_001"): for_somebody_else,
            (400, "ORDER_002"): changed(basket, items=[]),
            _INVALID: at_another_price,
        },
        is_summed_up,
    ),
    "S2-orders-get": Case(paid_order, check=is_paid),
    "S2-orders-by-user": Case(
        orders,
        {(400, "ORDER_001"): orders_of_nobody, (403, None): orders_of_colleague},
        is_the_older_one,
    ),
    "S2-orders-status": Case(confirm, {(409, "ORDER_004"): confirm_cancelled}, is_paid),
    "S2-orders-cancel": Case(cancel, {(409, "ORDER_004"): cancel_again}, is_cancelled),
}
