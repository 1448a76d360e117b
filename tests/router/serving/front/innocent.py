"""A client that asks for a trifle all the time, and how long it waits."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.router.serving.front.raw_requests import get

ADDRESS = "127.0.0.2"


class Innocent:
    """``waits`` are the seconds of each request, with its connection; ``failed`` counts those that
    were not answered with 200."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.waits: list[float] = []
        self.failed = 0

    async def ask(self) -> None:
        began = time.perf_counter()
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self._port, local_addr=(ADDRESS, 0)
        )
        try:
            writer.write(get(b"connection: close\r\n"))
            answer = await reader.read()
        except OSError:
            answer = b""
        finally:
            writer.transport.abort()
        self.waits.append(time.perf_counter() - began)
        self.failed += not answer.startswith(b"HTTP/1.1 200 ")

    async def keep_asking(self, pause: float) -> None:
        while True:
            await self.ask()
            await asyncio.sleep(pause)


@asynccontextmanager
async def innocent_client(port: int, *, pause: float = 0.01) -> AsyncIterator[Innocent]:
    """Asks as long as the block runs, and at least once."""
    innocent = Innocent(port)
    task = asyncio.create_task(innocent.keep_asking(pause))
    try:
        yield innocent
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await innocent.ask()
