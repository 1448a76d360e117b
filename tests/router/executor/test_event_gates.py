"""Events are resolved some at a time, and those of different subgraphs do not wait for another."""

import asyncio

from trellis.router.executor.event_gates import EventGates

NEWS, USERS = frozenset({"news"}), frozenset({"users"})


async def test_events_of_the_same_subgraphs_pass_in_order_and_others_beside_them() -> None:
    gates, seen, go_on = EventGates(2), list[str](), asyncio.Event()

    async def resolve(name: str, subgraphs: frozenset[str]) -> None:
        async with gates.passing(subgraphs):
            seen.append(name)
            await go_on.wait()

    async with asyncio.TaskGroup() as tasks:
        for name in ("n1", "n2", "n3", "n4"):
            tasks.create_task(resolve(name, NEWS))
        tasks.create_task(resolve("u1", USERS))
        await asyncio.sleep(0.01)
        assert seen == ["n1", "n2", "u1"]
        assert len(gates) == 2
        go_on.set()
    assert seen == ["n1", "n2", "u1", "n3", "n4"]
    assert len(gates) == 0


async def test_who_is_cancelled_while_waiting_or_resolving_leaves_the_place_to_others() -> None:
    gates, seen, never = EventGates(1), list[str](), asyncio.Event()

    async def resolve(name: str) -> None:
        async with gates.passing(NEWS):
            seen.append(name)
            await never.wait()

    first, second, third = [asyncio.create_task(resolve(name)) for name in "abc"]
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    await asyncio.wait((first, second))
    await asyncio.sleep(0.01)
    assert seen == ["a", "c"]
    third.cancel()
    await asyncio.wait((third,))
    assert len(gates) == 0
