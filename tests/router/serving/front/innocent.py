"""A client that asks for a trifle all the time, and how long it waits.

As a program, with a port, it does so until its input ends: what others cost is not measured. With
the server's process id as well, it tells apart what the machine's other programs cost.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from tests.router.serving.front.raw_requests import get
from tests.support.processor import seconds_in_line
from tests.support.shared import ROOT

ADDRESS = "127.0.0.2"
TRIFLE = b"/graphql?query=%7B__typename%7D"


class Innocent:
    """``waits`` are the seconds of each request, with its connection; ``owed`` those of them that
    the server itself took: without the time in which the server with the process id ``server``, or
    this client, waited for a processor. ``failed`` counts those that were not answered with
    200."""

    def __init__(self, port: int, server: int = 0) -> None:
        self._port = port
        self._pids = (os.getpid(), server) if server else ()
        self.waits: list[float] = []
        self.owed: list[float] = []
        self.failed = 0

    async def ask(self) -> None:
        in_line = sum(map(seconds_in_line, self._pids))
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
        seconds = time.perf_counter() - began
        self.waits.append(seconds)
        self.owed.append(max(0.0, seconds - sum(map(seconds_in_line, self._pids)) + in_line))
        self.failed += not answer.startswith(b"HTTP/1.1 200 ")

    async def keep_asking(self, pause: float) -> None:
        while True:
            await self.ask()
            await asyncio.sleep(pause)


@asynccontextmanager
async def innocent_client(
    port: int, *, server: int = 0, pause: float = 0.01
) -> AsyncIterator[Innocent]:
    """Asks as long as the block runs, and at least once."""
    innocent = Innocent(port, server)
    task = asyncio.create_task(innocent.keep_asking(pause))
    try:
        yield innocent
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await innocent.ask()


class Heard(NamedTuple):
    """What an innocent client has to tell, in seconds."""

    asked: int
    failed: int
    worst: float
    worst_owed: float

    def __str__(self) -> str:
        return (
            f"{self.asked} asked, {self.failed} failed, {self.worst * 1000:.0f} ms at most,"
            f" {self.worst_owed * 1000:.0f} ms of the server's own"
        )


class InnocentProgram:
    """An innocent client in a process of its own, beside a test whose clients would delay it. Made
    when it has had its first answer."""

    def __init__(self, port: int, server: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(port), str(server)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def end(self) -> Heard:
        """End it, and what it has heard."""
        told = json.loads(self._process.communicate(timeout=60)[0])
        waits, owed = told["waits"], told["owed"]
        return Heard(len(waits), told["failed"], max(waits), max(owed))


async def _main(port: int, server: int) -> None:
    async with innocent_client(port, server=server, pause=0.05) as innocent:
        await innocent.ask()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
    told = {"waits": innocent.waits, "owed": innocent.owed, "failed": innocent.failed}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(_main(*map(int, sys.argv[1:])))
