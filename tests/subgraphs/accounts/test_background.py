"""Work after the answer: few at once, again when it may go well, never a flood."""

import asyncio
import logging

import pytest

from trellis.schema.errors import Unavailable
from trellis.subgraphs.accounts.background import Background


async def test_a_few_are_done_at_once_and_all_in_the_end():
    background = Background(passing=Unavailable, at_once=3)
    running, most, done = 0, 0, 0

    async def work() -> None:
        nonlocal running, most, done
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        done += 1

    for _ in range(100):
        background.do(work)
    await background.finish()

    assert (most, done) == (3, 100)


async def test_what_may_go_well_later_is_tried_again(caplog: pytest.LogCaptureFixture):
    background = Background(passing=Unavailable, at_once=1, tries_after=(0.0, 0.0, 0.0))
    tries: dict[str, int] = {}

    async def work(name: str, failures: int, error: Exception) -> None:
        tries[name] = tries.get(name, 0) + 1
        if tries[name] <= failures:
            raise error

    with caplog.at_level(logging.WARNING, "trellis.accounts"):
        background.do(lambda: work("busy", 2, Unavailable("busy")))
        background.do(lambda: work("down", 9, Unavailable("down")))
        background.do(lambda: work("wrong", 9, KeyError("wrong")))
        await background.finish()

    assert tries == {"busy": 3, "down": 3, "wrong": 1}
    assert [record.levelname for record in caplog.records].count("ERROR") == 2


async def test_a_flood_is_dropped_and_told_of(caplog: pytest.LogCaptureFixture):
    background = Background(passing=Unavailable, at_once=1)
    door, done = asyncio.Event(), 0

    async def work() -> None:
        nonlocal done
        await door.wait()
        done += 1

    with caplog.at_level(logging.ERROR, "trellis.accounts"):
        for _ in range(1_005):
            background.do(work)
    door.set()
    await background.finish()

    assert done == 1_000
    assert len(caplog.records) == 5


async def test_what_does_not_end_is_given_up_at_the_end():
    background = Background(passing=Unavailable, at_once=1)

    async def work() -> None:
        await asyncio.Event().wait()

    background.do(work)
    await asyncio.sleep(0)

    async with asyncio.timeout(5):
        await background.finish(timeout=0.01)
