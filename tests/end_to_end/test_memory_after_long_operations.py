"""What the longest legal operations need at a time is bounded, and they leave nothing behind."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.long_operations import LONGEST, fill
from tests.support.trellis_server import TrellisServer

AT_ONCE = 10
MOST_RUNNING, MOST_LEFT = 100, 50
"""Megabytes above what an idle process takes: two operations run at a time."""


async def ask(server: TrellisServer, token: str, *, seconds: float) -> list[int]:
    """The statuses of ten long operations at once; 0 for clients who leave after ``seconds``."""
    headers = {"authorization": f"Bearer {token}"}

    async def one(client: httpx.AsyncClient) -> int:
        try:
            body = {"query": LONGEST["megabytes"]}
            answer = await client.post(server.graphql_url, json=body)
        except httpx.TimeoutException:
            return 0
        assert len(answer.content) > 5_000_000, answer.text
        return answer.status_code

    async with httpx.AsyncClient(headers=headers, timeout=seconds) as client:
        return await asyncio.gather(*(one(client) for _ in range(AT_ONCE)))


@contextmanager
def watched(server: TrellisServer) -> Iterator[list[float]]:
    """The megabytes that the server takes, fifty times a second."""
    seen, stop = [server.resident_megabytes()], threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            seen.append(server.resident_megabytes())

    beside = threading.Thread(target=watch)
    beside.start()
    try:
        yield seen
    finally:
        stop.set()
        beside.join()


def after_a_while(server: TrellisServer, most: float) -> float:
    """What it takes once memory has been given back, within ten seconds."""
    ends = time.monotonic() + 10
    while (taken := server.resident_megabytes()) >= most and time.monotonic() < ends:
        time.sleep(0.2)
    return taken


def test_ten_at_once_run_in_turn_and_leave_nothing(tmp_path: Path) -> None:
    server = TrellisServer(tmp_path)
    try:
        server.start()
        fill(server.data_dir)
        token = server.log_in()
        idle = server.resident_megabytes()

        with watched(server) as seen:
            left = asyncio.run(ask(server, token, seconds=0.7))
            assert left.count(0) > AT_ONCE // 2
            answered = asyncio.run(ask(server, token, seconds=60))

        assert answered == [200] * AT_ONCE
        assert max(seen) < idle + MOST_RUNNING
        assert after_a_while(server, idle + MOST_LEFT) < idle + MOST_LEFT
    finally:
        server.close()
