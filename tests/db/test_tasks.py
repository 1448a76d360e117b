"""Background tasks end even when a cancellation gets lost."""

import asyncio
from contextlib import suppress

from trellis.db.tasks import end_tasks


async def test_a_task_that_loses_its_first_cancellation_is_ended_all_the_same():
    lost = 0

    async def stubborn() -> None:
        nonlocal lost
        while True:
            if lost:
                await asyncio.sleep(60)
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            lost += 1

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end_tasks(task, None)
    assert lost == 1
    assert task.cancelled()


async def test_a_task_that_failed_is_ended_without_a_word():
    async def failing() -> None:
        raise RuntimeError("broken")

    task = asyncio.create_task(failing())
    await asyncio.sleep(0)
    await end_tasks(task)
    assert task.done()
