"""A client that asks for a trifle all the time, and how long it waits.

As a program, with a port, it does so until its input ends: what others cost is not measured.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.router.serving.front.raw_requests import get

ADDRESS = "127.0.0.2"
TRIFLE = b"/graphql?query=%7B__typename%7D"


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
            writer.write(get(b"connection: close\r\n", TRIFLE))
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
        with suppress(asyncio.CancelledError):
            await task
    await innocent.ask()


async def _main(port: int) -> None:
    async with innocent_client(port, pause=0.05) as innocent:
        await asyncio.to_thread(sys.stdin.read)
    sys.stdout.write(json.dumps({"waits": innocent.waits, "failed": innocent.failed}))


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
