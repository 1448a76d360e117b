"""A course with a price is bought by an order and its payment, and given back by a refund."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.subgraphs import caller
from tests.support.whole_graph import WholeGraph, whole_graph
from trellis.db.settings import DataSettings
from trellis.subgraphs.learning.graph import make_subgraph as make_learning
from trellis.subgraphs.orders.graph import make_subgraph as make_orders
from trellis.subgraphs.payments.graph import make_subgraph as make_payments

ALAN, BARBARA, HEDY = caller("alan"), caller("barbara"), caller("hedy")
CARD = {
    "type": "CREDIT_CARD",
    "cardNumber": "4242424242424242",
    "expiryMonth": "12",
    "expiryYear": "2031",
    "cvv": "123",
}
PUBLISH = """mutation($i: CreateCourseInput!) { createCourse(input: $i) { course { id } } }"""
ORDER = """mutation($i: CreateOrderInput!) { createOrder(input: $i) {
  order { id total currency } } }"""
PAY = "mutation($i: ProcessPaymentInput!) { processPayment(input: $i) { payment { id } } }"
CANCEL = "mutation($id: ID!) { cancelOrder(id: $id) { order { status } } }"
ENROLL = """mutation($id: ID!) { enroll(courseId: $id) {
  enrollment { basis user { displayName } course { title instructor { displayName } } } } }"""
MINE = """query($id: ID!, $order: ID!) { course(id: $id) { enrollmentCount myEnrollment { basis } }
  order(id: $order) { status items { name price } } }"""


@pytest.fixture
async def graph(tmp_path: Path) -> AsyncIterator[WholeGraph]:
    also = [make_orders, make_payments, make_learning]
    async with whole_graph(DataSettings(data_dir=tmp_path), also=also) as running:
        yield running


async def code_of(graph: WholeGraph, operation: str, **variables: Any) -> str:
    result = await graph.answer(operation, ALAN, **variables)
    return result.errors[0]["extensions"]["code"]


async def until(graph: WholeGraph, course: str, order: str, **wanted: Any) -> dict[str, Any]:
    """What alan sees of both, once it is as wanted."""
    seen: dict[str, Any] = {}
    for _ in range(200):
        seen = await graph.ask(MINE, ALAN, id=course, order=order)
        basis = (seen["course"]["myEnrollment"] or {}).get("basis")
        if {"status": seen["order"]["status"], "basis": basis} == wanted:
            return seen
        await asyncio.sleep(0.05)
    raise AssertionError(seen)


async def test_a_course_is_bought_begun_and_given_back(graph: WholeGraph):
    new = {
        "title": "Sorting by Hand",
        "description": "Cards, bins and patience: how to order anything.",
        "category": "programming",
        "level": "BEGINNER",
        "status": "PUBLISHED",
        "price": "49.90",
        "currency": "EUR",
    }
    course = (await graph.ask(PUBLISH, BARBARA, i=new))["createCourse"]["course"]["id"]
    assert await code_of(graph, ENROLL, id=course) == "ENTITLEMENT_REQUIRED"

    items = {"items": [{"productId": course, "quantity": 1}]}
    order = (await graph.ask(ORDER, ALAN, i=items))["createOrder"]["order"]
    assert (order["total"], order["currency"]) == ("49.90", "EUR")
    assert await code_of(graph, ENROLL, id=course) == "ENTITLEMENT_REQUIRED"

    await graph.ask(PAY, ALAN, i={"orderId": order["id"], "paymentMethod": CARD})
    seen = await until(graph, course, order["id"], status="CONFIRMED", basis=None)
    assert seen["order"]["items"] == [{"name": "Sorting by Hand", "price": "49.90"}]
    assert (await graph.ask(ENROLL, ALAN, id=course))["enroll"]["enrollment"] == {
        "basis": "PURCHASE",
        "user": {"displayName": "Alan Turing"},
        "course": {"title": "Sorting by Hand", "instructor": {"displayName": "Barbara Liskov"}},
    }
    result = await graph.answer(ENROLL, HEDY, id=course)
    assert result.errors[0]["extensions"]["code"] == "ENTITLEMENT_REQUIRED"

    await graph.ask(CANCEL, ALAN, id=order["id"])
    seen = await until(graph, course, order["id"], status="CANCELLED", basis=None)
    assert seen["course"]["enrollmentCount"] == 0
    assert await code_of(graph, ENROLL, id=course) == "ENTITLEMENT_REQUIRED"
