"""Work on a request ends when its time is up or its client leaves, and only then."""

import asyncio
from typing import Any

import pytest

from trellis.router.web.client_watch import ClientGone, ClientWatch
from trellis.router.web.refusals import RequestTimeout


class Client:
    """Sends nothing more until it is told to leave."""

    def __init__(self) -> None:
        self.leaves = asyncio.Event()
        self.is_asked = asyncio.Event()
        self.waiting = 0

    async def receive(self) -> Any:
        self.waiting += 1
        self.is_asked.set()
        try:
            await self.leaves.wait()
            return {"type": "http.disconnect"}
        finally:
            self.waiting -= 1


@pytest.mark.parametrize("seconds", [0.01, 0.05, 0.06])
async def test_work_is_cancelled_when_the_time_is_up(seconds: float):
    with pytest.raises(RequestTimeout):
        async with ClientWatch(Client().receive, seconds):
            await asyncio.Event().wait()


async def test_work_is_cancelled_when_the_client_disconnects():
    client = Client()
    client.leaves.set()
    with pytest.raises(ClientGone):
        async with ClientWatch(client.receive, 3600):
            await asyncio.Event().wait()


async def test_messages_other_than_a_disconnect_are_ignored():
    messages = [{"type": "http.request", "body": b""}] * 3 + [{"type": "http.disconnect"}]

    async def receive() -> Any:
        return messages.pop(0)

    with pytest.raises(ClientGone):
        async with ClientWatch(receive, 3600):
            await asyncio.Event().wait()
    assert messages == []


async def test_nothing_is_cancelled_after_the_work_has_ended():
    client = Client()
    async with ClientWatch(client.receive, 3600):
        await client.is_asked.wait()
        assert client.waiting == 1
    await asyncio.sleep(0)
    assert client.waiting == 0
    async with ClientWatch(client.receive, 0.02):
        pass
    await asyncio.sleep(0.05)  # past the time that the work had: it must not be stopped now


async def test_an_error_of_the_work_is_raised():
    with pytest.raises(ValueError, match="broken"):
        async with ClientWatch(Client().receive, 3600):
            raise ValueError("broken")


async def test_work_that_is_cancelled_while_its_client_leaves_is_cancelled():
    async def work() -> None:
        owner = asyncio.current_task()
        assert owner is not None

        async def receive() -> Any:
            owner.cancel()
            return {"type": "http.disconnect"}

        async with ClientWatch(receive, 3600):
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def test_a_cancellation_from_outside_is_kept():
    started = asyncio.Event()

    async def work() -> None:
        async with ClientWatch(Client().receive, 3600):
            started.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
