"""How a connection that stays open comes to its end."""

import asyncio
from typing import Any

import pytest

from trellis.router.delivery import ending
from trellis.router.delivery.ending import cancel_all, send_last

LAST = {"type": "websocket.close", "code": 1000}


async def test_the_last_message_is_sent():
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await send_last(send, LAST)
    assert sent == [LAST]


@pytest.mark.parametrize("error", [OSError("gone"), RuntimeError("closed already")])
async def test_a_client_that_is_gone_is_no_error(error: Exception):
    async def send(_message: Any) -> None:
        raise error

    await send_last(send, LAST)


async def test_a_client_that_does_not_read_is_left():
    cancelled = False

    async def send(_message: Any) -> None:
        nonlocal cancelled
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled = True
            raise

    async with asyncio.timeout(10 * ending._CLOSE_SECONDS):
        await send_last(send, LAST)
    assert cancelled


async def test_cancelled_tasks_have_ended_however_they_do():
    ended: list[str] = []

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("stubborn")

    async def failing() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("failing")
            raise RuntimeError("while it ended")

    tasks = [asyncio.create_task(stubborn()), asyncio.create_task(failing())]
    await asyncio.sleep(0)
    await cancel_all(*tasks)
    assert sorted(ended) == ["failing", "stubborn"]
    assert all(task.done() for task in tasks)
