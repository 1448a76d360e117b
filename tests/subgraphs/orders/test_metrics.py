"""Requirement S2-OBS-04: the metrics of orders."""

from tests.subgraphs.orders.asking import ALAN, CARDS, CREATE, MUG, POSTER, create, item
from tests.support.metrics import figures_here
from tests.support.subgraphs import Running


async def test_orders_are_counted_once_with_their_value(shop: Running):
    before = figures_here()
    for _ in range(2):  # the second one is the first
        await create(shop, item(MUG, 2, price="29.99"), item(CARDS), idempotencyKey="once")
    await shop.refusal(CREATE, ALAN, i={"items": [item(POSTER, 1_000)]})

    after = figures_here()
    added = {
        name: round(after.of(name) - before.of(name), 2)
        for name in ("orders_created_total", "order_value_histogram_count")
    }
    assert added == {"orders_created_total": 1, "order_value_histogram_count": 1}
    dollars = [one.of("order_value_histogram_sum", currency="USD") for one in (before, after)]
    assert round(dollars[1] - dollars[0], 2) == 75.48


async def test_statements_are_also_there_under_the_name_of_the_document(shop: Running):
    await create(shop, item(MUG))
    found = figures_here()
    count = found.of("database_queries_duration_seconds_count", service="orders")
    assert found.of("mongo_operations_duration_seconds_count") == count > 0
