"""Background tasks: what fails is begun again and logged, never silently over."""

import asyncio
import logging

import pytest

from trellis.schema.background import keep_running, start_reported


async def test_work_that_fails_is_begun_again_and_logged(caplog: pytest.LogCaptureFixture):
    begun, works = 0, asyncio.Event()

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise RuntimeError(f"broken for the {begun}. time")
        works.set()
        await asyncio.Event().wait()

    task = keep_running(work, name="the watch", pause_seconds=0)
    async with asyncio.timeout(5):
        await works.wait()
    assert not task.done()
    assert [record.getMessage() for record in caplog.records] == [
        "the watch failed; it begins again"
    ] * 2
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_work_that_returns_is_over():
    async def work() -> None:
        return None

    async with asyncio.timeout(5):
        await keep_running(work, name="once")


async def test_a_failure_that_nobody_awaits_is_logged(caplog: pytest.LogCaptureFixture):
    async def work() -> None:
        raise RuntimeError("broken")

    task = start_reported(work(), name="the errand")
    await asyncio.wait([task])
    await asyncio.sleep(0)
    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "the errand failed")
    assert record.exc_info is not None


async def test_a_task_that_is_cancelled_is_no_failure(caplog: pytest.LogCaptureFixture):
    task = start_reported(asyncio.Event().wait(), name="the errand")
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert not caplog.records
