"""How long an innocent client waits beside the longest operations that are legal, ten at once."""

import asyncio
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.support.long_operations import LONGEST, fill
from tests.support.trellis_server import TrellisServer

pytestmark = pytest.mark.bench

AT_ONCE = 10
MOST_SECONDS = 0.25


def innocent(url: str, stop: threading.Event, waits: list[float]) -> None:
    with httpx.Client(timeout=60) as client:
        while not stop.is_set():
            began = time.perf_counter()
            client.post(url, json={"query": "{ __typename }"}).raise_for_status()
            waits.append(time.perf_counter() - began)
            time.sleep(0.005)


async def attack(url: str, token: str, query: str) -> None:
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(headers=headers, timeout=120) as client:
        asked = (client.post(url, json={"query": query}) for _ in range(AT_ONCE))
        for answer in await asyncio.gather(*asked):
            assert answer.status_code == 200, answer.text[:300]


def test_nobody_waits_long_beside_ten_of_the_longest_operations(tmp_path: Path) -> None:
    first = TrellisServer(tmp_path)
    server = TrellisServer(tmp_path, {"TRELLIS_SEED": "false"})
    try:
        first.start()
        first.stop()
        fill(first.data_dir)
        server.start()
        token = server.log_in()
        longest = 0.0
        for name, query in LONGEST.items():
            stop, waits = threading.Event(), list[float]()
            beside = threading.Thread(target=innocent, args=(server.graphql_url, stop, waits))
            beside.start()
            asyncio.run(attack(server.graphql_url, token, query))
            stop.set()
            beside.join()
            longest = max(longest, *waits)
            sys.stdout.write(f"{name}: {max(waits) * 1e3:.0f} ms at most, {len(waits)} requests\n")
        assert longest <= MOST_SECONDS
    finally:
        first.close()
        server.close()
