"""One source, many listeners: what each of them hears, and when the others have their turn."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from trellis.router.answer import Answer
from trellis.router.executor.shared_streams import SharedStreams, StreamOverrun


async def endless() -> AsyncGenerator[Answer, None]:
    number = 0
    while True:
        yield Answer({"n": number})
        number += 1
        await asyncio.sleep(0)


async def test_a_listener_that_falls_behind_is_let_go_and_the_others_hear_everything():
    streams = SharedStreams()
    slow, quick = streams.listen("key", endless), streams.listen("key", endless)
    async with aclosing(slow), aclosing(quick):
        await anext(slow)
        heard = [await anext(quick) for _ in range(300)]
        numbers = [answer.data["n"] for answer in heard if answer.data]
        assert numbers == list(range(numbers[0], numbers[0] + 300))
        with pytest.raises(StreamOverrun):
            await anext(slow)


async def test_a_fault_of_the_source_reaches_every_listener():
    async def broken() -> AsyncGenerator[Answer, None]:
        yield Answer({"n": 1})
        raise RuntimeError("broken")

    streams = SharedStreams()
    both = [streams.listen("key", broken) for _ in range(2)]
    assert [(await anext(one)).data for one in both] == [{"n": 1}] * 2
    for one in both:
        with pytest.raises(RuntimeError, match="broken"):
            await anext(one)
    assert len(streams) == 0


async def test_others_have_their_turn_while_many_are_told():
    given, turns = asyncio.Event(), 0

    async def once() -> AsyncGenerator[Answer, None]:
        await given.wait()
        yield Answer({"n": 1})

    streams, awake = SharedStreams(), list[int]()

    async def listen(number: int) -> None:
        async with aclosing(streams.listen("key", once)) as answers:
            await anext(answers)
            awake.append(turns)

    listeners = [asyncio.create_task(listen(number)) for number in range(200)]
    await asyncio.sleep(0)
    given.set()
    while len(awake) < 200:
        turns += 1
        await asyncio.sleep(0)
    await asyncio.gather(*listeners)
    in_one_turn = max(awake.count(turn) for turn in set(awake))
    assert in_one_turn <= 50
