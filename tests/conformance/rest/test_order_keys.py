"""The Idempotency-Key of a client: one order over both doors, however often it is sent."""

from typing import Any
from uuid import uuid4

import pytest

from tests.conformance.rest.cases.commerce_orders import MUG, basket
from tests.conformance.rest.world import World

pytestmark = pytest.mark.xdist_group("rest_world")

_CREATE = """mutation($i: CreateOrderInput!) { createOrder(input: $i) { order { id } } }"""


def send(world: World, key: str, **members: Any) -> Any:
    ask = basket(world)
    headers = {"authorization": f"Bearer {ask.token}", "idempotency-key": key}
    url = "/commerce/api/orders"
    return world.client.post(url, json={**ask.body, **members}, headers=headers)


def test_a_key_makes_one_order_over_rest_and_over_the_graph(world: World):
    key = str(uuid4())
    first, again = send(world, key), send(world, key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    # The order knows the key itself, so that it holds where the kept response is lost.
    given = {"items": basket(world).body["items"], "idempotencyKey": key}
    given["items"] = [{**one, "price": str(one["price"])} for one in given["items"]]
    made = world.graph(_CREATE, {"i": given}, world.token("alan"))["createOrder"]
    assert made["order"]["id"] == first.json()["id"]


def test_a_key_of_another_order_is_refused(world: World):
    key = str(uuid4())
    send(world, key)
    other = send(world, key, items=[{"productId": MUG, "quantity": 1}])
    assert (other.status_code, other.json()["error"]["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
