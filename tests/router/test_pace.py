"""Short operations never wait, long ones take turns, and nothing else about them changes."""

import asyncio

import pytest

from trellis.router import pace
from trellis.router.pace import SLICE_SECONDS, Share, aside, leave_turns, turn

STEP = SLICE_SECONDS / 4


class Clock:
    """Time passes only where somebody works."""

    def __init__(self) -> None:
        self.now = 1.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pace, "monotonic", clock)
    return clock


async def work(clock: Clock, steps: int) -> None:
    for _ in range(steps):
        clock.now += STEP
        await asyncio.sleep(0)


async def operation(clock: Clock, tasks: int, steps: int) -> None:
    """Many tasks that all want to run in every round of the loop."""
    await turn(Share())
    try:
        await asyncio.gather(*(work(clock, steps) for _ in range(tasks)))
    finally:
        leave_turns()


async def longest_round(clock: Clock, *operations: asyncio.Task[None]) -> float:
    """The most time that passed between two rounds of the loop."""
    longest = 0.0
    while not all(one.done() for one in operations):
        before = clock.now
        await asyncio.sleep(0)
        longest = max(longest, clock.now - before)
    return longest


async def test_however_many_long_operations_there_are_a_round_has_one_slice(clock: Clock) -> None:
    operations = [asyncio.create_task(operation(clock, 20, 12)) for _ in range(10)]
    longest = await longest_round(clock, *operations)
    assert 0 < longest <= SLICE_SECONDS + STEP


async def test_without_turns_the_same_operations_fill_a_round(clock: Clock) -> None:
    async def unpaced() -> None:
        await asyncio.gather(*(work(clock, 12) for _ in range(20)))

    operations = [asyncio.create_task(unpaced()) for _ in range(10)]
    assert await longest_round(clock, *operations) > 100 * STEP


async def test_a_short_operation_overtakes_long_ones(clock: Clock) -> None:
    long = [asyncio.create_task(operation(clock, 20, 20)) for _ in range(5)]
    for _ in range(20):
        await asyncio.sleep(0)
    began = clock.now
    await work(clock, 3)
    took = clock.now - began
    assert not any(one.done() for one in long)
    assert took <= 3 * (SLICE_SECONDS + 2 * STEP)
    await asyncio.gather(*long)


async def test_equal_operations_end_in_the_order_in_which_they_came(clock: Clock) -> None:
    ended: list[int] = []

    async def numbered(number: int) -> None:
        await operation(clock, 5, 6)
        ended.append(number)

    await asyncio.gather(*(numbered(number) for number in range(6)))
    assert ended == list(range(6))


async def test_one_that_has_used_more_lets_others_go_first(clock: Clock) -> None:
    large = asyncio.create_task(operation(clock, 10, 100))
    for _ in range(100):
        await asyncio.sleep(0)
    assert clock.now > 1.2
    medium = asyncio.create_task(operation(clock, 5, 6))
    await medium
    assert not large.done()
    await large


async def test_results_and_failures_are_those_of_the_work(clock: Clock) -> None:
    async def result() -> int:
        await work(clock, 30)
        return 7

    async def failure() -> None:
        await work(clock, 30)
        raise KeyError("mine")

    await turn(Share())
    assert await asyncio.gather(result(), result()) == [7, 7]
    with pytest.raises(KeyError):
        await asyncio.gather(result(), failure())
    leave_turns()


async def test_a_long_operation_can_be_cancelled_and_cleans_up(clock: Clock) -> None:
    cleaned: list[str] = []

    async def part(name: str) -> None:
        try:
            await work(clock, 1_000)
        finally:
            await asyncio.sleep(0)
            cleaned.append(name)

    async def both() -> None:
        await turn(Share())
        await asyncio.gather(part("a"), part("b"))

    running = asyncio.create_task(both())
    other = asyncio.create_task(operation(clock, 5, 50))
    for _ in range(100):
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await other
    assert sorted(cleaned) == ["a", "b"]


async def test_a_time_limit_within_an_operation_is_kept(clock: Clock) -> None:
    async def hangs() -> str:
        await work(clock, 30)
        try:
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            return "in time"
        return "never"

    await turn(Share())
    assert await asyncio.gather(hangs()) == ["in time"]
    leave_turns()


async def test_only_what_is_started_between_turn_and_leaving_takes_turns(clock: Clock) -> None:
    def kind() -> str:
        async def nothing() -> None:
            return

        task = asyncio.create_task(nothing())
        return type(task.get_coro()).__name__

    kinds = [kind()]
    await turn(Share())
    kinds.append(kind())
    leave_turns()
    kinds.append(kind())
    assert kinds == ["coroutine", "_Paced", "coroutine"]
    for _ in range(5):
        await asyncio.sleep(0)
    assert asyncio.get_running_loop().get_task_factory() is None  # nobody pays for it any more


async def test_what_cannot_pause_runs_aside() -> None:
    assert await aside(sum, [1, 2, 3]) == 6
    with pytest.raises(ZeroDivisionError):
        await aside(divmod, 1, 0)
