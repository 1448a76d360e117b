"""What an operation needed is freed when it has ended, however it ends, without the collector."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
import strawberry
from strawberry.dataloader import DataLoader

from trellis.router.pace import expect
from trellis.router.transports.base import SubgraphRequest
from trellis.router.transports.local import LocalTransport
from trellis.schema.subgraph import Subgraph

ITEMS = 60


class Context:
    """Has a row loader, as contexts do."""

    def __init__(self, waits: asyncio.Event | None) -> None:
        async def load(keys: list[int]) -> list[str]:
            if waits is not None:
                await waits.wait()
            return [str(key) for key in keys]

        self.loader = DataLoader(load)


@strawberry.type
class Item:
    number: int

    @strawberry.field
    async def text(self, info: strawberry.Info[Any, Any]) -> str:
        return await info.context.loader.load(self.number)


@strawberry.type
class Query:
    @strawberry.field
    async def items(self) -> list[Item]:
        return [Item(number=number) for number in range(ITEMS)]


def transport(made: list[weakref.ref[Context]], waits: asyncio.Event | None) -> LocalTransport:
    def make_context(_request: object) -> Context:
        context = Context(waits)
        made.append(weakref.ref(context))
        return context

    schema = strawberry.federation.Schema(query=Query)
    return LocalTransport(Subgraph("a", schema, make_context), timeout=5)


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("cost", [0, 5_000])
async def test_an_operation_that_was_answered(cost: int) -> None:
    made: list[weakref.ref[Context]] = []
    local = transport(made, None)
    expect(cost)
    for _ in range(2):  # the first one learns what kind of context it gets
        response = await local.send(SubgraphRequest("a", "{ items { text } }"))
        assert response.data == {"items": [{"text": str(n)} for n in range(ITEMS)]}
        del response
    await asyncio.sleep(0)
    assert [context() for context in made] == [None, None]


@pytest.mark.parametrize("cost", [0, 5_000])
async def test_an_operation_that_was_cancelled(cost: int) -> None:
    made: list[weakref.ref[Context]] = []
    local = transport(made, asyncio.Event())
    expect(cost)
    running = asyncio.create_task(local.send(SubgraphRequest("a", "{ items { text } }")))
    await asyncio.sleep(0.05)
    assert [context() is not None for context in made] == [True]
    running.cancel()
    await asyncio.wait((running,))
    del running
    for _ in range(5):
        await asyncio.sleep(0.01)
    assert [context() for context in made] == [None]
