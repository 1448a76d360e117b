"""Long lists are completed with pauses, and exactly as graphql-core completes them."""

import asyncio
import random
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, execute, parse
from strawberry.dataloader import DataLoader

from trellis.router.transports import sliced_execution
from trellis.router.transports.sliced_execution import LONG, SlicedExecutor

SCHEMA: GraphQLSchema = build_schema(
    """
    type Query { loose: [Item] strict: [Item!] rows: [[Int!]] }
    type Item { number: Int! slow: Int must: Int! }
    """
)
QUERY = parse("{ loose { number slow must } strict { number must } rows }")


class Item:
    """A value now or later, null or a failure, by chance."""

    def __init__(self, number: int, chance: random.Random) -> None:
        self.number = number
        self._kind = chance.choices(("now", "later", "null", "fails"), (90, 20, 1, 1))[0]

    def slow(self, _info: Any) -> Any:
        async def later() -> int:
            await asyncio.sleep(0)
            return self._value()

        return later() if self.number % 3 else self._value()

    def must(self, _info: Any) -> Any:
        async def later() -> Any:
            await asyncio.sleep(0)
            return self._value()

        return later() if self._kind == "later" else self._value()

    def _value(self) -> Any:
        if self._kind == "fails":
            raise ValueError(f"{self.number} fails")
        return None if self._kind == "null" else self.number


def root(seed: int) -> dict[str, Any]:
    chance = random.Random(seed)

    async def later(item: Any) -> Any:
        return item

    def some(count: int) -> list[Any]:
        items = [Item(number, chance) for number in range(count)]
        return [later(item) if chance.random() < 0.05 else item for item in items]

    numbers = [[chance.randint(0, 9) for _ in range(chance.choice((1, LONG + 5)))]] * (LONG + 9)
    return {
        "loose": some(chance.choice((3, LONG + 1, 300))),
        "strict": some(LONG + 30),
        "rows": numbers,
    }


async def answer(seed: int, executor: Any) -> Any:
    result: Any = execute(SCHEMA, QUERY, root(seed), executor_class=executor)
    if asyncio.iscoroutine(result):
        result = await result
    told = sorted((str(e.path), e.message) for e in result.errors or ())
    return result.data, told


@pytest.mark.parametrize("seed", range(25))
async def test_answers_are_those_of_graphql_core(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sliced_execution, "SLICE_SECONDS", 0.0)
    data, told = await answer(seed, SlicedExecutor)
    expected, expected_told = await answer(seed, None)
    assert data == expected
    # Where a list is lost to one null, whichever is found first is told.
    assert len(told) == len(expected_told)
    if expected["strict"] is not None:
        assert told == expected_told


async def test_others_run_while_a_long_list_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sliced_execution, "SLICE_SECONDS", 0.0)
    rounds = 0

    async def others() -> None:
        nonlocal rounds
        while True:
            rounds += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    items = [{"number": number} for number in range(500)]
    result: Any = execute(
        SCHEMA, parse("{ loose { number } }"), {"loose": items}, executor_class=SlicedExecutor
    )
    assert (await result).data == {"loose": items}
    other.cancel()
    assert rounds > 300


async def test_a_dataloader_still_gets_the_whole_list_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sliced_execution, "SLICE_SECONDS", 0.0)
    batches: list[int] = []

    async def load(keys: list[int]) -> list[int]:
        batches.append(len(keys))
        return keys

    loader = DataLoader(load)

    def row(number: int) -> dict[str, Any]:
        async def slow(_info: Any) -> int:
            return await loader.load(number)

        return {"slow": slow}

    items = [row(number) for number in range(150)]
    result: Any = execute(
        SCHEMA, parse("{ loose { slow } }"), {"loose": items}, executor_class=SlicedExecutor
    )
    assert [item["slow"] for item in (await result).data["loose"]] == list(range(150))
    assert batches == [150]


async def test_a_cancelled_execution_leaves_nothing_unawaited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sliced_execution, "SLICE_SECONDS", 0.0)

    async def never() -> int:
        raise AssertionError("nobody asked for it any more")

    items = [{"slow": lambda _info: never()} for _ in range(400)]
    result: Any = execute(
        SCHEMA, parse("{ loose { slow } }"), {"loose": items}, executor_class=SlicedExecutor
    )
    running = asyncio.ensure_future(result)
    for _ in range(5):
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
