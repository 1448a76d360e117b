"""Schemas with extensions pause in long lists, too, and their extensions see every field."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import strawberry
from strawberry.extensions import SchemaExtension

from trellis.router.pace import expect
from trellis.router.transports import sliced_execution
from trellis.router.transports.base import SubgraphRequest
from trellis.router.transports.local import LocalTransport
from trellis.schema.subgraph import Subgraph

ITEMS = 200


class Counting(SchemaExtension):
    fields = operations = 0

    def on_operation(self) -> Iterator[None]:
        Counting.operations += 1
        yield

    def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **named: Any) -> Any:
        Counting.fields += 1
        return _next(root, info, *args, **named)


@strawberry.type
class Item:
    number: int

    @strawberry.field
    async def twice(self) -> int:
        return 2 * self.number


@strawberry.type
class Query:
    @strawberry.field
    def items(self) -> list[Item]:
        return [Item(number=number) for number in range(ITEMS)]


@pytest.mark.parametrize("cost", [0, 5_000])
async def test_others_run_while_a_long_list_is_completed(
    cost: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sliced_execution, "SLICE_SECONDS", 0.0)
    schema = strawberry.federation.Schema(query=Query, extensions=[Counting])
    executor = schema.execution_context_class
    local = LocalTransport(Subgraph("a", schema, lambda _: None))
    expect(cost)
    Counting.fields = Counting.operations = 0
    rounds = 0

    async def count_rounds() -> None:
        nonlocal rounds
        while True:
            await asyncio.sleep(0)
            rounds += 1

    beside = asyncio.create_task(count_rounds())
    response = await local.send(SubgraphRequest("a", "{ items { number twice } }"))
    beside.cancel()

    expected = [{"number": number, "twice": 2 * number} for number in range(ITEMS)]
    assert (response.data, response.errors) == ({"items": expected}, [])
    assert rounds > ITEMS / 2
    assert (Counting.operations, Counting.fields) == (1, 1 + 2 * ITEMS)
    assert schema.execution_context_class is executor
